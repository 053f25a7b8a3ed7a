/** The context that a handler body gets: the process' dependencies, watched and counted for this call. */
import type { CallOptions } from '#shared/clients/functions-client.ts';
import type { Operation } from '#shared/contract/row.ts';
import type { Facts } from '#shared/kernel/failure.ts';
import type { Log } from '#shared/process/log.ts';
import { abortableReads } from '../abortable-reads.ts';
import type { Context, Dependencies } from '../context.ts';
import { countedUse } from './counted-use.ts';
import type { Effects } from './effects.ts';

export interface ContextParts {
  readonly operation: Operation;
  readonly dependencies: Dependencies;
  readonly effects: Effects;
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly run: string | undefined;
  readonly idempotencyKey: string;
  readonly traceparent: string | undefined;
  /** On whose behalf. */
  readonly actor: string | undefined;
  /** Created lazily: most calls log nothing. */
  readonly log: () => Log;
  readonly nameOutcome: (facts: Facts) => void;
  readonly answerIsOpen: () => void;
  readonly noteStale: (staleMs: number) => void;
}

export function contextOf(parts: ContextParts): Context {
  const { operation, signal, requestId, run, idempotencyKey, log } = parts;
  const { name, effect } = operation;
  const dependencies = countedUse(parts.dependencies, name);
  const context = {
    // The dependencies are the prototype of the call context instead of being copied into it, call by call.
    __proto__: dependencies,
    ...(effect === 'reads'
      ? abortableReads(dependencies, signal)
      : parts.effects.watch(dependencies)),
    ...{ signal, requestId, run, idempotencyKey },
    get log() {
      return log();
    },
    nameOutcome: parts.nameOutcome,
    answerIsOpen: parts.answerIsOpen,
    callOptions: (key?: string): CallOptions => optionsOf(parts, key),
  };
  return context as unknown as Context;
}

function optionsOf(
  { operation, signal, requestId, traceparent, actor, noteStale }: ContextParts,
  idempotencyKey: string | undefined,
): CallOptions {
  const { name: caller, effect } = operation;
  return {
    ...{ signal, requestId, caller },
    ...(actor && { actor }),
    ...(traceparent !== undefined && { traceparent }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    // An operation with effects never uses a stale answer; a read passes its age on.
    ...(effect === 'reads' && { onStale: noteStale }),
  };
}

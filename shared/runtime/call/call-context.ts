/** The context that a handler body gets: the process' dependencies, watched and counted for this call. */
import type { CallOptions } from '#shared/clients/functions-client.ts';
import type { Operation } from '#shared/contract/row.ts';
import type { Facts } from '#shared/kernel/failure.ts';
import type { Log } from '#shared/process/log.ts';
import type { ReadsUntil } from '#shared/redis/redis-spans.ts';
import { abortableReads } from '../abortable-reads.ts';
import type { Context, Dependencies } from '../context.ts';
import { countedUse } from './counted-use.ts';
import type { Effects } from './effects.ts';
import type { TracedUse, Used } from './traced-use.ts';

export interface ContextParts {
  readonly operation: Operation;
  readonly dependencies: Dependencies;
  /** The same with spans for what this call uses of them; absent where it is not recorded. */
  readonly traced: TracedUse | undefined;
  readonly effects: Effects;
  readonly deadline: ReadsUntil;
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

/** What a context has beside the dependencies. */
type OfCall = Omit<Context, keyof Dependencies> & Pick<Context, 'log'>;
type ContextClass = new (parts: ContextParts, used: Used) => Context;

/** One for the calls of an operation in a process: the dependencies are what its contexts inherit. */
const classes = new WeakMap<Dependencies, ContextClass>();

export function contextOf(parts: ContextParts): Context {
  const dependencies = countedUse(parts.dependencies, parts.operation.name);
  let OwnContext = classes.get(dependencies);
  if (!OwnContext) classes.set(dependencies, (OwnContext = classFor(dependencies)));
  return new OwnContext(parts, watched(dependencies, parts));
}

/** @param dependencies with what is counted for the operation */
function watched(dependencies: Dependencies, parts: ContextParts): Used {
  const { operation, effects, deadline, traced } = parts;
  const isRead = operation.effect === 'reads';
  const used = traced?.countedUse(dependencies, operation.name, isRead ? deadline : undefined);
  const { broker, marketData, functions, runs, database } = used ?? dependencies;
  if (!isRead) return { ...effects.watch({ database, broker, functions, runs }), marketData };
  // Recorded reads stop by themselves.
  const stopped = used ? database : abortableReads(database, deadline);
  return { database: stopped, broker, marketData, functions, runs };
}

function classFor(dependencies: Dependencies): ContextClass {
  class CalledContext implements OfCall {
    readonly database: Used['database'];
    readonly broker: Used['broker'];
    readonly marketData: Used['marketData'];
    readonly functions: Used['functions'];
    readonly runs: Used['runs'];
    readonly requestId: string;
    readonly traceparent: string | undefined;
    readonly run: string | undefined;
    readonly idempotencyKey: string;
    readonly nameOutcome: Context['nameOutcome'];
    readonly answerIsOpen: Context['answerIsOpen'];
    readonly callOptions: Context['callOptions'];
    private readonly parts: ContextParts;

    constructor(parts: ContextParts, { database, broker, marketData, functions, runs }: Used) {
      this.parts = parts;
      this.database = database;
      this.broker = broker;
      this.marketData = marketData;
      this.functions = functions;
      this.runs = runs;
      this.requestId = parts.requestId;
      this.traceparent = parts.traceparent;
      this.run = parts.run;
      this.idempotencyKey = parts.idempotencyKey;
      this.nameOutcome = parts.nameOutcome;
      this.answerIsOpen = parts.answerIsOpen;
      this.callOptions = (key) => optionsOf(parts, key);
    }

    get signal(): AbortSignal {
      return this.parts.deadline.signal;
    }

    get log(): Log {
      return this.parts.log();
    }
  }
  Object.setPrototypeOf(CalledContext.prototype, dependencies);
  return CalledContext as unknown as ContextClass;
}

function optionsOf(
  { operation, deadline, requestId, traceparent, actor, noteStale }: ContextParts,
  idempotencyKey: string | undefined,
): CallOptions {
  const { name: caller, effect } = operation;
  const { signal } = deadline;
  return {
    ...{ signal, requestId, caller },
    ...(actor && { actor }),
    ...(traceparent !== undefined && { traceparent }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    // An operation with effects never uses a stale answer; a read passes its age on.
    ...(effect === 'reads' && { onStale: noteStale }),
  };
}

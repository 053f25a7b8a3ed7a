/**
 * A span for each command and each batch (pipeline or MULTI) that a recorded call sends. Its commands go through an
 * object of their own, so that the commands of all other calls pass by untouched.
 */
import { basename } from 'node:path';
import type { ChainableCommander, Redis } from 'ioredis';
import {
  failureType,
  startSpan,
  type Span,
  type SpanOptions,
} from '#shared/process/tracing/tracing.ts';
import { commandsOver } from './steady-commands.ts';

type OptionsOf = (operation: string) => SpanOptions;
type Batch = 'pipeline' | 'multi';

const REDIS_PORT = 6379;
/** In the queue of a batch before it is executed: MULTI itself. */
const OWN_COMMANDS: Readonly<Record<Batch, number>> = { pipeline: 0, multi: 1 };

/**
 * @param traceparent of the span that the commands are in
 * @returns the same connection for what is done within that span
 */
export function withRedisSpans(redis: Redis, traceparent: string): Redis {
  const optionsOf = optionsFor(redis);
  const spanOf = (operation: string): Span | undefined =>
    startSpan(operation, () => optionsOf(operation), traceparent);
  return commandsOver(redis, {
    // Those of a batch come with the stream that they are written to; the batch has a span.
    sendCommand: (command, stream) => {
      if (stream) return redis.sendCommand(command, stream);
      const span = spanOf(command.name.toUpperCase());
      redis.sendCommand(command);
      return endedBy(command.promise, span);
    },
    ...spannedBatches(redis, 'pipeline', spanOf),
    ...spannedBatches(redis, 'multi', spanOf),
  });
}

const known = new WeakMap<Redis, OptionsOf>();

function optionsFor(redis: Redis): OptionsOf {
  let optionsOf = known.get(redis);
  if (!optionsOf) known.set(redis, (optionsOf = optionsByOperation(redis)));
  return optionsOf;
}

/** Keys and values are left out: they name securities. So are the folders of a socket: they may be a person's home. */
function optionsByOperation({ options }: Redis): OptionsOf {
  const made = new Map<string, SpanOptions>();
  return (operation) => {
    const found = made.get(operation) ?? spanOptions(operation, options);
    made.set(operation, found);
    return found;
  };
}

function spanOptions(operation: string, { path, host, port, db = 0 }: Redis['options']) {
  const server = path
    ? { 'server.address': basename(path) }
    : { 'server.address': host ?? 'localhost', 'server.port': port ?? REDIS_PORT };
  return {
    kind: 'client',
    attributes: {
      'db.system.name': 'redis',
      'db.operation.name': operation,
      'db.namespace': String(db),
      ...server,
    },
  } satisfies SpanOptions;
}

/** Called on the connection, and on what derives from it. */
function spannedBatches(
  redis: Redis,
  kind: Batch,
  spanOf: (operation: string) => Span | undefined,
): Partial<Redis> {
  const open = redis[kind] as (...args: unknown[]) => ChainableCommander | Promise<'OK'>;
  const opened = function (this: Redis, ...args: unknown[]): unknown {
    const batch = open.apply(this, args);
    if (!('exec' in batch)) return batch;
    const exec = batch.exec.bind(batch);
    batch.exec = (callback) => {
      const span = spanOf(kind.toUpperCase());
      span?.set({ 'db.operation.batch.size': batch.length - OWN_COMMANDS[kind] });
      return endedBy(exec(callback), span);
    };
    return batch;
  };
  return { [kind]: opened };
}

/** @returns the same promise */
function endedBy<T>(answer: Promise<T>, span: Span | undefined): Promise<T> {
  answer.then(
    () => span?.end(),
    (thrown: unknown) => {
      span?.fail(failureType(thrown));
      span?.end();
    },
  );
  return answer;
}

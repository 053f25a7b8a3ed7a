/**
 * A span for each command and each batch (pipeline or MULTI) of a connection, within the span of a call. Outside of
 * one, each costs a comparison: the channels of ioredis would build the arguments of each command for it, and switching
 * them on and off with each recorded span costs more than the span.
 */
import { basename } from 'node:path';
import type { ChainableCommander, Command, Redis } from 'ioredis';
import {
  failureType,
  isRecording,
  isTracing,
  startSpan,
  type Span,
  type SpanOptions,
} from './tracing.ts';

type OptionsOf = (operation: string) => SpanOptions;

const REDIS_PORT = 6379;
/** In the queue of a batch before it is executed: MULTI itself. */
const OWN_COMMANDS = { pipeline: 0, multi: 1 } as const;

/** @returns the same connection */
export function withRedisSpans(redis: Redis): Redis {
  if (!isTracing()) return redis;
  const optionsOf = optionsByOperation(redis);
  traceCommands(redis, optionsOf);
  traceBatches(redis, 'pipeline', optionsOf);
  traceBatches(redis, 'multi', optionsOf);
  return redis;
}

/** Keys and values are left out: they name securities. So are the folders of a socket: they may be a person's home. */
function optionsByOperation({ options }: Redis): OptionsOf {
  const known = new Map<string, SpanOptions>();
  return (operation) => {
    const found = known.get(operation) ?? spanOptions(operation, options);
    known.set(operation, found);
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

/** Those of a batch come with the stream that they are written to; the batch has a span. */
function traceCommands(redis: Redis, optionsOf: OptionsOf): void {
  const send = redis.sendCommand.bind(redis);
  // What waits for the connection, or is repeated on a new one, is sent again.
  const traced = new WeakSet<Command>();
  redis.sendCommand = (command, stream) => {
    if (stream || !isRecording() || traced.has(command) || isHandshake(redis))
      return send(command, stream);
    traced.add(command);
    const span = spanOf(command.name.toUpperCase(), optionsOf);
    send(command);
    return endedBy(command.promise, span);
  };
}

/** What ioredis itself sends before the connection is ready. */
function isHandshake({ status }: Redis): boolean {
  return status === 'connect';
}

/** Called on the connection, and on what derives from it. */
function traceBatches(redis: Redis, kind: 'pipeline' | 'multi', optionsOf: OptionsOf): void {
  const open = redis[kind] as (...args: unknown[]) => ChainableCommander | Promise<'OK'>;
  const opened = function (this: Redis, ...args: unknown[]): unknown {
    const batch = open.apply(this, args);
    if (!isRecording() || !('exec' in batch)) return batch;
    const exec = batch.exec.bind(batch);
    batch.exec = (callback) => {
      const span = spanOf(kind.toUpperCase(), optionsOf);
      span?.set({ 'db.operation.batch.size': batch.length - OWN_COMMANDS[kind] });
      return endedBy(exec(callback), span);
    };
    return batch;
  };
  Object.assign(redis, { [kind]: opened });
}

function spanOf(operation: string, optionsOf: OptionsOf): Span | undefined {
  return startSpan(operation, () => optionsOf(operation));
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

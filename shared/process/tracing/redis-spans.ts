/** A span for each command and each pipeline of ioredis, within the span of a call. */
import { tracingChannel } from 'node:diagnostics_channel';
import { failureType, isRecording, startSpan, type Span } from './tracing.ts';

/** What ioredis says of a command or batch. Keys and values are left out: they name securities. */
interface RedisCall {
  readonly command?: string;
  readonly batchSize?: number;
  readonly batchMode?: string;
  readonly serverAddress?: string;
  readonly serverPort?: number;
  readonly database?: number;
  readonly error?: unknown;
}

/** @returns what ends it */
export function traceRedis(): () => void {
  const ends = [traced('ioredis:command'), traced('ioredis:batch')];
  return () => {
    for (const end of ends) end();
  };
}

function traced(name: string): () => void {
  const channel = tracingChannel<RedisCall, RedisCall>(name);
  const spans = new WeakMap<object, Span>();
  const ignore = (): void => undefined;
  const subscribers = {
    start: (call: RedisCall) => {
      const span = isRecording() ? spanOf(call) : undefined;
      if (span) spans.set(call, span);
    },
    end: ignore,
    asyncStart: ignore,
    asyncEnd: (call: RedisCall) => spans.get(call)?.end(),
    error: (call: RedisCall) => spans.get(call)?.fail(failureType(call.error)),
  };
  channel.subscribe(subscribers);
  return () => channel.unsubscribe(subscribers);
}

function spanOf(call: RedisCall): Span | undefined {
  const { command, batchSize, serverAddress, serverPort, database } = call;
  const operation = command?.toUpperCase() ?? (call.batchMode ?? 'pipeline').toUpperCase();
  return startSpan(operation, () => ({
    kind: 'client',
    attributes: {
      'db.system.name': 'redis',
      'db.operation.name': operation,
      ...(batchSize !== undefined && { 'db.operation.batch.size': batchSize }),
      ...(database !== undefined && { 'db.namespace': String(database) }),
      ...(serverAddress !== undefined && { 'server.address': serverAddress }),
      ...(serverPort !== undefined && { 'server.port': serverPort }),
    },
  }));
}

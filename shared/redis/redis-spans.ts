/**
 * A span for each command and each batch (pipeline or MULTI) that a recorded call sends. Its commands go through an
 * object of their own, so that the commands of all other calls pass by untouched. That object has only fields: methods
 * of its own, or objects derived from it, are for the engine another class with each call, of which it knows nothing.
 */
import { basename } from 'node:path';
import type { ChainableCommander, Command, Redis } from 'ioredis';
import type { Deadline } from '#shared/process/deadline.ts';
import {
  failureType,
  startSpan,
  type Span,
  type SpanOptions,
} from '#shared/process/tracing/tracing.ts';
import { commandsOver } from './steady-commands.ts';

type OptionsOf = (operation: string) => SpanOptions;
type Stream = Parameters<Redis['sendCommand']>[1];

/** The call that commands are sent for. */
interface OfCall {
  readonly traceparent: string;
  /** Once it is over commands fail. */
  readonly until: ReadsUntil | undefined;
}

export type ReadsUntil = Pick<Deadline, 'isOver' | 'signal'>;
type Batch = 'pipeline' | 'multi';

const REDIS_PORT = 6379;
/** In the queue of a batch before it is executed: MULTI itself. */
const OWN_COMMANDS: Readonly<Record<Batch, number>> = { pipeline: 0, multi: 1 };

/**
 * @param traceparent of the span that the commands are in
 * @param until once the call is over commands fail with the signal's reason
 * @returns the same connection for what is done within that span
 */
export function withRedisSpans(redis: Redis, traceparent: string, until?: ReadsUntil): Redis {
  let Commands = made.get(redis);
  if (!Commands) made.set(redis, (Commands = classOver(spannedCommands(redis))));
  return new Commands(traceparent, until);
}

type CommandsOfCall = new (traceparent: string, until: ReadsUntil | undefined) => Redis;

/** One for the calls of a process. */
const made = new WeakMap<Redis, CommandsOfCall>();

function classOver(spanned: Redis): CommandsOfCall {
  class Commands implements OfCall {
    readonly traceparent: string;
    readonly until: ReadsUntil | undefined;

    constructor(traceparent: string, until: ReadsUntil | undefined) {
      this.traceparent = traceparent;
      this.until = until;
    }
  }
  Object.setPrototypeOf(Commands.prototype, spanned);
  return Commands as unknown as CommandsOfCall;
}

/** What the objects of all calls inherit. */
function spannedCommands(redis: Redis): Redis {
  const optionsOf = optionsByOperation(redis);
  const spanOf = ({ traceparent }: OfCall, operation: string): Span | undefined =>
    startSpan(operation, () => optionsOf(operation), traceparent);
  return commandsOver(redis, {
    sendCommand(this: OfCall, command: Command, stream: Stream) {
      const { until } = this;
      if (until?.isOver) {
        command.reject(until.signal.reason as Error);
        return command.promise;
      }
      // Those of a batch come with the stream that they are written to; the batch has a span.
      if (stream) return redis.sendCommand(command, stream);
      const span = spanOf(this, command.name.toUpperCase());
      redis.sendCommand(command);
      return endedBy(command.promise, span);
    },
    ...spannedBatches(redis, 'pipeline', spanOf),
    ...spannedBatches(redis, 'multi', spanOf),
  } as Partial<Redis>);
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
  spanOf: (call: OfCall, operation: string) => Span | undefined,
): Partial<Redis> {
  const open = redis[kind] as (...args: unknown[]) => ChainableCommander | Promise<'OK'>;
  const opened = function (this: Redis & OfCall, ...args: unknown[]): unknown {
    const batch = open.apply(this, args);
    if (!('exec' in batch)) return batch;
    const exec = batch.exec.bind(batch);
    batch.exec = (callback) => {
      const span = spanOf(this, kind.toUpperCase());
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

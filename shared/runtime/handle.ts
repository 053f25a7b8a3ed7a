/**
 * What surrounds every handler: who calls, what they ask, once or again, now or through the queue,
 * within which time, and in which encoding the answer leaves. Here is the last catch.
 */
import type {
  FunctionContext,
  FunctionEvent,
  FunctionHandler,
  FunctionResult,
} from '#template/function.ts';
import type { CallOptions } from '#shared/clients/functions-client.ts';
import { Failure, failureTable, invalidRequest, type FailureBody } from '#shared/kernel/failure.ts';
import { isSafeId } from '#shared/kernel/identifiers.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import type { Operation, RequestOf, ResponseOf } from '#shared/contract/row.ts';
import { redisFailure } from '#shared/redis/client.ts';
import { requireAccess } from './access.ts';
import type { Log } from '#shared/process/log.ts';
import type { Context, Dependencies } from './context.ts';
import { Deadline, untilAborted } from '#shared/process/deadline.ts';
import { once } from './idempotency.ts';
import { timedOut } from './timed-out.ts';
import { requireReady } from './readiness.ts';
import { readTraceparent } from './traceparent.ts';
import { initializationFailure } from './initialization-failure.ts';
import { encodeMessage, readRequest, type Format } from './wire.ts';
import { ambientDependencies } from './dependencies.ts';

/** The story of an operation: a promise of the answer, or the messages it streams. */
export type HandlerBody<O extends Operation> = O['streams'] extends true
  ? (request: RequestOf<O>, context: Context) => AsyncGenerator<ResponseOf<O>>
  : (request: RequestOf<O>, context: Context) => Promise<ResponseOf<O>>;

type AnyHandlerBody = (
  request: unknown,
  context: Context,
) => Promise<unknown> | AsyncGenerator<unknown, unknown>;

export interface OperationHandler<O extends Operation = Operation> extends FunctionHandler {
  readonly operation: O;
  /** The story without its door, for measuring what the door costs. */
  readonly handlerBody: HandlerBody<O>;
}

/** Binds a story to its row; the result is what a function file exports. */
export function handle<O extends Operation>(
  operation: O,
  handlerBody: HandlerBody<O>,
): OperationHandler<O> {
  const handler = async (
    event: FunctionEvent,
    functionContext: FunctionContext,
  ): Promise<FunctionResult> => {
    const dependencies = await dependenciesOf(functionContext).catch((thrown: unknown) => ({
      thrown,
    }));
    if ('thrown' in dependencies)
      return initializationFailure(operation, functionContext, dependencies.thrown);
    const call = new Call(
      operation,
      handlerBody as unknown as AnyHandlerBody,
      event,
      functionContext,
      dependencies,
    );
    return call.answer();
  };
  const ready = async (functionContext: FunctionContext): Promise<void> => {
    await requireReady(operation, await dependenciesOf(functionContext), functionContext.signal);
  };
  return Object.assign(handler, { operation, ready, handlerBody });
}

function dependenciesOf(functionContext: FunctionContext): Promise<Dependencies> {
  return functionContext.shared
    ? Promise.resolve(functionContext.shared as Dependencies)
    : ambientDependencies();
}

class Call {
  private readonly operation: Operation;
  private readonly handlerBody: AnyHandlerBody;
  private readonly event: FunctionEvent;
  private readonly dependencies: Dependencies;
  private readonly requestId: string;
  private readonly givenKey: string | undefined;
  /** Set when the connector carries out a queued run. */
  private readonly run: string | undefined;
  /** Set while the call follows a run that another carries out. */
  private subscribedRun: string | undefined;
  private readonly traceparent: string | undefined;
  private readonly signal: AbortSignal;
  private readonly deadline: Deadline;
  private isStreaming = false;
  /** Age of the oldest answer that this one was made of, where a board was away. */
  private staleMs: number | undefined;
  private readonly startedAt = performance.now();

  constructor(
    operation: Operation,
    handlerBody: AnyHandlerBody,
    event: FunctionEvent,
    functionContext: FunctionContext,
    dependencies: Dependencies,
  ) {
    this.operation = operation;
    this.handlerBody = handlerBody;
    this.event = event;
    this.dependencies = dependencies;
    this.requestId = safe(event.headers['x-request-id']) ?? functionContext.callId;
    this.givenKey = event.headers['idempotency-key'];
    this.run = safe(event.headers['x-run-id']);
    this.traceparent = readTraceparent(event.headers['traceparent']);
    const requested = Number(event.headers['x-timeout-ms'] ?? operation.timeoutMs);
    const timeoutMs =
      requested > 0 ? Math.min(requested, operation.timeoutMs) : operation.timeoutMs;
    this.deadline = new Deadline(functionContext.signal, timeoutMs);
    this.signal = this.deadline.signal;
  }

  async answer(): Promise<FunctionResult> {
    try {
      const result = await this.proceed();
      this.logEnd();
      return this.withRequestId(result);
    } catch (thrown) {
      return this.withRequestId(this.refuse(thrown));
    } finally {
      if (!this.isStreaming) this.deadline.close();
    }
  }

  private async proceed(): Promise<FunctionResult> {
    const { tokens, settings } = this.dependencies;
    const { authorization } = this.event.headers;
    requireAccess(this.operation.effect, authorization, tokens, settings.readAccess);
    if (this.givenKey !== undefined && !isSafeId(this.givenKey))
      throw invalidRequest({ field: 'Idempotency-Key', message: '1 to 128 of A-Za-z0-9._-' });
    const follows = this.operation.queue?.caller === 'follows';
    const leaving = safe(this.event.headers['x-take-back']);
    if (follows && leaving !== undefined) return this.cancelRun(leaving);
    const { format, wire, request } = await readRequest(this.operation, this.event);
    if (follows && this.run === undefined) return this.emit(this.followed(wire), format);
    const context = this.context();
    if (this.operation.streams)
      return this.emit(this.handlerBody(request, context) as AsyncGenerator<unknown>, format);
    const message = await this.unary(
      wire,
      () => this.handlerBody(request, context) as Promise<unknown>,
    );
    return this.single(message, format);
  }

  /** Answers once for each idempotency key; without a key, and for reads, simply answers. */
  private async unary(wire: unknown, work: () => Promise<unknown>): Promise<unknown> {
    const inTime = (): Promise<unknown> => untilAborted(work(), this.signal);
    if (this.operation.effect === 'reads' || this.givenKey === undefined) return inTime();
    const { database, settings } = this.dependencies;
    const { operation, givenKey: key, signal } = this;
    const json = await once(
      { database, operation, key, body: wire, signal, leaseMs: settings.claimLeaseMs },
      async () => JSON.stringify(await inTime()),
    );
    return JSON.parse(json);
  }

  /** Puts the call on the queue and yields what its run streams. */
  private async *followed(wire: unknown): AsyncGenerator<unknown> {
    const id = this.givenKey ? shortHash(this.givenKey) : this.dependencies.newId();
    const requested = `${this.operation.name}-${id}`;
    const body = JSON.stringify(wire);
    const runs = this.dependencies.runs;
    const subscriber = safe(this.event.headers['x-follower']);
    const subscription = { subscriber, signal: this.signal };
    const { run } = await runs.add(this.operation, body, requested, this.requestId, subscription);
    this.subscribedRun = run;
    const messages = runs.follow(this.operation, run, this.signal);
    for (;;) {
      const next = await messages.next();
      if (!next.done) yield JSON.parse(next.value);
      else if (next.value.kind === 'done') return;
      else throw Failure.fromBody(next.value.failure, 500);
    }
  }

  private async cancelRun(subscriber: string): Promise<FunctionResult> {
    await this.dependencies.runs.cancelRun(this.operation, subscriber);
    return this.single({}, 'json');
  }

  /** Streams line by line to callers who asked for lines; answers the last message to others. */
  private async emit(messages: AsyncGenerator<unknown>, format: Format): Promise<FunctionResult> {
    const timed = untilAbortedEach(messages, this.signal);
    const accepts = this.event.headers['accept'] ?? '';
    if (format === 'json' && accepts.includes('application/x-ndjson')) {
      // The first message is awaited before the head leaves, so that a refusal keeps its status.
      const first = await timed.next();
      this.isStreaming = true;
      return {
        headers: { 'content-type': 'application/x-ndjson' },
        body: this.lines(first, timed),
      };
    }
    let last: unknown;
    for await (const message of timed) last = message;
    return this.single(last, format);
  }

  private async *lines(
    first: IteratorResult<unknown>,
    rest: AsyncGenerator<unknown>,
  ): AsyncGenerator<string> {
    try {
      if (!first.done) yield `${encodeJson(first.value)}\n`;
      for await (const message of rest) yield `${encodeJson(message)}\n`;
    } catch (thrown) {
      yield `${JSON.stringify({ failure: this.fail(thrown) })}\n`;
    } finally {
      this.deadline.close();
      await rest.return(undefined);
    }
  }

  private async single(message: unknown, format: Format): Promise<FunctionResult> {
    if (format === 'protobuf')
      return {
        headers: { 'content-type': 'application/x-protobuf' },
        body: await encodeMessage(this.operation, message),
      };
    return { headers: { 'content-type': 'application/json' }, body: encodeJson(message) };
  }

  private refuse(thrown: unknown): FunctionResult {
    const body = this.fail(thrown);
    const { http } = failureTable[body.code];
    const retryAfterMs = Number(body['retryAfterMs'] ?? 0);
    return {
      status: http,
      headers: {
        'content-type': 'application/json',
        ...(retryAfterMs > 0 && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
        ...(body.code === 'UNAUTHENTICATED' && { 'www-authenticate': BEARER_CHALLENGE }),
      },
      body: JSON.stringify(body),
    };
  }

  /** The last catch: whatever was thrown becomes a failure, and a line in the log. */
  private fail(thrown: unknown): FailureBody {
    const failure = this.isOurTimeout(thrown)
      ? this.timeout()
      : (redisFailure(thrown) ?? Failure.from(thrown));
    const level =
      failure.rule.actor === 'caller' || failure.rule.actor === 'nobody' ? 'info' : 'error';
    this.log()[level]('call-failed', {
      failureCode: failure.code,
      detail: failure.message,
      durationMs: this.durationMs(),
      ...(level === 'error' && { cause: failure.cause ?? failure }),
    });
    return { ...failure.toJSON(), requestId: this.requestId };
  }

  private isOurTimeout(thrown: unknown): boolean {
    return this.signal.aborted && !(thrown instanceof Failure);
  }

  private timeout(): Failure {
    if (!this.deadline.passed) return new Failure('CANCELLED', 'The caller left.');
    return timedOut(this.operation, {
      requestId: this.requestId,
      idempotencyKey: this.givenKey,
      run: this.subscribedRun,
    });
  }

  private context(): Context {
    const { requestId, signal, traceparent } = this;
    const log = (): Log => this.log();
    const key = this.run ?? this.givenKey ?? requestId;
    const context = {
      // The world lies behind the call instead of being copied into it, call by call.
      __proto__: this.dependencies,
      signal,
      requestId,
      run: this.run,
      // Made when it is used: most calls say nothing.
      get log() {
        return log();
      },
      idempotencyKey: key,
      callOptions: (idempotencyKey?: string): CallOptions => ({
        signal,
        requestId,
        ...(traceparent !== undefined && { traceparent }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        // What changes something never acts on an old answer; a read passes its age on.
        ...(this.operation.effect === 'reads' && { onStale: (ms: number) => this.noteStale(ms) }),
      }),
    };
    return context as unknown as Context;
  }

  private noteStale(staleMs: number): void {
    this.staleMs = Math.max(this.staleMs ?? 0, staleMs);
  }

  private log() {
    const traceId = this.traceparent?.split('-')[1];
    return this.dependencies.log.with({
      callId: this.requestId,
      operation: this.operation.name,
      ...(traceId !== undefined && { traceId }),
    });
  }

  private logEnd(): void {
    this.log().debug('call-ended', { durationMs: this.durationMs() });
  }

  private durationMs(): number {
    return Math.round(performance.now() - this.startedAt);
  }

  private withRequestId(result: FunctionResult): FunctionResult {
    const { requestId, staleMs } = this;
    const stale = staleMs !== undefined && { 'x-stale-ms': String(staleMs) };
    return { ...result, headers: { ...result.headers, ...stale, 'x-request-id': requestId } };
  }
}

function safe(id: string | undefined): string | undefined {
  return id !== undefined && isSafeId(id) ? id : undefined;
}

/** What a refusal for want of a token says that it takes. */
const BEARER_CHALLENGE = 'Bearer realm="arduino-trader"';

/** JSON in which every number is finite. */
function encodeJson(message: unknown): string {
  return JSON.stringify(message ?? {}, (key, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new Failure('BUG', `Invariant: no ${value} leaves a model (${key})`);
    return value;
  });
}

async function* untilAbortedEach<T>(
  messages: AsyncGenerator<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  try {
    for (;;) {
      const next = await untilAborted(messages.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a story that hangs must not hold its caller.
    void messages.return(undefined).catch(() => undefined);
  }
}

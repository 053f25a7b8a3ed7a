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
import {
  Failure,
  failureTable,
  invalidRequest,
  type FailureBody,
  type Facts,
} from '#shared/kernel/failure.ts';
import { isSafeId } from '#shared/kernel/identifiers.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import type { Operation, RequestOf, ResponseOf } from '#shared/contract/row.ts';
import { isOpen, openBecause, timedOut, type CallIds } from '#shared/contract/unknown-outcome.ts';
import { redisFailure } from '#shared/redis/client.ts';
import { requireAccess } from './access.ts';
import type { Log } from '#shared/process/log.ts';
import type { Context, Dependencies } from './context.ts';
import { Deadline, untilAborted, untilAbortedEach } from '#shared/process/deadline.ts';
import { Effects } from './effects.ts';
import { once, type Answered } from './idempotency.ts';
import { requireReady } from './readiness.ts';
import { readTraceparent } from './traceparent.ts';
import { onceUnkeyed } from './unkeyed.ts';
import { initializationFailure } from './initialization-failure.ts';
import { encodeJson, encodeMessage, readRequest, type Format } from './wire.ts';
import { ambientDependencies } from './dependencies.ts';

/** The body of an operation's handler: a promise of the answer, or the messages it streams. */
export type HandlerBody<O extends Operation> = O['streams'] extends true
  ? (request: RequestOf<O>, context: Context) => AsyncGenerator<ResponseOf<O>>
  : (request: RequestOf<O>, context: Context) => Promise<ResponseOf<O>>;

type AnyHandlerBody = (
  request: unknown,
  context: Context,
) => Promise<unknown> | AsyncGenerator<unknown, unknown>;

export interface OperationHandler<O extends Operation = Operation> extends FunctionHandler {
  readonly operation: O;
  /** The handler body without its endpoint, for measuring what the endpoint costs. */
  readonly handlerBody: HandlerBody<O>;
}

/** Binds a handler body to its row; the result is what a function file exports. */
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
  /** The key was made by whoever forwarded the call, for a caller that gave none. */
  private readonly keyIsMade: boolean;
  /** The key the call goes by, once it is settled. */
  private key: string | undefined;
  private readonly effects = new Effects();
  private outcomeFacts: Facts = {};
  private answerOpen = false;
  /** Set when the connector carries out a queued run. */
  private readonly run: string | undefined;
  /** Set while the call subscribes to a run that another process executes. */
  private subscribedRun: string | undefined;
  /** What that run ended with. */
  private runFailure: Failure | undefined;
  private isQueueing = false;
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
    this.keyIsMade = event.headers['x-key-made'] === 'yes';
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
    this.key = this.keyOfCall();
    if (follows && this.run === undefined) return this.emit(this.followed(wire), format);
    const handlerBody = (key?: string): unknown => this.handlerBody(request, this.context(key));
    if (this.operation.streams) return this.emit(handlerBody() as AsyncGenerator<unknown>, format);
    const message = await this.unary(request, (key) => handlerBody(key) as Promise<unknown>);
    return this.single(message, format);
  }

  /**
   * Where the caller gave no key, the request id is the key: what a call does has its ids derived from
   * it. The answer names it, whatever comes of the call. Runs are shared, so theirs is a new one.
   */
  private keyOfCall(): string | undefined {
    if (this.operation.effect === 'reads') return this.givenKey;
    if (this.givenKey !== undefined) return this.givenKey;
    if (this.run !== undefined) return undefined;
    if (this.operation.queue?.caller !== 'follows') return this.requestId;
    return this.operation.effect === 'trades' ? this.dependencies.newId() : undefined;
  }

  /** Answers once for each idempotency key; reads, and writes without a key, simply answer. */
  private async unary(
    request: unknown,
    work: (key?: string) => Promise<unknown>,
  ): Promise<unknown> {
    const inTime = (key?: string): Promise<unknown> => untilAborted(work(key), this.signal);
    const { operation, signal, key, givenKey } = this;
    const { effect } = operation;
    if (effect === 'reads' || key === undefined) return inTime();
    const isUnkeyed = givenKey === undefined || this.keyIsMade;
    if (isUnkeyed && effect !== 'trades') return inTime();
    const { database, settings } = this.dependencies;
    const call = { database, operation, key, request, signal, leaseMs: settings.claimLeaseMs };
    const { json } = await (isUnkeyed ? onceUnkeyed : once)(call, (settled) =>
      this.answered(settled, inTime),
    );
    return JSON.parse(json);
  }

  private async answered(key: string, work: (key: string) => Promise<unknown>): Promise<Answered> {
    this.key = key;
    try {
      const json = JSON.stringify(await work(key));
      return { json, isOpen: this.answerOpen };
    } catch (thrown) {
      throw this.failureOf(thrown);
    }
  }

  /** Puts the call on the queue and yields what its run streams. */
  private async *followed(wire: unknown): AsyncGenerator<unknown> {
    const id = this.key === undefined ? this.dependencies.newId() : shortHash(this.key);
    const requested = `${this.operation.name}-${id}`;
    const body = JSON.stringify(wire);
    const runs = this.dependencies.runs;
    const subscriber = safe(this.event.headers['x-follower']);
    const subscription = { subscriber, signal: this.signal };
    this.isQueueing = true;
    const { run } = await runs.add(this.operation, body, requested, this.requestId, subscription);
    this.subscribedRun = run;
    const messages = runs.follow(this.operation, run, this.signal);
    for (;;) {
      const next = await messages.next();
      if (!next.done) yield JSON.parse(next.value);
      else if (next.value.kind === 'done') return;
      else throw (this.runFailure = Failure.fromBody(next.value.failure, 500));
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
    const failure = this.failureOf(thrown);
    const { actor } = failure.rule;
    const isOurs = actor === 'operator' || actor === 'developer';
    const level = isOurs || isOpenByAccident(failure) ? 'error' : 'info';
    this.log()[level]('call-failed', {
      failureCode: failure.code,
      detail: failure.message,
      durationMs: this.durationMs(),
      ...(level === 'error' && { cause: failure.cause ?? failure }),
    });
    return { ...failure.toJSON(), requestId: this.requestId };
  }

  /** A failure that leaves open what the call did is told as that, with how to find out. */
  private failureOf(thrown: unknown): Failure {
    if (this.isOurTimeout(thrown)) return this.timeout();
    const failure = redisFailure(thrown) ?? Failure.from(thrown);
    if (failure === this.runFailure || !this.leavesOpen(failure)) return failure;
    return openBecause(failure, this.callIds(), this.outcomeFacts);
  }

  private leavesOpen(failure: Failure): boolean {
    // Handed over: another call goes on with the run.
    if (this.operation.effect === 'reads' || 'resumeAfterMs' in failure.facts) return false;
    if (failure.code === 'OUTCOME_UNKNOWN') return true;
    const { seen } = this.effects;
    // Money may have moved: a later refusal does not undo that.
    if (seen === 'trades') return failure.code !== 'CANCELLED';
    // What a run that trades does besides is done again by whoever resumes it.
    if (this.run !== undefined && this.operation.effect === 'trades') return false;
    const isQueued =
      this.isQueueing && !(thrownByRule(failure) && this.subscribedRun === undefined);
    return (seen === 'writes' || isQueued) && isOpen(failure);
  }

  private callIds(): CallIds {
    const { requestId, key: idempotencyKey } = this;
    return { requestId, idempotencyKey, run: this.run ?? this.subscribedRun };
  }

  private isOurTimeout(thrown: unknown): boolean {
    return this.signal.aborted && !(thrown instanceof Failure);
  }

  private timeout(): Failure {
    if (!this.deadline.passed) return new Failure('CANCELLED', 'The caller left.');
    return timedOut(this.operation, this.callIds(), this.outcomeFacts);
  }

  private context(settled?: string): Context {
    const { requestId, signal, traceparent, dependencies } = this;
    const log = (): Log => this.log();
    const key = this.run ?? settled ?? this.givenKey ?? requestId;
    const changes = this.operation.effect !== 'reads';
    const context = {
      // The dependencies are the prototype of the call context instead of being copied into it, call by call.
      __proto__: dependencies,
      ...(changes && this.effects.watch(dependencies)),
      signal,
      requestId,
      run: this.run,
      // Made when it is used: most calls say nothing.
      get log() {
        return log();
      },
      idempotencyKey: key,
      nameOutcome: (facts: Facts) => void (this.outcomeFacts = { ...this.outcomeFacts, ...facts }),
      answerIsOpen: () => void (this.answerOpen = true),
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
    const { requestId, staleMs, key } = this;
    const stale = staleMs !== undefined && { 'x-stale-ms': String(staleMs) };
    const named = key !== undefined && isSafeId(key) && { 'idempotency-key': key };
    const ids = { ...named, 'x-request-id': requestId };
    return { ...result, headers: { ...result.headers, ...stale, ...ids } };
  }
}

/** Not by the mere end of the caller's time. */
function isOpenByAccident({ code, cause }: Failure): boolean {
  return code === 'OUTCOME_UNKNOWN' && cause !== undefined;
}

/** Turned away before the queue took it. */
function thrownByRule({ code }: Failure): boolean {
  return code === 'CONFLICT' || code === 'KEY_REUSED';
}

function safe(id: string | undefined): string | undefined {
  return id !== undefined && isSafeId(id) ? id : undefined;
}

/** What a refusal for want of a token says that it takes. */
const BEARER_CHALLENGE = 'Bearer realm="arduino-trader"';

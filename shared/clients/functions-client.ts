/**
 * Calling another operation, typed by its row. The transport carries the call: in the same process,
 * or over HTTP to the gateway of the board that has the function.
 */
import { randomUUID } from 'node:crypto';
import type { Caller } from '#template/caller.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Operation, ResponseOf, WireRequestOf } from '#shared/contract/row.ts';
import { openBecause } from '#shared/contract/unknown-outcome.ts';
import { inSpan, inSpanEach, type SpanOptions } from '#shared/process/tracing/tracing.ts';
import { isOperation } from '#shared/contract/catalogue.ts';
import { isDeclaredCall } from '#shared/contract/declared-calls.ts';
import { recorded, recordedEach } from '#shared/process/call-record.ts';
import { textOf } from './answer-body.ts';
import { headerText } from './header-text.ts';
import { checkedMessages, messagesIn, parseJson } from './json-messages.ts';
import { Answered, resumed } from './resumed-stream.ts';

export interface CallOptions {
  /**
   * May be made when it is asked for, so that it is named where options are copied.
   * Aborting it stops a call that is answered directly. A call subscribed to a queued run ends its
   * subscription; only if the reason is `cancelled()` does it also cancel its request for the run.
   */
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly idempotencyKey?: string | undefined;
  /**
   * The key was generated here, for a caller that gave none and would retry the call without it.
   */
  readonly keyIsMade?: boolean | undefined;
  /** What the caller grants; the operation's own limit stands beside it. */
  readonly timeoutMs?: number | undefined;
  /** W3C trace context, passed on as it came. */
  readonly traceparent?: string | undefined;
  /**
   * Receives the age of a stale answer, which is used where the board of a service is unreachable.
   * Given only by callers that accept a stale answer; all others get a failure.
   */
  readonly onStale?: ((staleMs: number) => void) | undefined;
  /** The board that forwarded the call; it is not forwarded again. */
  readonly forwardedBy?: string | undefined;
  /**
   * Name of the subscriber of a queued run; a caller that returns with the same name finds the same
   * run.
   */
  readonly subscriber?: string | undefined;
  /**
   * Who calls: an operation, or a part of the system (`callers` in shared/contract/declared-calls.ts). It is sent
   * along, and the call is counted under it.
   */
  readonly caller?: string | undefined;
  /** On whose behalf, for the audit: session and device, certificate, user and host. It is passed on. */
  readonly actor?: string | undefined;
  /** A scrape of metrics: a host in this process does not count it as a call of the function. */
  readonly isScrape?: boolean | undefined;
  /** What `signal` reports of, for a function in this process, without a signal; it may be listened to once. */
  readonly leaver?: Caller | undefined;
}

/** The abort reason of a caller that cancels its request. */
export function cancelled(): Failure {
  return new Failure('CANCELLED', 'The caller took the call back.');
}

export function isCancelled({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof Failure && reason.code === 'CANCELLED';
}

/** Time limit of a cancellation; the caller has left and does not wait for it. */
const TAKE_BACK_MS_MAX = 5_000;

export interface FunctionCall extends CallOptions {
  /** `planning-create-plan` */
  readonly name: string;
  readonly body: string | Uint8Array;
  /** Absent: JSON. */
  readonly contentType?: string | undefined;
  readonly accept: string;
  /** The request as text, of one in protobuf: for a function that takes only JSON. */
  readonly inJson?: (() => string) | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface FunctionAnswer {
  readonly status: number;
  /** The body in chunks, as it arrives. */
  readonly body: AsyncIterable<Uint8Array | string>;
  readonly contentType?: string | undefined;
  /** Age of a stale answer; absent where the answer is current. */
  readonly staleMs?: number | undefined;
}

/** What of a call its encoding decides. */
export type Sent = Pick<FunctionCall, 'body' | 'contentType' | 'accept' | 'inJson'>;

/** How a request and its answer travel, and what the caller gets of the answer. */
export interface Exchange<T> {
  /** @param streams whether the messages are read one by one */
  sent(streams: boolean): Sent;
  whole(answer: FunctionAnswer): Promise<T>;
  each(answer: FunctionAnswer): AsyncGenerator<T, void>;
  /** What a stream without a message comes to. */
  readonly nothing: T;
  /** Of a caller that does no more with the answer than to encode it: within one process objects do instead. */
  readonly direct?: DirectExchange<T>;
  /** Of a caller that gets what was read from text in any case: within one process it need not be written again. */
  readonly inObjects?: ObjectStream<T>;
}

export interface ObjectStream<T> extends DirectRequest {
  each(messages: AsyncIterable<object>): AsyncGenerator<T, void>;
}

export interface DirectExchange<T> {
  readonly message: object;
  /** The same for what has to travel within the process, to a thread. */
  inBytes(): Sent;
  encoded(answer: object): T;
}

export interface Transport {
  /** @throws Failure UNAVAILABLE when the function cannot be reached */
  (call: FunctionCall): Promise<FunctionAnswer>;
  /** @returns undefined for a function that takes and gives bytes, since it is not in this process */
  readonly directly?: ((name: string) => DirectTransport | undefined) | undefined;
}

/** A request as an object. */
export type DirectRequest = Pick<DirectExchange<unknown>, 'message' | 'inBytes'>;

/** A call without bytes, and its answer, where it was answered so. */
export type DirectTransport = (
  name: string,
  request: DirectRequest,
  options: CallOptions,
  headers: Readonly<Record<string, string>>,
) => Promise<DirectAnswer>;

export interface DirectAnswer extends FunctionAnswer {
  readonly message?: object | undefined;
  /** Of one that streams; that its body says the same is not asked. */
  readonly messages?: AsyncIterable<object> | undefined;
}

export class FunctionsClient {
  private readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** The same client for a part of the system whose calls are counted under its name. */
  as(caller: string): FunctionsClient {
    const call: FunctionsClient['call'] = (operation, request, options) =>
      this.call(operation, request, { ...options, signal: options.signal, caller });
    const stream: FunctionsClient['stream'] = (operation, request, options) =>
      this.stream(operation, request, { ...options, signal: options.signal, caller });
    return Object.assign(Object.create(this) as FunctionsClient, { call, stream });
  }

  /** Runs an operation to its end and answers its (last) message. @throws Failure as answered */
  call<O extends Operation>(
    operation: O,
    request: WireRequestOf<O>,
    options: CallOptions,
  ): Promise<ResponseOf<O>> {
    return this.exchange(operation, new InJson<ResponseOf<O>>(operation.name, request), options);
  }

  /** The same, in the encoding of the caller. */
  exchange<T>(operation: Operation, exchange: Exchange<T>, options: CallOptions): Promise<T> {
    if (operation.queue?.caller !== 'follows')
      return inSpan(
        operation.name,
        spanOf(operation),
        (span) =>
          countedBy(operation, options, () =>
            this.callOnce(operation, exchange, options, span?.traceparent ?? options.traceparent),
          ),
        options.traceparent,
      );
    return this.last(operation, exchange, options);
  }

  private async last<T>(
    operation: Operation,
    exchange: Exchange<T>,
    options: CallOptions,
  ): Promise<T> {
    let last = exchange.nothing;
    for await (const message of this.exchangeEach(operation, exchange, options)) last = message;
    return last;
  }

  private async callOnce<T>(
    operation: Operation,
    exchange: Exchange<T>,
    options: CallOptions,
    traceparent: string | undefined,
  ): Promise<T> {
    try {
      const answer = await this.answerOnce(operation, exchange, options, traceparent);
      const { status, staleMs, message } = answer;
      if (status !== 200) throw refusalOf(await textOf(answer.body), status);
      if (staleMs !== undefined) noteStale(operation, staleMs, options);
      if (message && exchange.direct) return exchange.direct.encoded(message);
      return await exchange.whole(answer);
    } catch (thrown) {
      throw lostAnswer(operation, thrown, options);
    }
  }

  private answerOnce(
    operation: Operation,
    exchange: Exchange<unknown>,
    options: CallOptions,
    traceparent: string | undefined,
  ): Promise<DirectAnswer> {
    const { name } = operation;
    const direct = exchange.direct && this.transport.directly?.(name);
    return direct
      ? direct(name, exchange.direct, options, headersOf(options, traceparent, NO_HEADERS))
      : this.send(operation, exchange.sent(false), options, traceparent, NO_HEADERS);
  }

  /**
   * Runs a streaming operation and yields its messages as they come. The connection to a queued run
   * may break at any message: the stream resumes from there.
   */
  stream<O extends Operation>(
    operation: O,
    request: WireRequestOf<O>,
    options: CallOptions,
  ): AsyncGenerator<ResponseOf<O>> {
    const exchange = new InJson<ResponseOf<O>>(operation.name, request);
    return this.exchangeEach(operation, exchange, options);
  }

  /** The same, in the encoding of the caller. */
  exchangeEach<T>(
    operation: Operation,
    exchange: Exchange<T>,
    options: CallOptions,
  ): AsyncGenerator<T> {
    return inSpanEach(
      operation.name,
      spanOf(operation),
      (span) =>
        countedEachBy(
          operation,
          options,
          this.streamResumed(
            operation,
            exchange,
            options,
            span?.traceparent ?? options.traceparent,
          ),
        ),
      options.traceparent,
    );
  }

  private async *streamResumed<T>(
    operation: Operation,
    exchange: Exchange<T>,
    options: CallOptions,
    traceparent: string | undefined,
  ): AsyncGenerator<T, void> {
    const subscriber = new Subscriber(this.transport, operation, options);
    const attempt = (timed: CallOptions): AsyncGenerator<T> =>
      this.streamOnce(operation, exchange, timed, subscriber, traceparent);
    try {
      if (operation.queue?.caller === 'follows') yield* resumed(attempt, options);
      else yield* attempt(options);
    } catch (thrown) {
      throw lostAnswer(operation, Answered.failureOf(thrown), options);
    } finally {
      await subscriber.leave();
    }
  }

  private async *streamOnce<T>(
    operation: Operation,
    exchange: Exchange<T>,
    options: CallOptions,
    subscriber: Subscriber,
    traceparent: string | undefined,
  ): AsyncGenerator<T> {
    const { headers } = subscriber;
    // What a run streams was recorded as text; messages of other operations are a handler's own.
    const { inObjects } = operation.queue?.caller === 'follows' ? exchange : {};
    const direct = inObjects && this.transport.directly?.(operation.name);
    const answer: DirectAnswer = direct
      ? await direct(operation.name, inObjects, options, headersOf(options, traceparent, headers))
      : await this.send(operation, exchange.sent(true), options, traceparent, headers);
    if (answer.status !== 200) throw refusalIn(await textOf(answer.body), answer.status);
    yield* inObjects && answer.messages ? inObjects.each(answer.messages) : exchange.each(answer);
  }

  /** Asks a function for its readiness; the answer's text says what is missing. */
  async ready(name: string, options: CallOptions): Promise<{ ready: boolean; reason: string }> {
    const answer = await this.transport({
      ...options,
      name: `${name}/_/ready`,
      body: '',
      accept: 'application/json',
    });
    return { ready: answer.status === 200, reason: (await textOf(answer.body)).trim() };
  }

  private send(
    { name }: Operation,
    sent: Sent,
    options: CallOptions,
    traceparent: string | undefined,
    further: Readonly<Record<string, string>>,
  ): Promise<FunctionAnswer> {
    const headers = headersOf(options, traceparent, further);
    const { signal } = options;
    return this.transport({ ...options, signal, traceparent, name, ...sent, headers });
  }
}

/** In JSON; a stream in lines. */
class InJson<T> implements Exchange<T> {
  readonly nothing = {} as T;
  private readonly name: string;
  private readonly request: unknown;

  constructor(name: string, request: unknown) {
    this.name = name;
    this.request = request;
  }

  sent(streams: boolean): Sent {
    const accept = streams ? LINES_TYPE : 'application/json';
    return { body: requestText(this.request), accept };
  }

  async whole({ body }: FunctionAnswer): Promise<T> {
    return parseJson(await textOf(body), this.name) as T;
  }

  each({ body }: FunctionAnswer): AsyncGenerator<T, void> {
    return messagesIn<T>(body, this.name);
  }

  get inObjects(): ObjectStream<T> {
    const sent = this.sent(true);
    return {
      message: JSON.parse(sent.body as string) as object,
      inBytes: () => sent,
      each: (messages) => checkedMessages<T>(messages, this.name),
    };
  }
}

export const LINES_TYPE = 'application/x-ndjson';
/** Of a stream of objects, which never leaves the process. */
export const OBJECTS_TYPE = 'application/vnd.trader.objects';

/** Whether the messages of a call are read one by one. */
export function readsEach({ accept }: Pick<FunctionCall, 'accept'>): boolean {
  return accept.includes(LINES_TYPE);
}

const NO_HEADERS: Readonly<Record<string, string>> = {};

/** What of a call travels as headers whatever the transport. */
function headersOf(
  { timeoutMs, keyIsMade, caller, actor }: CallOptions,
  traceparent: string | undefined,
  further: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = {};
  if (timeoutMs !== undefined) headers['x-timeout-ms'] = String(Math.ceil(timeoutMs));
  if (traceparent !== undefined) headers['traceparent'] = traceparent;
  if (keyIsMade) headers['x-key-made'] = 'yes';
  if (caller !== undefined) headers['x-caller'] = caller;
  if (actor) headers['x-actor'] = headerText(actor);
  return Object.assign(headers, further);
}

function spanOf({ name }: Operation): () => SpanOptions {
  return () => ({
    kind: 'client',
    attributes: { 'faas.invoked_name': name },
  });
}

/**
 * Operations count their declared calls, which they see also where nobody answers. The callee counts all others: those of
 * callers that have no Redis to store them in, and undeclared ones, whoever the caller says that he is
 * (shared/runtime/call/call.ts).
 */
function countedBy<T>(
  { name }: Operation,
  { caller }: CallOptions,
  work: () => Promise<T>,
): Promise<T> {
  return countsItself(caller, name) ? recorded(caller, name, work) : work();
}

function countedEachBy<T>(
  { name }: Operation,
  { caller }: CallOptions,
  messages: AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  return countsItself(caller, name) ? recordedEach(caller, name, messages) : messages;
}

function countsItself(caller: string | undefined, callee: string): caller is string {
  return caller !== undefined && isOperation(caller) && isDeclaredCall(caller, callee);
}

/** A subscriber of a queued operation: named, so that it cancels only its own request. */
class Subscriber {
  readonly headers: Readonly<Record<string, string>>;
  private readonly transport: Transport;
  private readonly operation: Operation;
  private readonly options: CallOptions;

  constructor(transport: Transport, operation: Operation, options: CallOptions) {
    this.transport = transport;
    this.operation = operation;
    this.options = options;
    const follows = operation.queue?.caller === 'follows';
    this.headers = follows ? { 'x-follower': options.subscriber ?? randomUUID() } : {};
  }

  /** Reports to the function that the caller cancelled. If the message is lost, the run continues. */
  async leave(): Promise<void> {
    const subscriber = this.headers['x-follower'];
    if (subscriber === undefined || !isCancelled(this.options.signal)) return;
    const { requestId } = this.options;
    const signal = AbortSignal.timeout(TAKE_BACK_MS_MAX);
    const headers = { 'x-take-back': subscriber };
    const { name } = this.operation;
    const call = {
      name,
      body: '',
      accept: 'application/json',
      headers,
      requestId,
      signal,
    } as const;
    await this.transport(call)
      .then(({ body }) => textOf(body))
      .catch(() => undefined);
  }
}

/** A request as it travels. */
export function requestText(request: unknown): string {
  return JSON.stringify(request, finiteOrText);
}

/** JSON has no such numbers; sent as text they reach the function, which rejects them by field. */
function finiteOrText(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/**
 * A failure answered by the function itself is marked: it is not a lost answer, whatever its facts
 * say.
 */
function refusalIn(text: string, status: number): Failure | Answered {
  const failure = refusalOf(text, status);
  return text.trimStart().startsWith('{') ? new Answered(failure) : failure;
}

/** The platform rejects in plain text (404, 429, 504 of the gateway); its status is sufficient. */
export function refusalOf(text: string, status: number): Failure {
  try {
    return Failure.fromBody(JSON.parse(text), status);
  } catch {
    return Failure.fromBody(undefined, status);
  }
}

/**
 * A call that changes something and got no answer from the function may have taken effect, unless
 * it was certainly not sent (`facts.sent` is `no`).
 */
function lostAnswer(
  { effect }: Pick<Operation, 'effect'>,
  thrown: unknown,
  { idempotencyKey, requestId, signal }: CallOptions,
): unknown {
  if (effect === 'reads' || signal.aborted || !(thrown instanceof Failure)) return thrown;
  if (thrown.facts['sent'] !== 'unknown' || thrown.code === 'OUTCOME_UNKNOWN') return thrown;
  return openBecause(thrown, { idempotencyKey, requestId });
}

function noteStale({ name }: Operation, staleMs: number, { onStale }: CallOptions): void {
  if (!onStale)
    throw new Failure('UNAVAILABLE', `${name} has only an old answer at the moment.`, { staleMs });
  onStale(staleMs);
}

/** The age that an answer states in its header `x-stale-ms`. */
export function staleMsOf(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,12}$/.test(header) ? Number(header) : undefined;
}

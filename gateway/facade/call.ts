/** One gRPC call as one function call: metadata in, deadline and cancellation on. */
import { Metadata, type ServerUnaryCall, type ServerWritableStream } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http2';
import { Caller } from '#template/caller.ts';
import { limitTime, type TimeLimit } from '#template/limits/time-limits.ts';
import { cancelled } from '#shared/clients/functions-client.ts';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { isSafeId } from '#shared/kernel/identifiers.ts';
import type { Operation } from '#shared/contract/row.ts';
import { outcomeUnknown, timedOut } from '#shared/contract/unknown-outcome.ts';
import { readTraceparent } from '#shared/runtime/traceparent.ts';
import { FacadeCallOptions } from './facade-call-options.ts';
import { connectionOf, type Connection } from './connection.ts';

export type AnyCall = ServerUnaryCall<unknown, Buffer> | ServerWritableStream<unknown, Buffer>;

/** As much as HTTP/2 servers commonly take; the transport itself cuts off above 64 KiB. */
const METADATA_BYTES_MAX = 16 * 1024;
/** What HTTP/2 counts for each header beside its text. */
const HEADER_BYTES = 32;
/** Subtracted from the caller's time, so that our answer arrives before it gives up. */
const MARGIN_MS_MAX = 250;
const MARGIN_SHARE = 0.1;
/**
 * Beyond the operation's own limit: a caller that stops reading cannot hold a call open without
 * limit.
 */
const GRACE_MS = 5_000;

/**
 * The identifiers of a read that is answered sooner travel with the answer, which saves a write to the socket. Others
 * are sent at once.
 */
const ECHO_MS = 50;

/** The properties of an operation that decide how a call to it is made. */
export type Called = Pick<Operation, 'name' | 'effect' | 'queue' | 'timeoutMs' | 'streams'>;

export class FacadeCall {
  readonly requestId: string;
  readonly options: FacadeCallOptions;
  /** Age of the oldest answer used for this one, where a board was unreachable. */
  staleMs: number | undefined;
  /** Among the calls in flight. */
  place = 0;
  private readonly call: AnyCall;
  private readonly headers: OutgoingHttpHeaders;
  private readonly operation: Called;
  private readonly givenKey: string | undefined;
  /** The idempotency key of the call; sent in the initial metadata before anything can happen. */
  private readonly key: string | undefined;
  private readonly connection: Connection;
  private readonly deadline: number;
  private readonly marginMs: number;
  private readonly stop = new Caller();
  private readonly limit: TimeLimit;
  /** The identifiers of the call that are echoed to the caller, until they are sent. */
  private unsent: Metadata | undefined;
  private readonly echoLimit: TimeLimit | undefined;
  private ended = false;

  constructor(call: AnyCall, operation: Called) {
    this.call = call;
    this.operation = operation;
    this.headers = call.metadata.toHttp2Headers();
    this.connection = connectionOf(call);
    this.requestId = safe(this.text('x-request-id')) ?? randomUUID();
    this.givenKey = this.text('idempotency-key');
    this.key = this.givenKey ?? madeKey(operation, this.requestId);
    this.deadline = Number(call.getDeadline());
    const leftMs = this.deadline - Date.now();
    this.marginMs = Math.min(MARGIN_MS_MAX, Math.max(0, leftMs) * MARGIN_SHARE);
    const grantedMs = Math.min(leftMs - this.marginMs / 2, operation.timeoutMs + GRACE_MS);
    // Whole milliseconds, so that calls of equal length have their end in common.
    this.limit = limitTime(Math.floor(grantedMs), () => this.abort(this.timedOut()));
    call.once('cancelled', () => this.left());
    this.options = this.callOptions(leftMs);
    this.unsent = this.echo();
    const mayWait = operation.effect === 'reads' && !operation.streams;
    if (mayWait) this.echoLimit = limitTime(ECHO_MS, () => this.sendIds());
    else this.sendIds();
  }

  /** Sends the identifiers, where that is still to be done. */
  sendIds(): void {
    const { unsent } = this;
    this.unsent = undefined;
    if (unsent) this.call.sendMetadata(unsent);
  }

  /**
   * Lets a reset that came together with the request be seen before any work begins for it (rapid resets,
   * CVE-2023-44487). @throws the reason why the call has ended already
   */
  async requireWaiting(): Promise<void> {
    await nextTurn();
    this.stop.throwIfLeft();
  }

  /** @throws Failure for metadata that cannot be used */
  requireMetadata(): void {
    const { givenKey } = this;
    if (bytesOf(this.headers) > METADATA_BYTES_MAX)
      throw new Failure('TOO_LARGE', `The metadata is over ${METADATA_BYTES_MAX} bytes.`);
    if (givenKey !== undefined && !isSafeId(givenKey))
      throw invalidRequest({ field: 'idempotency-key', message: '1 to 128 of A-Za-z0-9._-' });
  }

  /** What is called from here on belongs to a span. */
  tracedAs(traceparent: string): void {
    this.options.traceparent = traceparent;
  }

  /** Of a call that another board forwards it is who that board says, and that board. */
  actsFor(caller: string): void {
    const { forwardedBy } = this.options;
    const said = this.text('x-actor');
    const actor = forwardedBy === undefined ? caller : `${said ?? ''} by ${forwardedBy}`;
    this.options.actor = actor;
  }

  /** Ends the work behind the call; `reason` is the caller's error. */
  abort(reason?: Failure): void {
    this.stop.leave(reason);
  }

  end(): void {
    this.ended = true;
    this.limit.end();
    this.echoLimit?.end();
  }

  /** Trailing metadata, known only after the work. */
  trailer(): Metadata | undefined {
    if (this.staleMs === undefined) return undefined;
    const metadata = new Metadata();
    metadata.set('x-stale-ms', String(this.staleMs));
    return metadata;
  }

  timedOut(): Failure {
    const { requestId, key: idempotencyKey } = this;
    return timedOut(this.operation, { requestId, idempotencyKey });
  }

  /** The failure sent to callers when the facade stops before the answer. */
  stopped(): Failure {
    const { requestId, key: idempotencyKey } = this;
    const why = 'This facade stops; runs in the queue go on.';
    return this.operation.effect === 'reads'
      ? new Failure('UNAVAILABLE', why)
      : outcomeUnknown(why, { requestId, idempotencyKey });
  }

  private callOptions(leftMs: number): FacadeCallOptions {
    const traceparent = readTraceparent(this.text('traceparent'));
    const forwardedBy = this.text('x-forwarded-by');
    const subscriber = this.text('x-follower');
    const { requestId, givenKey, key, marginMs } = this;
    const isMade = givenKey === undefined || this.text('x-key-made') === 'yes';
    // A client that accepts no stale answer says so; all others see its age.
    const acceptsStale = this.text('x-accept-stale') !== 'no';
    return new FacadeCallOptions(this.stop, {
      requestId,
      onStale: acceptsStale ? (ms) => void (this.staleMs = ms) : undefined,
      forwardedBy: safe(forwardedBy),
      subscriber: safe(subscriber),
      idempotencyKey: key,
      keyIsMade: key === undefined ? undefined : isMade,
      traceparent,
      timeoutMs: Number.isFinite(leftMs) ? Math.max(1, Math.floor(leftMs - marginMs)) : undefined,
    });
  }

  private echo(): Metadata {
    const metadata = new Metadata();
    metadata.set('x-request-id', this.requestId);
    const { traceparent, idempotencyKey } = this.options;
    if (traceparent !== undefined) metadata.set('traceparent', traceparent);
    if (idempotencyKey !== undefined && isSafeId(idempotencyKey))
      metadata.set('idempotency-key', idempotencyKey);
    return metadata;
  }

  /**
   * The caller has left. Only an explicit cancellation cancels the run; a caller whose deadline
   * passed or whose connection broke may come back for it.
   */
  private left(): void {
    // grpc-js reports the end of every call here, of those that were answered too.
    if (this.ended) return;
    const inTime = Date.now() < this.deadline - this.marginMs;
    this.abort(inTime && this.connection.wasCancelled() ? cancelled() : undefined);
  }

  private text(name: string): string | undefined {
    const values = this.headers[name];
    return Array.isArray(values) ? values[0] : values?.toString();
  }
}

function safe(id: string | undefined): string | undefined {
  return id !== undefined && isSafeId(id) ? id : undefined;
}

let turn: Promise<void> | undefined;

/** The next turn of the event loop, once for all calls that wait for the same one. */
function nextTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });
  return turn;
}

/**
 * For a caller that gives no key. A call's ids derive from its request id; runs are shared, so theirs is
 * a new one.
 */
function madeKey({ effect, queue }: Called, requestId: string): string | undefined {
  if (effect === 'reads') return undefined;
  if (queue?.caller !== 'follows') return requestId;
  return effect === 'trades' ? randomUUID() : undefined;
}

function bytesOf(headers: OutgoingHttpHeaders): number {
  let bytes = 0;
  for (const name in headers)
    for (const value of [headers[name]].flat())
      bytes += name.length + String(value ?? '').length + HEADER_BYTES;
  return bytes;
}

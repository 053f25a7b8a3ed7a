/** Calls between functions that live in one process: the same handler interface, without a socket. */
import type { Caller } from '#template/caller.ts';
import {
  isChunks,
  type CallContext,
  type FunctionEvent,
  type FunctionResult,
} from '#template/function.ts';
import {
  OBJECTS_TYPE,
  readsEach,
  staleMsOf,
  type CallOptions,
  type DirectAnswer,
  type DirectTransport,
  type FunctionAnswer,
  type FunctionCall,
  type Transport,
} from '#shared/clients/functions-client.ts';
import { bearerText, type Bearer } from '#shared/clients/bearer.ts';
import { FunctionLayout, type PlatformAnswer } from '#shared/clients/function-layout.ts';
import { unanswered } from '#shared/clients/unanswered.ts';
import { chunksOf } from '../http/chunks.ts';

export interface HostContext extends CallContext {
  /** Neither counted nor logged as a call. */
  readonly isScrape?: boolean | undefined;
}

export interface Host {
  call(name: string, event: FunctionEvent, context: HostContext): Promise<FunctionResult>;
}

export interface InProcessOptions {
  /** Sent as bearer token. */
  readonly token: Bearer;
  /**
   * Runs long operations at once instead of through their queue; for a host without a
   * connector.
   */
  readonly withoutQueue?: boolean;
}

export function inProcessTransport(
  host: Host,
  { token, withoutQueue = false }: InProcessOptions,
): Transport {
  const layout = new FunctionLayout();
  /** An operation that is queued runs at once where it is called as a run. */
  const alsoRun = (headers: Record<string, string>): Record<string, string> => {
    if (withoutQueue)
      headers['x-run-id'] ??= headers['idempotency-key'] ?? headers['x-request-id'] ?? '';
    return headers;
  };
  const call: Transport = (call) =>
    layout.reach(call.name, async (address) => {
      call.signal.throwIfAborted();
      const event = eventOf(call, address, bearerText(token));
      const headers = alsoRun({ ...event.headers } as Record<string, string>);
      const context = { callId: call.requestId, signal: call.signal, isScrape: call.isScrape };
      const result = await host.call(nameIn(address), { ...event, headers }, context);
      return reaching(functionAnswerOf(result), call);
    });
  const direct: DirectTransport = (name, request, options, further) =>
    layout.reach(name, async (address) => {
      const { leaver: caller, requestId } = options;
      caller?.throwIfLeft();
      const { message } = request;
      const sent = request.inBytes();
      const headers = alsoRun(headersOf(options, sent, bearerText(token), further));
      // Run at once, a handler's own messages would come in place of those that were read from text.
      const asObject = withoutQueue && readsEach(sent) ? undefined : message;
      const event = {
        ...eventTo(pathIn(address), headers),
        body: bytesOf(sent.body),
        message: asObject,
      };
      const context = new DirectContext(requestId, caller, options);
      const result = await host.call(nameIn(address), event, context);
      return directAnswerOf(result, name, options);
    });
  return Object.assign(call, { directly: () => direct });
}

const JSON_TYPE = 'application/json';

/** The signal is made only for a function that asks for it. */
class DirectContext implements HostContext {
  readonly callId: string;
  readonly caller: Caller | undefined;
  private readonly options: CallOptions;

  constructor(callId: string, caller: Caller | undefined, options: CallOptions) {
    this.callId = callId;
    this.caller = caller;
    this.options = options;
  }

  get signal(): AbortSignal {
    return this.options.signal;
  }
}

/** The event a call becomes; the address `name/path` reaches the function as `/path`. */
export function eventOf(call: FunctionCall, address: string, token: string): FunctionEvent {
  const headers = headersOf(call, call, token, call.headers);
  return { ...eventTo(pathIn(address), headers), body: bytesOf(call.body) };
}

function bytesOf(body: FunctionCall['body']): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

function eventTo(path: string, headers: FunctionEvent['headers']) {
  return { method: 'POST', path, query: new URLSearchParams(), headers };
}

function nameIn(address: string): string {
  const slash = address.indexOf('/');
  return slash < 0 ? address : address.slice(0, slash);
}

function pathIn(address: string): string {
  const slash = address.indexOf('/');
  return slash < 0 ? '/' : address.slice(slash);
}

function headersOf(
  { requestId, idempotencyKey }: CallOptions,
  { contentType = JSON_TYPE, accept }: Pick<FunctionCall, 'contentType' | 'accept'>,
  token: string,
  further: FunctionCall['headers'],
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': contentType,
    accept,
    authorization: `Bearer ${token}`,
    'x-request-id': requestId,
    'x-call-id': requestId,
  };
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  return Object.assign(headers, further);
}

export function functionAnswerOf(result: FunctionResult): FunctionAnswer & PlatformAnswer {
  const { status = 200, headers = {}, body } = result;
  return {
    status,
    body: chunksOf(body),
    staleMs: staleMsOf(first(headers['x-stale-ms'])),
    // A body that is no text and no bytes leaves as JSON.
    contentType:
      first(headers['content-type']) ?? (body === null || isObject(body) ? JSON_TYPE : undefined),
    internal: first(headers['x-openfaas-internal']),
  };
}

function directAnswerOf(
  result: FunctionResult,
  name: string,
  options: CallOptions,
): DirectAnswer & PlatformAnswer {
  const answer = functionAnswerOf(result);
  const { body } = result;
  if (answer.contentType === OBJECTS_TYPE) {
    const messages = unbroken(body as AsyncIterable<object>, name, options);
    return Object.assign(answer, { messages });
  }
  if (isObject(body)) return Object.assign(answer, { message: body });
  return Object.assign(answer, { body: unbroken(answer.body, name, options) });
}

function reaching<A extends FunctionAnswer>(answer: A, call: FunctionCall): A {
  return { ...answer, body: unbroken(answer.body, call.name, call) };
}

/** What breaks off, as the thread that wrote it was lost or its time was up, did not answer. */
async function* unbroken<T>(body: AsyncIterable<T>, name: string, options: CallOptions) {
  try {
    yield* body;
  } catch (cause) {
    options.signal.throwIfAborted();
    throw unanswered(name, 'unknown', cause);
  }
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

function isObject(body: FunctionResult['body']): body is object {
  const isBytes = body instanceof Uint8Array;
  return typeof body === 'object' && body !== null && !isBytes && !isChunks(body);
}

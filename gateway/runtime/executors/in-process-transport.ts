/** Calls between functions that live in one process: the same handler interface, without a socket. */
import {
  isChunks,
  type CallContext,
  type FunctionEvent,
  type FunctionResult,
} from '#template/function.ts';
import {
  staleMsOf,
  type FunctionAnswer,
  type FunctionCall,
  type Transport,
} from '#shared/clients/functions-client.ts';
import { bearerText, type Bearer } from '#shared/clients/bearer.ts';
import { FunctionLayout, type PlatformAnswer } from '#shared/clients/function-layout.ts';
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
  return (call) =>
    layout.reach(call.name, async (address) => {
      call.signal.throwIfAborted();
      const event = eventOf(call, address, bearerText(token));
      const run = call.idempotencyKey ?? call.requestId;
      const headers = withoutQueue ? { 'x-run-id': run, ...event.headers } : event.headers;
      const [name = ''] = address.split('/');
      const context = { callId: call.requestId, signal: call.signal, isScrape: call.isScrape };
      return functionAnswerOf(await host.call(name, { ...event, headers }, context));
    });
}

/** The event a call becomes; the address `name/path` reaches the function as `/path`. */
export function eventOf(call: FunctionCall, address: string, token: string): FunctionEvent {
  const [, ...path] = address.split('/');
  return {
    method: 'POST',
    path: `/${path.join('/')}`,
    query: new URLSearchParams(),
    headers: {
      'content-type': 'application/json',
      accept: call.accept,
      authorization: `Bearer ${token}`,
      'x-request-id': call.requestId,
      'x-call-id': call.requestId,
      ...(call.idempotencyKey !== undefined && { 'idempotency-key': call.idempotencyKey }),
      ...call.headers,
    },
    body: Buffer.from(call.body),
  };
}

export function functionAnswerOf(result: FunctionResult): FunctionAnswer & PlatformAnswer {
  const { status = 200, headers = {}, body } = result;
  return {
    status,
    body: chunksOf(body),
    staleMs: staleMsOf(first(headers['x-stale-ms'])),
    // A body that is no text and no bytes leaves as JSON.
    contentType:
      first(headers['content-type']) ?? (isObject(body) ? 'application/json' : undefined),
    internal: first(headers['x-openfaas-internal']),
  };
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

function isObject(body: FunctionResult['body']): boolean {
  return typeof body === 'object' && !(body instanceof Uint8Array) && !isChunks(body);
}

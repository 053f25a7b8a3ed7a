/** Calls between functions that live in one process: the same door, without a socket. */
import type { CallContext, FunctionEvent, FunctionResult } from '#template/function.ts';
import {
  staleMsOf,
  type FunctionAnswer,
  type FunctionCall,
  type Transport,
} from '#shared/clients/functions-client.ts';
import { piecesOf } from './pieces.ts';

export interface Host {
  call(name: string, event: FunctionEvent, context: CallContext): Promise<FunctionResult>;
}

export interface InProcessOptions {
  /** Sent as bearer token. */
  readonly token: string;
  /**
   * Runs long operations at once instead of through their queue; for a host beside which nobody
   * works the queue.
   */
  readonly withoutQueue?: boolean;
}

export function inProcessTransport(
  host: Host,
  { token, withoutQueue = false }: InProcessOptions,
): Transport {
  return async (call) => {
    const event = eventOf(call, token);
    const run = call.idempotencyKey ?? call.requestId;
    const headers = withoutQueue ? { 'x-run-id': run, ...event.headers } : event.headers;
    const [name = ''] = call.name.split('/');
    const context = { callId: call.requestId, signal: call.signal };
    return answerOf(await host.call(name, { ...event, headers }, context));
  };
}

/** The event a call becomes; `name/path` reaches the function as `/path`. */
export function eventOf(call: FunctionCall, token: string): FunctionEvent {
  const [, ...path] = call.name.split('/');
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

export function answerOf(result: FunctionResult): FunctionAnswer {
  const staleMs = staleMsOf(result.headers?.['x-stale-ms']);
  return { status: result.status ?? 200, body: piecesOf(result.body), staleMs };
}

/** Reaching functions through a gateway over HTTP. */
import { unavailable } from '#shared/kernel/failure.ts';
import type { FunctionAnswer, FunctionCall, Transport } from './functions-client.ts';

/**
 * @param gateway base address, e.g. `http://127.0.0.1:8080`
 * @param token sent as bearer token; empty sends none
 */
export function httpTransport(gateway: string, token: string): Transport {
  const base = gateway.replace(/\/+$/, '');
  return async (call: FunctionCall): Promise<FunctionAnswer> => {
    const response = await fetch(`${base}/function/${call.name}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: call.accept,
        'x-request-id': call.requestId,
        ...(token && { authorization: `Bearer ${token}` }),
        ...(call.idempotencyKey && { 'idempotency-key': call.idempotencyKey }),
        ...call.headers,
      },
      body: call.body,
      signal: call.signal,
    }).catch((cause: unknown) => {
      call.signal.throwIfAborted();
      throw unavailable(`The function ${call.name}`, cause);
    });
    return { status: response.status, body: response.body ?? empty() };
  };
}

async function* empty(): AsyncGenerator<string> {
  // A body that is not there.
}

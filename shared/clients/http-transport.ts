/**
 * Calls functions through a gateway over HTTP. Uses node:http, because fetch gives up on an answer
 * that takes more than five minutes to begin, and a plan or a cycle may.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Failure } from '#shared/kernel/failure.ts';
import { bearerText, type Bearer } from './bearer.ts';
import { operationAt } from '#shared/contract/catalogue.ts';
import { afterColdStart } from './cold-start.ts';
import { FunctionLayout, type PlatformAnswer } from './function-layout.ts';
import {
  staleMsOf,
  type FunctionAnswer,
  type FunctionCall,
  type Transport,
} from './functions-client.ts';
import { unanswered } from './unanswered.ts';
import { untrustedText } from './untrusted-certificate.ts';

/**
 * @param gateway base address, e.g. `http://127.0.0.1:8080`
 * @param token sent as bearer token; empty sends none
 * @param ca PEM text of the CAs to trust; absent: those of Node, with NODE_EXTRA_CA_CERTS
 */
export function httpTransport(gateway: string, token: Bearer, ca?: string): Transport {
  const base = gateway.replace(/\/+$/, '');
  const secure = base.startsWith('https:');
  // Closes idle sockets, and only those, before servers do, so that no call is sent on a closing
  // one.
  const kept = { keepAlive: true, timeout: 3_000 };
  const agent = secure ? new HttpsAgent({ ...kept, ...(ca && { ca }) }) : new HttpAgent(kept);
  const open = secure ? httpsRequest : httpRequest;
  const layout = new FunctionLayout();
  const send = async (call: FunctionCall, path: string): Promise<IncomingMessage> => {
    const options = {
      method: 'POST',
      headers: headersOf(call, bearerText(token)),
      signal: call.signal,
      agent,
    };
    return new Promise<IncomingMessage>((resolve, reject) => {
      const sent = open(`${base}/function/${path}`, options, resolve);
      sent.once('error', reject);
      sent.end(call.body);
    }).catch((cause: unknown) => refuse(call, cause, base));
  };
  return async (call: FunctionCall): Promise<FunctionAnswer> => {
    call.signal.throwIfAborted();
    return layout.reach(call.name, (path) =>
      afterColdStart(isRepeatable(call), call.signal, async () => {
        const response = await send(call, path);
        const { inJson } = call;
        if (!inJson || takes(call, response)) return answerOf(response, call, base);
        response.resume();
        const text = { ...call, body: inJson(), contentType: undefined };
        return answerOf(await send(text, path), call, base);
      }),
    );
  };
}

/**
 * A function that takes only JSON refuses what is none, and does nothing for it; one that takes protobuf, too, says so when it
 * refuses a request.
 */
function takes({ contentType }: FunctionCall, { statusCode, headers }: IncomingMessage): boolean {
  const isRefused = statusCode === 400 || statusCode === 415;
  if (contentType === undefined || !isRefused) return true;
  return String(headers['accept-post'] ?? '').includes(contentType);
}

/** Reads, and calls whose repetition a function recognises. */
function isRepeatable({ name, idempotencyKey, headers }: FunctionCall): boolean {
  const [single = '', ...rest] = name.split('/');
  // A readiness check asks for the current state, so it is not retried.
  if (rest.length > 0) return false;
  if (idempotencyKey || headers?.['x-run-id'] !== undefined) return true;
  return operationAt(single, '/')?.operation.effect === 'reads';
}

function answerOf(
  response: IncomingMessage,
  call: FunctionCall,
  base: string,
): FunctionAnswer & PlatformAnswer {
  const { statusCode: status = 0, headers } = response;
  const internal = headers['x-openfaas-internal'];
  return {
    status,
    body: chunks(response, call, base),
    staleMs: staleMsOf(headers['x-stale-ms']),
    contentType: headers['content-type'],
    internal: Array.isArray(internal) ? internal[0] : internal,
    drop: () => void response.resume(),
  };
}

function headersOf(call: FunctionCall, token: string): Record<string, string> {
  return {
    'content-type': call.contentType ?? 'application/json',
    'content-length': String(Buffer.byteLength(call.body)),
    accept: call.accept,
    'x-request-id': call.requestId,
    ...(token && { authorization: `Bearer ${token}` }),
    ...(call.idempotencyKey && { 'idempotency-key': call.idempotencyKey }),
    ...call.headers,
  };
}

async function* chunks(
  response: IncomingMessage,
  call: FunctionCall,
  base: string,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Uint8Array;
  } catch (cause) {
    refuse(call, cause, base);
  }
}

/**
 * The caller's own abort is rethrown; everything else means that the function became unreachable.
 */
function refuse(call: FunctionCall, cause: unknown, base: string): never {
  call.signal.throwIfAborted();
  const untrusted = untrustedText(cause, base);
  if (untrusted === undefined) throw unanswered(call.name, wasSent(cause), cause);
  const facts = { what: `The function ${call.name}`, sent: 'no', untrusted };
  throw new Failure('UNAVAILABLE', untrusted, facts, cause);
}

const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Whether a failed call had reached the other side, by the socket error. */
function wasSent(cause: unknown): 'no' | 'unknown' {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return code !== undefined && NEVER_CONNECTED.has(code) ? 'no' : 'unknown';
}

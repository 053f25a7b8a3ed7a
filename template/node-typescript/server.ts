/**
 * The HTTP server of a handler: converts requests to events, and results to responses. The same
 * server runs in a container and in a host of many functions.
 *
 * `GET /_/health` answers while the process lives, `GET /_/ready` when the handler could work now.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Caller } from './caller.ts';
import {
  callBy,
  inEnvironment,
  type CallContext,
  type FunctionContext,
  type FunctionEvent,
  type FunctionHandler,
  type FunctionResult,
  type FunctionEnvironment,
} from './function.ts';
import { send } from './sending.ts';
import { mounted } from './function-environment.ts';

export interface EndpointOptions {
  readonly bodyBytesMax: number;
  readonly shared?: unknown;
  /** Of a container, unless given. */
  readonly functionEnvironment?: FunctionEnvironment;
  /** Headers of the platform, on every answer; the call's id among them names it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the process goes on with work after the answer. */
  readonly detach?: CallContext['detach'];
}

export const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** How long a caller that is still sending may go on, so that it reads the refusal. */
const LINGER_MS = 1_000;

/**
 * Answers every path and method with the handler; what Node's servers and supertest take.
 * @public the tests of a function use it
 */
export function requestListener(
  handler: FunctionHandler,
  options: Partial<EndpointOptions> = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) =>
    void answer(handler, request, response, request.url ?? '/', {
      bodyBytesMax: BODY_BYTES_MAX,
      ...options,
    });
}

/**
 * Answers one request with a handler.
 * @param url the path and query as the function shall see them
 */
export async function answer(
  handler: FunctionHandler,
  request: IncomingMessage,
  response: ServerResponse,
  url: string,
  options: EndpointOptions,
): Promise<void> {
  const startedAt = performance.now();
  const caller = new Caller();
  response.on('close', () => {
    if (!response.writableFinished) caller.leave();
  });
  const { shared, functionEnvironment = mounted(), headers, detach } = options;
  const callId = headers?.['x-call-id'] ?? header(request, 'x-call-id') ?? randomUUID();
  const context = inEnvironment(callBy(callId, caller, detach), functionEnvironment, shared);
  const body = await readBody(request, options.bodyBytesMax);
  if (body === GONE) return void response.destroy();
  const result =
    body === TOO_LARGE ? undefined : await invoke(handler, eventOf(request, url, body), context);
  if (response.destroyed) return;
  const platform = {
    ...headers,
    'x-call-id': callId,
    'x-request-id': header(request, 'x-request-id') ?? callId,
    'x-duration-seconds': ((performance.now() - startedAt) / 1000).toFixed(6),
  };
  if (body === TOO_LARGE) return refuse(request, response, options.bodyBytesMax, platform);
  await send(response, result, platform);
}

function eventOf(request: IncomingMessage, url: string, body: Buffer): FunctionEvent {
  const mark = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    // Unchanged: nothing is decoded, so that a function sees what its caller wrote.
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? new URLSearchParams() : new URLSearchParams(url.slice(mark)),
    headers: plainHeaders(request),
    body,
  };
}

/** Calls a handler, or answers on the host's two paths. Never throws. */
export async function invoke(
  handler: FunctionHandler,
  event: FunctionEvent,
  context: FunctionContext,
): Promise<FunctionResult> {
  try {
    if (event.path === '/_/health') return { body: 'OK' };
    if (event.path === '/_/ready') return await readiness(handler, context);
    return await handler(event, context);
  } catch {
    return failure(500, 'BUG', 'The function failed.');
  }
}

async function readiness(
  handler: FunctionHandler,
  context: FunctionContext,
): Promise<FunctionResult> {
  try {
    await handler.ready?.(context);
    return { body: 'OK' };
  } catch (thrown) {
    return { status: 503, body: thrown instanceof Error ? thrown.message : 'not ready' };
  }
}

const GONE = Symbol('gone');
const TOO_LARGE = Symbol('too large');
const NOTHING = Buffer.alloc(0);

/** What is too large is left unread. */
function readBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Buffer | typeof TOO_LARGE | typeof GONE> {
  if (Number(request.headers['content-length']) > bytesMax) return Promise.resolve(TOO_LARGE);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= bytesMax) return void chunks.push(chunk);
      request.off('data', take).pause();
      resolve(TOO_LARGE);
    };
    request.on('data', take);
    request.on('end', () => {
      const [first = NOTHING] = chunks;
      resolve(chunks.length > 1 ? Buffer.concat(chunks) : first);
    });
    // The caller went away in the middle of the request. Its error is thrown only where somebody listens for it.
    request.on('close', () => {
      if (!request.complete) resolve(GONE);
    });
  });
}

/**
 * Answers while the caller is still sending, and closes the connection. It is closed when the caller
 * has read the answer or some time is over: closed at once, it would take the answer with it.
 */
async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  bytesMax: number,
  platform: Readonly<Record<string, string>>,
): Promise<void> {
  const body = JSON.stringify({
    code: 'TOO_LARGE',
    message: `The body is over ${bytesMax} bytes, which is the limit.`,
  });
  response.shouldKeepAlive = false;
  response.writeHead(413, {
    ...platform,
    'x-openfaas-internal': 'faas-middleware',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.write(body);
  request.resume();
  const over = AbortSignal.timeout(LINGER_MS);
  if (!request.complete) await once(request, 'close', { signal: over }).catch(() => undefined);
  response.end();
}

function failure(status: number, code: string, message: string): FunctionResult {
  return { status, body: { code, message } };
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && /^[\w.:-]{1,128}$/.test(value) ? value : undefined;
}

/** Node joins repeated headers itself, all but one kind of them. */
function plainHeaders({ headers }: IncomingMessage): Record<string, string | undefined> {
  const { 'set-cookie': cookies } = headers;
  if (cookies === undefined) return headers as Record<string, string | undefined>;
  return { ...(headers as Record<string, string>), 'set-cookie': cookies.join(', ') };
}

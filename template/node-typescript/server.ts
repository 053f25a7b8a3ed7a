/**
 * The door in front of a handler: socket to event, result to socket. The same door stands in a
 * container and in a host of many functions.
 *
 * `GET /_/health` answers while the process lives, `GET /_/ready` when the handler could work now.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isPieces } from './function.ts';
import type {
  FunctionContext,
  FunctionEvent,
  FunctionHandler,
  FunctionResult,
  Surroundings,
} from './function.ts';
import { mounted } from './surroundings.ts';

export interface DoorOptions {
  readonly bodyBytesMax: number;
  readonly shared?: unknown;
  /** Of a container, unless given. */
  readonly surroundings?: Surroundings;
}

export const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** Answers every path and method with the handler; what Node's servers and supertest take. */
export function door(
  handler: FunctionHandler,
  options: Partial<DoorOptions> = {},
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
  options: DoorOptions,
): Promise<void> {
  const startedAt = performance.now();
  const left = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) left.abort();
  });
  const callId = header(request, 'x-call-id') ?? randomUUID();
  const { shared, surroundings = mounted() } = options;
  const context: FunctionContext = { callId, signal: left.signal, shared, ...surroundings };
  response.setHeader('x-call-id', callId);
  response.setHeader('x-request-id', header(request, 'x-request-id') ?? callId);
  const result = await resultOf(handler, request, url, context, options.bodyBytesMax).catch(
    // Only reading can fail here: the caller went away in the middle of the request.
    () => undefined,
  );
  if (result === undefined) return void response.destroy();
  const seconds = (performance.now() - startedAt) / 1000;
  response.setHeader('x-duration-seconds', seconds.toFixed(6));
  await send(response, result).catch(() => spoil(response));
}

/** For a result that cannot be sent: a circular body, a header that is none. */
function spoil(response: ServerResponse): void {
  if (response.headersSent) return void response.destroy();
  response.statusCode = 500;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ code: 'BUG', message: 'The function failed.' }));
}

async function resultOf(
  handler: FunctionHandler,
  request: IncomingMessage,
  url: string,
  context: FunctionContext,
  bodyBytesMax: number,
): Promise<FunctionResult> {
  const { pathname, searchParams } = new URL(url, 'http://function');
  const body = await readBody(request, bodyBytesMax);
  if (body === undefined)
    return failure(413, 'TOO_LARGE', `The body is over ${bodyBytesMax} bytes.`);
  const event: FunctionEvent = {
    method: request.method ?? 'GET',
    path: pathname,
    query: searchParams,
    headers: plainHeaders(request),
    body,
  };
  return invoke(handler, event, context);
}

/** Calls a handler, or answers for it on the two paths that are the host's. Never throws. */
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

/** @returns undefined when the body is too large; the rest of it is then left unread */
async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bytesMax) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function send(response: ServerResponse, result: FunctionResult): Promise<void> {
  const { status = 200, headers = {}, body } = result;
  if (response.destroyed) return;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (isPieces(body)) return stream(response, body);
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    if (!response.hasHeader('content-type') && typeof body === 'string')
      response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end(body);
    return;
  }
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

async function drained(response: ServerResponse): Promise<void> {
  const either = new AbortController();
  const { signal } = either;
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  // The one that did not come is no longer listened for.
  either.abort();
}

/** Writes pieces as they come, and waits while the caller reads slowly. */
async function stream(
  response: ServerResponse,
  pieces: AsyncIterable<string | Uint8Array>,
): Promise<void> {
  try {
    for await (const piece of pieces) {
      if (response.destroyed) return;
      if (!response.write(piece)) await drained(response);
    }
    response.end();
  } catch {
    // The head is out; all that is left is to show that the body is not whole.
    response.destroy();
  }
}

function failure(status: number, code: string, message: string): FunctionResult {
  return { status, body: { code, message } };
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && /^[\w.:-]{1,128}$/.test(value) ? value : undefined;
}

function plainHeaders(request: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}

/** Puts the result of a call on its socket. Whatever cannot be sent becomes a 500. */
import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { isChunks, type FunctionResult } from './function.ts';

/** By lower-case name. */
export type ResponseHeaders = Record<string, string | readonly string[]>;

const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';
const JSON_TYPE = 'application/json';
const STATUS_MIN = 200;
/** Hop-by-hop headers: a function cannot set them for the next connection. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * @param result undefined, which a handler of untyped code may answer, cannot be sent either
 * @param platform headers to send beside those of the result, which win where they are the same
 */
export async function send(
  response: ServerResponse,
  result: FunctionResult | undefined,
  platform: Readonly<ResponseHeaders>,
): Promise<void> {
  try {
    if (!result) throw new TypeError('the handler answered nothing');
    await put(response, result, { ...platform });
  } catch {
    release(result?.body);
    sendBrokenResult(response, platform);
  }
}

/** @returns a promise only for what takes its time */
function put(
  response: ServerResponse,
  { status = 200, headers: given, body }: FunctionResult,
  headers: ResponseHeaders,
): Promise<void> | undefined {
  // Below this status an answer is informational, and the caller waits for the final one.
  if (status < STATUS_MIN) throw new RangeError(`${status} is no status of an answer`);
  take(headers, given);
  if (isChunks(body)) {
    headers['content-type'] ??= BYTES;
    if (!isRequested(response, status)) release(body);
    else return stream(response, status, headers, body);
  }
  const bytes = bytesOf(response, status, headers, body);
  response.writeHead(status, headers as OutgoingHttpHeaders);
  response.end(bytes);
  return undefined;
}

/** Those that end at this hop stay behind, and so do those that their `Connection` names. */
function take(headers: ResponseHeaders, given: FunctionResult['headers']): void {
  let ending: unknown;
  for (const name in given) {
    const value = given[name];
    const lower = name.toLowerCase();
    if (lower === 'connection') ending = value;
    if (value !== undefined && !HOP_BY_HOP.has(lower)) headers[lower] = value;
  }
  if (ending === undefined) return;
  for (const name of String(ending).toLowerCase().split(',')) delete headers[name.trim()];
}

/** Whether a body belongs to the answer at all. */
function isRequested(response: ServerResponse, status: number): boolean {
  return status !== 204 && status !== 304 && response.req.method !== 'HEAD';
}

/** What goes over the wire; its kind and its true length are written into the headers. */
function bytesOf(
  response: ServerResponse,
  status: number,
  headers: ResponseHeaders,
  body: unknown,
): string | Uint8Array | undefined {
  if (status === 204) delete headers['content-length'];
  if (status === 204 || status === 304) return undefined;
  // For HEAD the length of a stream is not known.
  if (isChunks(body)) return undefined;
  if (body === undefined) {
    if (isRequested(response, status)) headers['content-length'] = '0';
    return undefined;
  }
  const isBytes = body instanceof Uint8Array;
  const bytes = typeof body === 'string' || isBytes ? body : JSON.stringify(body);
  headers['content-type'] ??= typeof body === 'string' ? TEXT : isBytes ? BYTES : JSON_TYPE;
  headers['content-length'] = String(Buffer.byteLength(bytes));
  return bytes;
}

/** Writes chunks as they come, and waits while the caller reads slowly. */
async function stream(
  response: ServerResponse,
  status: number,
  headers: ResponseHeaders,
  chunks: AsyncIterable<string | Uint8Array>,
): Promise<void> {
  // A declared length must be met, or the next answer would be read as the rest of this one.
  response.strictContentLength = true;
  response.writeHead(status, headers as OutgoingHttpHeaders);
  response.flushHeaders();
  try {
    for await (const chunk of chunks) {
      if (response.destroyed) return;
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  } catch {
    // The head has been sent; the connection is cut to show that the body is incomplete.
    response.destroy();
  }
}

async function drained(response: ServerResponse): Promise<void> {
  const either = new AbortController();
  const { signal } = either;
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  // The one that did not come is no longer listened for.
  either.abort();
}

/** Closes a stream that will not be read. */
function release(body: unknown): void {
  if (!isChunks(body)) return;
  void Promise.resolve(body[Symbol.asyncIterator]().return?.()).catch(() => undefined);
}

/** For a result that cannot be sent: a circular body, a header or a status that is none. */
function sendBrokenResult(response: ServerResponse, platform: Readonly<ResponseHeaders>): void {
  if (response.headersSent) return void response.destroy();
  const body = JSON.stringify({ code: 'BUG', message: 'The function failed.' });
  const length = String(Buffer.byteLength(body));
  const headers = { ...platform, 'content-type': JSON_TYPE, 'content-length': length };
  // Resets the status message, too: Node keeps that of the status that could not be sent.
  response.writeHead(500, 'Internal Server Error', headers as OutgoingHttpHeaders);
  response.end(body);
}

/** Headers the gateway adds to a call and its answer, and those that end at this hop. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { isSafeId } from '#shared/kernel/identifiers.ts';
import { HOP_BY_HOP } from '#template/sending.ts';

/** Further request headers that are meant for the next hop only. */
export const ENDING_HERE: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'proxy-authorization']);

const CALL_ID = /^[\w.:-]{1,128}$/;

/**
 * Names and times the call: `X-Call-Id` (kept when well formed, and always answered), and
 * `X-Start-Time` in Unix nanoseconds, on the request as on the answer.
 * @returns the headers of the answer
 */
export function nameCall(request: IncomingMessage, servedBy: string): Record<string, string> {
  const given = request.headers['x-call-id'];
  const callId = typeof given === 'string' && CALL_ID.test(given) ? given : randomUUID();
  const startTime = `${Date.now()}000000`;
  request.headers['x-call-id'] = callId;
  request.headers['x-start-time'] = startTime;
  return {
    'x-call-id': callId,
    'x-request-id': requestIdOf(request) ?? callId,
    'x-start-time': startTime,
    'x-served-by': servedBy,
  };
}

/** The caller's own id for the request, where it is one. */
function requestIdOf(request: IncomingMessage): string | undefined {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && isSafeId(given) ? given : undefined;
}

/** Every answer has the caller's request id or one of ours, also when the gateway answers. */
export function nameRequest(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  response.setHeader('x-request-id', requestIdOf(request) ?? randomUUID());
  next();
}

/** What a connection's header names beside the two words that nearly all have. */
function namedIn(connection: string | undefined): readonly string[] | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close')
    return undefined;
  return connection
    .toLowerCase()
    .split(',')
    .map((one) => one.trim());
}

/** Sets the forwarding headers, and drops hop-by-hop headers. */
export function forwardHeaders(request: IncomingMessage): void {
  const { headers } = request;
  const named = namedIn(headers.connection);
  const forwarded: IncomingHttpHeaders = {};
  for (const name in headers)
    if (!ENDING_HERE.has(name) && !named?.includes(name)) forwarded[name] = headers[name];
  const peer = request.socket.remoteAddress ?? 'unknown';
  const before = headers['x-forwarded-for'];
  forwarded['x-forwarded-for'] = before === undefined ? peer : `${String(before)}, ${peer}`;
  forwarded['x-forwarded-host'] ??= headers.host;
  // Ours; the caller's own value is ignored.
  forwarded['x-call-id'] = headers['x-call-id'];
  forwarded['x-start-time'] = headers['x-start-time'];
  request.headers = forwarded;
}

/** Headers the gateway adds to a call and its answer, and those that end at this hop. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isSafeId } from '#shared/kernel/identifiers.ts';

export const HOP_BY_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

const CALL_ID = /^[\w.:-]{1,128}$/;

/**
 * Names and times the call: `X-Call-Id` (kept when well formed, and always answered), and
 * `X-Start-Time` in Unix nanoseconds, on the request as on the answer.
 * @returns the call id
 */
export function stampCall(
  request: IncomingMessage,
  response: ServerResponse,
  servedBy: string,
): string {
  const given = request.headers['x-call-id'];
  const callId = typeof given === 'string' && CALL_ID.test(given) ? given : randomUUID();
  const startTime = String(BigInt(Date.now()) * 1_000_000n);
  request.headers['x-call-id'] = callId;
  request.headers['x-start-time'] = startTime;
  response.setHeader('x-call-id', callId);
  response.setHeader('x-request-id', requestIdOf(request) ?? callId);
  response.setHeader('x-start-time', startTime);
  response.setHeader('x-served-by', servedBy);
  return callId;
}

/** The caller's own id for the request, where it is one. */
export function requestIdOf(request: IncomingMessage): string | undefined {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && isSafeId(given) ? given : undefined;
}

/** Every answer carries the caller's request id or one of ours, whoever makes the answer. */
export function nameRequest(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  response.setHeader('x-request-id', requestIdOf(request) ?? randomUUID());
  next();
}

/** Says for whom the call is forwarded, and drops what was meant for this hop only. */
export function forwardHeaders(request: IncomingMessage): void {
  const { headers } = request;
  const peer = request.socket.remoteAddress ?? 'unknown';
  const before = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before === undefined ? peer : `${String(before)}, ${peer}`;
  headers['x-forwarded-host'] ??= headers.host;
  for (const name of HOP_BY_HOP) delete headers[name];
}

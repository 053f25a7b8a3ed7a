/** The W3C trace context header: which trace a call belongs to. https://www.w3.org/TR/trace-context */
import { createHash } from 'node:crypto';
import { traceIdOf } from '#shared/process/tracing/tracing.ts';

const WELL_FORMED = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACE_ID_DIGITS = 32;

/** Gateway and function of a process read the same header, one after the other. */
let lastWellFormed: string | undefined;

/** @returns the header where it is well formed; anything else is dropped, as the standard asks */
export function readTraceparent(header: string | undefined): string | undefined {
  if (header === undefined || header === lastWellFormed) return header;
  if (!WELL_FORMED.test(header)) return undefined;
  lastWellFormed = header;
  return header;
}

/**
 * The trace id of the lines of a call. Without a trace it is derived from the request id, which every process of a call
 * knows, so that their lines agree.
 */
export function traceIdFor(requestId: string, traceparent: string | undefined): string {
  return traceIdOf(traceparent) ?? derived(requestId);
}

/** The trace of a call for the lines about it, from its headers. */
export function traceFacts(headers: Readonly<Record<string, string | undefined>>): {
  readonly traceId?: string | undefined;
} {
  const traceId = traceIdOf(readTraceparent(headers['traceparent']));
  return traceId === undefined ? {} : { traceId };
}

function derived(requestId: string): string {
  return createHash('sha256').update(requestId).digest('hex').slice(0, TRACE_ID_DIGITS);
}

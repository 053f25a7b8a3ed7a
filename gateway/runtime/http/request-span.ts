/** The span of an HTTP request, from its arrival to the end of the answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  isTracing,
  startSpan,
  type Span,
  type SpanOptions,
} from '#shared/process/tracing/tracing.ts';
import { readTraceparent } from '#shared/runtime/traceparent.ts';

/** What proxies write for a call whose connection ended before the answer began. */
const NOT_ANSWERED = 499;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Does the work of a request; what it calls gets the span as its parent. */
export function inCallSpan(
  request: IncomingMessage,
  response: ServerResponse,
  work: () => void,
): void {
  if (!isTracing()) return work();
  const given = request.headers['traceparent'];
  const parent = readTraceparent(typeof given === 'string' ? given : given?.[0]);
  const span = startSpan(
    () => nameOf(request),
    () => optionsOf(request),
    parent,
  );
  if (!span) return work();
  request.headers['traceparent'] = span.traceparent;
  if (!span.isRecorded) return work();
  response.once('close', () => end(span, response));
  work();
}

function nameOf(request: IncomingMessage): string {
  return `${methodOf(request)} ${routeOf(request)}`;
}

function optionsOf(request: IncomingMessage): SpanOptions {
  return {
    kind: 'server',
    attributes: {
      'http.request.method': methodOf(request),
      'http.route': routeOf(request),
      'url.scheme': 'http',
    },
  };
}

function methodOf({ method = '' }: IncomingMessage): string {
  return METHODS.has(method) ? method : '_OTHER';
}

/** The route, never the path: what follows a function's name is its caller's text. */
function routeOf({ url = '/' }: IncomingMessage): string {
  const [, first = '', second = ''] = url.split(/[/?#]/);
  const isFunction = first === 'function' || first === 'async-function';
  if (isFunction) return `/${first}/{name}`;
  return first === 'system' && /^[a-z-]+$/.test(second) ? `/system/${second}` : `/${first}`;
}

function end(span: Span, response: ServerResponse): void {
  const status = response.headersSent ? response.statusCode : NOT_ANSWERED;
  span.set({ 'http.response.status_code': status });
  if (status >= 500) span.fail(String(status));
  span.end();
}

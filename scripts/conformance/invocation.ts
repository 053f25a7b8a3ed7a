import type { Section } from './conformance-row.ts';

export const invocation: Section = {
  title: 'Synchronous invocation',
  rows: [
    {
      number: 68,
      level: 'F',
      behaviour: 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS reach the function',
    },
    {
      number: 69,
      level: 'F',
      behaviour: 'TRACE/CONNECT/unknown → 405',
    },
    {
      number: 70,
      level: 'M',
      behaviour: '`/function/NAME.openfaas-fn` is the same function',
    },
    {
      number: 71,
      level: 'F',
      behaviour: 'other namespace suffix → 404',
    },
    {
      number: 72,
      level: 'M',
      behaviour: 'unknown function → 404 with text',
      faasdCe:
        'With `scale_from_zero` off it is 503 `No endpoints available for: NAME.` With it 404 also for every function while the provider is away; callers of ours take it for an outage.',
    },
    {
      number: 73,
      level: 'F',
      behaviour: 'sub-path and query pass unchanged',
    },
    {
      number: 74,
      level: 'F',
      behaviour: 'trailing slash handled; no redirect on POST',
    },
    {
      number: 75,
      level: 'D',
      behaviour: 'percent-encoding preserved (`%20 %2F %3F %25`)',
      faasdCe: '`%3F` becomes a real `?`, and a literal `%25xx` drops the connection.',
      here: 'Nothing of the path is decoded; one with `//`, `.` or `..` in it is sent to the path it means with 301, as Go’s router does.',
    },
    {
      number: 76,
      level: 'F',
      behaviour:
        'status, headers, body of the function returned unchanged, incl. 204, 301, 418, 500',
      here: 'A status below 200 is none of an answer, and a result that cannot be sent neither: 500.',
    },
    {
      number: 77,
      level: 'F',
      behaviour: 'redirects are not followed',
    },
    {
      number: 78,
      level: 'F',
      behaviour: 'repeated response headers kept (two Set-Cookie)',
    },
    {
      number: 79,
      level: 'D',
      behaviour: 'hop-by-hop headers removed both ways',
      faasdCe: 'Of the function’s response they are passed on.',
      here: 'Those that `Connection` names go too; what the gateway adds to the call stays.',
    },
    {
      number: 80,
      level: 'F',
      behaviour: 'X-Call-Id created (UUID) when absent: in request and response',
    },
    {
      number: 81,
      level: 'D',
      behaviour: 'X-Call-Id kept when given; **also returned**',
      faasdCe: 'Kept, and not returned.',
      here: 'Kept where it is 1 to 128 letters, digits or `_ . : -`, so that it may stand in a log line; any other is replaced.',
    },
    {
      number: 82,
      level: 'D',
      behaviour: 'X-Start-Time = Unix ns, in request and response, one value only',
      faasdCe: 'Appended: after a second hop there are two values.',
    },
    {
      number: 83,
      level: 'F',
      behaviour: 'X-Forwarded-For, X-Forwarded-Host present; given ones appended/kept sensibly',
      faasdCe: 'The peer is written with its port and not appended to a given X-Forwarded-For.',
      here: 'The peer is appended without its port; a given X-Forwarded-Host stays.',
    },
    {
      number: 84,
      level: 'F',
      behaviour: 'X-Duration-Seconds in the response',
    },
    {
      number: 85,
      level: 'F',
      behaviour: 'Content-Type of the function kept; absent → predictable default',
      faasdCe: 'The Content-Type of the request, else text/plain.',
      here: 'Text is `text/plain; charset=utf-8`, bytes and streams are `application/octet-stream`, all else is `application/json`; no body has no type.',
    },
    {
      number: 86,
      level: 'F',
      behaviour: 'binary body round trip, byte-identical, 5 MB',
      faasdCe: 'No limit of its own; the official template stops at 100 kB.',
      here: 'Up to `GATEWAY_BODY_BYTES_MAX`, 8 MiB unless set.',
    },
    {
      number: 87,
      level: 'F',
      behaviour: 'chunked request without Content-Length accepted by functions',
    },
    {
      number: 88,
      level: 'F',
      behaviour: 'empty body accepted on POST',
    },
    {
      number: 89,
      level: 'F',
      behaviour: "gzip'd response passes through or is decoded consistently with headers",
      faasdCe: 'Asks for gzip itself where the caller does not, and decodes it.',
      here: 'Passed through: nothing is asked for or decoded on the way.',
    },
    {
      number: 90,
      level: 'D',
      behaviour: 'oversize body → 413 from the limit configured, not a crash',
      faasdCe: 'No limit of its own; the official template stops at 100 kB.',
      here: '`GATEWAY_BODY_BYTES_MAX`. The answer names the limit, has `X-OpenFaaS-Internal: faas-middleware`, and closes the connection.',
    },
    {
      number: 91,
      level: 'F',
      behaviour: 'Accept: text/event-stream flushes each event',
      faasdCe: 'An error of the function becomes an empty 200.',
      here: 'Every stream is flushed chunk by chunk, whatever Accept says; one that breaks ends the connection.',
    },
    {
      number: 92,
      level: 'F',
      behaviour: 'exec timeout → 504 and `X-OpenFaaS-Internal`',
      here: '504 without a body, by `of-watchdog`. A stream is cut off; a thread that stays busy is terminated.',
    },
    {
      number: 93,
      level: 'F',
      behaviour: 'function killed mid-call → 500/502 with `X-OpenFaaS-Internal`; next call works',
      here: '500 by `proxy`, also where a function on the host’s own thread calls `process.exit`, which is refused there.',
    },
    {
      number: 94,
      level: 'F',
      behaviour: 'max_inflight=1, two calls → one 200, one 429',
    },
    {
      number: 95,
      level: 'D',
      behaviour: "client abort cancels the handler's signal",
      faasdCe: 'The official template has no signal.',
    },
    {
      number: 96,
      level: 'D',
      behaviour: 'handler rejects → 500 (official template: 200)',
      faasdCe: '200 from the official template.',
    },
    {
      number: 97,
      level: 'D',
      behaviour: 'handler throws synchronously → 500, process alive',
      faasdCe: 'With the official template 500 as HTML, or the process ends (node20).',
      here: 'JSON that says nothing of the reason, which the function’s log has.',
    },
    {
      number: 98,
      level: 'D',
      behaviour: 'first call after deploy or restart never fails with "connection refused"',
      faasdCe: 'The watchdog counts as healthy before its child listens; calls until then are 500.',
      here: 'A function is loaded before it takes its place.',
    },
  ],
};

import type { Section } from './conformance-row.ts';

export const container: Section = {
  title: 'Runtime contract inside the container',
  rows: [
    {
      number: 114,
      level: 'F',
      behaviour: 'listens on 8080 (env `port`)',
    },
    {
      number: 115,
      level: 'F',
      behaviour: '/_/health 200 only when able to serve; 503 after SIGTERM',
      faasdCe:
        'of-watchdog says healthy before the function listens, so first calls may get 500; faasd does not ask.',
    },
    {
      number: 116,
      level: 'F',
      behaviour: '/_/ready 200, 429 at max_inflight, 503 stopping; honours ready_path',
      faasdCe: 'Nothing there asks for it.',
    },
    {
      number: 117,
      level: 'O',
      behaviour:
        ':8081/metrics with http_requests_total, http_request_duration_seconds, http_requests_in_flight',
    },
    {
      number: 118,
      level: 'F',
      behaviour:
        'env read_timeout, write_timeout, exec_timeout, healthcheck_interval, max_inflight accept `10`, `10s`, `1m`',
      here: 'healthcheck_interval is 1s unless set (of-watchdog: write_timeout), so that a drain ends before the platform kills; a text that is no duration ends the start instead of counting as the default.',
    },
    {
      number: 119,
      level: 'F',
      behaviour: 'SIGTERM: running call finishes; exit 0 after drain; ≤ 30 s',
      here: 'Calls that outlast grace_period (30s, as on faasd) are cut off a second before the kill, with code 1.',
    },
    {
      number: 120,
      level: 'D',
      behaviour: 'unhandled rejection does not stop other calls; fatal exit is non-zero',
      faasdCe:
        'The official template answers 200 to a rejection; of-watchdog stays up without its function when that exits with 0.',
    },
    {
      number: 121,
      level: 'F',
      behaviour: 'works as non-root, without CAP_CHOWN, writes nothing but /tmp',
    },
    {
      number: 122,
      level: 'F',
      behaviour: 'secrets from /var/openfaas/secrets/NAME, trailing newline trimmed by helper',
    },
    {
      number: 123,
      level: 'O',
      behaviour: 'one log line per call with call id, status, duration; ≤ 4 KB; no colour',
      faasdCe: 'A line of text, with the call id only if log_callid is set.',
    },
    {
      number: 124,
      level: 'O',
      behaviour:
        'lock file /tmp/.lock written when ready, removed on SIGTERM (`suppress_lock` off)',
      faasdCe: 'Written before the function listens.',
    },
    {
      number: 125,
      level: 'F',
      behaviour:
        'handler signature `(event, context)` with body, headers, method, query, path; status(), headers(), succeed(), fail()',
      here: 'A rejection is 500 and not 200, an object is application/json and not text/html, an error is never HTML; docs/develop/template.md has the list.',
    },
    {
      number: 126,
      level: 'F',
      behaviour: 'RAW_BODY, MAX_JSON_SIZE, MAX_RAW_SIZE honoured',
      here: 'MAX_RAW_SIZE holds for every body but JSON (officially 100kb for text and forms, not to be changed); unset: 8 MB.',
    },
    {
      number: 127,
      level: 'F',
      behaviour:
        '`mode`, `upstream_url`, `fprocess`, `prefix_logs`, `cgi_headers` set by an old Dockerfile do no harm',
    },
  ],
};

/** The settings of calls that nobody waits for. */
import { hosts } from './access-parsers.ts';
import { between } from './number-parsers.ts';
import { row } from './setting-row.ts';

export const asyncRows = {
  asyncBodyBytesMax: row(
    'ASYNC_BODY_BYTES_MAX',
    '256000',
    'largest body of a call that is queued with /async-function',
    between(1_000, 4_194_304),
  ),
  asyncWaitingBytesMax: row(
    'ASYNC_WAITING_BYTES_MAX',
    '67108864',
    'what queued calls may take in Redis together; beyond that a call is answered 429',
    between(1_000_000, 1_073_741_824),
  ),
  asyncDeadBytesMax: row(
    'ASYNC_DEAD_BYTES_MAX',
    '16777216',
    'what dead letters may take in Redis; beyond that the oldest are dropped',
    between(1_000_000, 1_073_741_824),
  ),
  asyncCallbackHosts: row(
    'ASYNC_CALLBACK_HOSTS',
    'none',
    'hosts an X-Callback-Url may name beside this machine, separated by comma',
    hosts,
  ),
} as const;

import type { Section } from './conformance-row.ts';

export const asyncInvocation: Section = {
  title: 'Asynchronous invocation',
  rows: [
    {
      number: 99,
      level: 'M',
      behaviour: 'POST /async-function/NAME → 202, empty body, X-Call-Id',
    },
    {
      number: 100,
      level: 'F',
      behaviour: 'sub-path and query kept',
    },
    { number: 101, level: 'F', behaviour: 'GET etc. → 405' },
    { number: 102, level: 'F', behaviour: 'async off → 404' },
    {
      number: 103,
      level: 'D',
      behaviour: 'unknown function: 202 in CE; 404 is friendlier',
      faasdCe: '202 for any name; the call is lost when it is carried out.',
    },
    {
      number: 104,
      level: 'D',
      behaviour: 'body over the limit → error naming it (CE 500 at 256,000 bytes; use 413)',
      faasdCe: '500 at 256,000 bytes.',
    },
    {
      number: 105,
      level: 'F',
      behaviour: 'bad X-Callback-Url → 400',
      here: 'Besides, only addresses of this machine, the name `gateway`, and hosts of ASYNC_CALLBACK_HOSTS are called; all others are a 400 too.',
    },
    {
      number: 106,
      level: 'F',
      behaviour:
        "callback: one POST with the function's body and headers + X-Call-Id, X-Function-Name, X-Function-Status, X-Duration-Seconds",
      faasdCe:
        'Sent once; lost when nobody listens. Here it is sent until it is taken, six times at most, and the function does not run again.',
    },
    {
      number: 107,
      level: 'F',
      behaviour: 'X-Call-Id of 202, function log and callback are equal',
    },
    {
      number: 108,
      level: 'F',
      behaviour: 'function failure still triggers the callback with its status',
    },
    {
      number: 109,
      level: 'D',
      behaviour: 'queue survives restart',
      faasdCe:
        'True with the file store; a message whose run outlasts ack_wait is run again beside the first.',
    },
    {
      number: 110,
      level: 'D',
      behaviour: 'retry policy (CE: none) documented; 429 retried with back-off',
      faasdCe: 'No retry: whatever is answered, the call is done.',
    },
    {
      number: 111,
      level: 'D',
      behaviour: 'a slow function does not block others',
      faasdCe: 'One call at a time, all functions mixed.',
    },
    {
      number: 112,
      level: 'D',
      behaviour: 'async time limit equals sync one in CE (60 s); ours documented',
      faasdCe: '60 s for every function. Here it is exec_timeout of the function.',
    },
    {
      number: 113,
      level: 'D',
      behaviour: 'payloads and headers not written to logs',
      faasdCe: 'Every message is logged whole, headers and body.',
    },
  ],
};

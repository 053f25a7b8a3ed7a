import type { Section } from './conformance-row.ts';

export const basics: Section = {
  title: 'Authentication and basics',
  rows: [
    {
      number: 1,
      level: 'M',
      behaviour: 'GET /healthz → 200 `OK`, no credentials',
    },
    {
      number: 2,
      level: 'M',
      behaviour:
        '/system/* without credentials → 401 + `WWW-Authenticate: Basic realm="Restricted"`',
    },
    {
      number: 3,
      level: 'M',
      behaviour: 'wrong password → 401 (not 403)',
    },
    {
      number: 4,
      level: 'M',
      behaviour: '`Authorization: Bearer ` with empty token → 401, no crash',
    },
    {
      number: 5,
      level: 'M',
      behaviour: 'right credentials → 200',
    },
    {
      number: 6,
      level: 'F',
      behaviour: 'every /system route is guarded, incl. logs, secrets, alert, scale, namespaces',
    },
    {
      number: 7,
      level: 'F',
      behaviour: '/function and /async-function need no credentials',
    },
    {
      number: 8,
      level: 'F',
      behaviour: "caller's Authorization reaches the function unchanged",
    },
    {
      number: 9,
      level: 'F',
      behaviour: 'gateway credentials never reach a function',
    },
    { number: 10, level: 'M', behaviour: 'unknown path → 404' },
    {
      number: 11,
      level: 'F',
      behaviour: 'wrong method on a known route → 405',
    },
    {
      number: 12,
      level: 'O',
      behaviour: '`GET /` redirects to /ui/',
      here: 'The page is our own: it lists, invokes, deploys and removes functions and shows their logs.',
    },
    {
      number: 13,
      level: 'D',
      behaviour: 'password compare is constant time; empty password refused',
      faasdCe:
        'Compares the password in constant time, unless its length is wrong; takes an empty password.',
    },
  ],
};

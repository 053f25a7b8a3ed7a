/** The gateway's own API in OpenAPI, as OpenFaaS' has it; docs/operate/gateway-api.md has all of it. */
import type { Json } from '#shared/contract/wire-json.ts';
import { sent } from './system-schemas.ts';

export const SYSTEM_TAG = 'gateway-system';

type Statuses = Readonly<Record<string, string | Json>>;

const name = parameter('name', 'path', { type: 'string' }, 'Of the function, namespace or call.');
const callId = parameter('callId', 'path', { type: 'string' }, 'X-Call-Id of the queued call.');
const ofFunction = parameter('function', 'query', { type: 'string' }, 'Calls of this one only.');

/** A line of text says what is wrong, by field. */
const WRONG = { 400: line('What is wrong, by field.') };
const ABSENT = { 404: line('There is none of that name.') };
/** A page of another site may let its name resolve to this machine. */
const HOST = { 421: line('The Host of the request is none of ours.') };
/** Of what changes something. */
const CHANGES = {
  403: line("A page of another site asks through the operator's browser."),
  413: line('The body is over 2 MiB.'),
  503: line('The audit cannot be written, and nothing was changed.'),
};

export function systemPaths(): Json {
  return { ...openPaths(), ...functionPaths(), ...secretPaths(), ...callPaths(), ...otherPaths() };
}

function openPaths(): Json {
  return {
    '/healthz': {
      get: open('health', 'Says that the gateway lives.', { 200: line('It lives.') }),
    },
    '/openapi.json': {
      get: open('read-openapi', 'This document.', { 200: json('OpenAPI 3.1.', OBJECT) }),
    },
    '/asyncapi.json': {
      get: open('read-asyncapi', 'Queues and topics.', { 200: json('AsyncAPI 3.0.', OBJECT) }),
    },
    '/async-function/{name}': {
      parameters: [name],
      post: {
        ...open('call-later', 'Queues a call and answers at once.', {
          202: {
            description: 'Queued.',
            links: {
              'describe-call': {
                operationId: 'describe-call',
                parameters: { callId: '$response.header.X-Call-Id' },
              },
            },
            headers: {
              'X-Call-Id': { description: 'Names the call.', schema: { type: 'string' } },
            },
          },
          400: line('X-Callback-Url is not one that may be called.'),
          401: failure('The operation needs a token.'),
          403: failure('The token does not suffice.'),
          404: line('No such function.'),
          409: line('X-Call-Id stands for another call.'),
          413: line('The body is too large.'),
          429: line('Too much waits already.'),
          503: line('Redis does not answer.'),
        }),
        security: [{}, { token: [] }],
        requestBody: { content: { 'application/json': { schema: {} } } },
      },
    },
  };
}

function functionPaths(): Json {
  return {
    '/system/functions': {
      get: guarded('list-functions', {
        200: json('What is deployed.', list('FunctionStatus')),
        ...WRONG,
      }),
      post: guarded(
        'deploy-function',
        { 200: { description: 'Deployed.', links: DEPLOYED }, ...WRONG, ...CHANGES },
        sent.deployment,
      ),
      put: guarded(
        'update-function',
        { 200: 'Deployed anew.', ...WRONG, ...ABSENT, ...CHANGES },
        sent.deployment,
      ),
      delete: guarded(
        'remove-function',
        { 200: 'Removed.', ...WRONG, ...ABSENT, ...CHANGES },
        sent.removal,
      ),
    },
    '/system/function/{name}': {
      parameters: [name],
      get: guarded('describe-function', {
        200: json('One function.', ref('FunctionStatus')),
        404: 'There is none of that name.',
      }),
    },
    '/system/scale-function/{name}': {
      parameters: [name],
      post: guarded(
        'scale-function',
        { 202: 'Accepted; nothing changes.', ...WRONG, ...ABSENT, ...CHANGES },
        sent.scale,
      ),
    },
    '/system/alert': {
      post: guarded(
        'take-alert',
        { 200: 'Taken; nothing changes.', ...WRONG, ...ABSENT, ...CHANGES },
        sent.alert,
      ),
    },
  };
}

function secretPaths(): Json {
  return {
    '/system/secrets': {
      get: guarded('list-secrets', { 200: json('Names, never values.', list('Secret')), ...WRONG }),
      post: guarded(
        'create-secret',
        {
          200: { description: 'Created.', links: CREATED },
          ...WRONG,
          409: line('It exists.'),
          ...CHANGES,
        },
        sent.secret,
      ),
      put: guarded(
        'update-secret',
        { 200: 'Updated.', ...WRONG, ...ABSENT, ...CHANGES },
        sent.secret,
      ),
      delete: guarded(
        'delete-secret',
        { 200: 'Deleted.', ...WRONG, ...ABSENT, ...CHANGES },
        sent.secretName,
      ),
    },
  };
}

function callPaths(): Json {
  const state = { type: 'string', enum: ['queued', 'running', 'retrying', 'done', 'dead'] };
  const limit = { type: 'integer', minimum: 1, maximum: 200, default: 50 };
  const seen = { 404: line('No call is known under this id.') };
  return {
    '/system/async': {
      get: {
        ...guarded('list-calls', {
          200: json('The latest first.', list('QueuedCall')),
          ...WRONG,
        }),
        parameters: [
          parameter('state', 'query', state, 'Calls in this state only.'),
          parameter('limit', 'query', limit, 'At most so many.'),
          ofFunction,
        ],
      },
    },
    '/system/async/{callId}': {
      parameters: [callId, ofFunction],
      get: guarded('describe-call', {
        200: json('The call.', ref('QueuedCall')),
        ...seen,
        409: line('Several functions were called under this id: name one.'),
      }),
      delete: guarded('drop-call', {
        204: 'Dropped.',
        ...seen,
        409: line('It runs.'),
        ...CHANGES,
      }),
    },
    '/system/async/{callId}/retry': {
      parameters: [callId, ofFunction],
      post: guarded('retry-call', {
        202: 'It runs again.',
        ...seen,
        409: line('It is not dead.'),
        ...CHANGES,
      }),
    },
  };
}

function otherPaths(): Json {
  return {
    '/system/logs': {
      get: {
        ...guarded('read-logs', {
          200: {
            description: 'A JSON object a line.',
            content: { 'application/x-ndjson': { schema: ref('LogLine') } },
          },
          ...WRONG,
          ...ABSENT,
        }),
        parameters: [
          { ...name, in: 'query', schema: { type: 'string', pattern: '[^\\s]' } },
          parameter('tail', 'query', { type: 'integer', minimum: -1, maximum: 999_999_999 }, TAIL),
          parameter('since', 'query', { type: 'string', format: 'date-time' }, 'Lines since then.'),
          parameter('instance', 'query', { type: 'string' }, 'Lines of this thread or process.'),
          parameter('follow', 'query', { type: 'boolean' }, 'New lines as they come.'),
        ],
      },
    },
    '/system/namespaces': {
      get: guarded('list-namespaces', {
        200: json('There is one.', { type: 'array', items: { type: 'string' } }),
      }),
    },
    '/system/namespace/{name}': {
      parameters: [name],
      get: guarded('describe-namespace', {
        200: json('The namespace.', ref('Namespace')),
        ...ABSENT,
      }),
      post: guarded('create-namespace', FIXED),
      put: guarded('update-namespace', FIXED),
      delete: guarded('delete-namespace', FIXED),
    },
    '/system/info': {
      get: guarded('read-info', { 200: json('Version and provider.', ref('Info')) }),
    },
  };
}

const DEPLOYED: Json = {
  'describe-function': {
    operationId: 'describe-function',
    parameters: { name: '$request.body#/service' },
  },
  'remove-function': {
    operationId: 'remove-function',
    requestBody: { functionName: '$request.body#/service' },
  },
};
const CREATED: Json = {
  'update-secret': {
    operationId: 'update-secret',
    requestBody: { name: '$request.body#/name', value: 'another value' },
  },
  'delete-secret': {
    operationId: 'delete-secret',
    requestBody: { name: '$request.body#/name' },
  },
};
/** It is 501 for everybody who is let in. */
const FIXED: Statuses = {
  ...CHANGES,
  default: line('501: there is one namespace, which cannot be changed.'),
};
const OBJECT: Json = { type: 'object' };
const TAIL = 'At most so many of the newest lines; -1: all that are kept.';

function open(operationId: string, summary: string, statuses: Statuses): Json {
  return {
    operationId,
    summary,
    tags: [SYSTEM_TAG],
    security: [{}],
    ...answers({ ...HOST, ...statuses }),
  };
}

function guarded(operationId: string, statuses: Statuses, body?: Json): Json {
  return {
    operationId,
    summary: sentenceOf(operationId),
    tags: [SYSTEM_TAG],
    security: [{ operator: [] }],
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: body } } },
    }),
    ...answers({ ...statuses, 401: line('Without name and password.'), ...HOST }),
  };
}

function answers(statuses: Statuses): Json {
  const entries = Object.entries(statuses).map(([status, answer]) => [
    status,
    typeof answer === 'string' ? { description: answer } : answer,
  ]);
  return { responses: Object.fromEntries(entries) as Json };
}

function parameter(named: string, place: 'path' | 'query', schema: Json, description: string) {
  return { name: named, in: place, required: place === 'path', description, schema };
}

/** One line of text. */
function line(description: string): Json {
  return { description, content: { 'text/plain': { schema: { type: 'string' } } } };
}

function json(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } };
}

function failure(description: string): Json {
  return json(description, ref('Failure'));
}

function list(schema: string): Json {
  return { type: 'array', items: ref(schema) };
}

function ref(schema: string): Json {
  return { $ref: `#/components/schemas/${schema}` };
}

/** `deploy-function` → `Deploy function.` */
function sentenceOf(operationId: string): string {
  const words = operationId.replaceAll('-', ' ');
  return `${words[0]?.toUpperCase()}${words.slice(1)}.`;
}

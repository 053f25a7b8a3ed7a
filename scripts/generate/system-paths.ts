/** What the gateway itself answers, as OpenFaaS' does; docs/operate/gateway-api.md has all of it. */
import type { Json } from '#shared/contract/wire-json.ts';

export const SYSTEM_TAG = 'gateway-system';
const name = { name: 'name', in: 'path', required: true, schema: { type: 'string' } };
const namespace: Json = { enum: ['openfaas-fn', '', null] };
const optionalText: Json = { type: ['string', 'null'] };
const texts: Json = { type: ['object', 'null'], additionalProperties: { type: 'string' } };
const names: Json = { type: ['array', 'null'], items: { type: 'string' } };

const deployment = object(
  {
    service: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' },
    image: { type: 'string', minLength: 1 },
    namespace,
    envProcess: optionalText,
    envVars: texts,
    labels: texts,
    annotations: texts,
    secrets: names,
    constraints: names,
    limits: texts,
    requests: texts,
    readOnlyRootFilesystem: { type: ['boolean', 'null'] },
  },
  ['service', 'image'],
);
const secretName = {
  type: 'string',
  pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$',
};
const secret = object({ name: secretName, namespace, value: { type: 'string', minLength: 1 } }, [
  'name',
  'value',
]);
const scale = object(
  {
    serviceName: optionalText,
    replicas: { type: ['integer', 'null'], minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    namespace,
  },
  [],
);

export function systemPaths(): Json {
  return {
    '/healthz': {
      get: {
        operationId: 'health',
        summary: 'Says that the gateway lives.',
        tags: [SYSTEM_TAG],
        security: [{}],
        ...answers({ 200: 'It lives.', 405: 'Another method than GET.' }),
      },
    },
    '/async-function/{name}': {
      parameters: [name],
      post: {
        operationId: 'call-later',
        summary: 'Queues a call and answers at once.',
        tags: [SYSTEM_TAG],
        security: [{}, { token: [] }],
        requestBody: { content: { 'application/json': { schema: {} } } },
        ...answers({
          202: 'Queued; X-Call-Id names the call.',
          400: 'X-Callback-Url is not one that may be called.',
          401: 'The operation needs a token.',
          403: 'The token does not suffice.',
          404: 'No such function.',
          409: 'X-Call-Id stands for another call.',
          413: 'The body is too large.',
          429: 'Too much waits already.',
          503: 'Redis does not answer.',
        }),
      },
    },
    '/system/functions': {
      get: guarded('list-functions', { 200: 'What is deployed.' }),
      post: guarded('deploy-function', { 200: 'Deployed.', ...WRONG }, deployment),
      put: guarded('update-function', { 200: 'Deployed anew.', ...WRONG, ...ABSENT }, deployment),
      delete: guarded(
        'remove-function',
        { 200: 'Removed.', ...WRONG, ...ABSENT },
        object({ functionName: { type: 'string', minLength: 1 }, namespace }, ['functionName']),
      ),
    },
    '/system/function/{name}': {
      parameters: [name],
      get: guarded('describe-function', { 200: 'One function.', ...ABSENT }),
    },
    '/system/scale-function/{name}': {
      parameters: [name],
      post: guarded('scale-function', { 202: 'Accepted.', ...WRONG, ...ABSENT }, scale),
    },
    '/system/secrets': {
      get: guarded('list-secrets', { 200: 'Names, never values.' }),
      post: guarded('create-secret', { 200: 'Created.', ...WRONG, 409: 'It exists.' }, secret),
      put: guarded('update-secret', { 200: 'Updated.', ...WRONG, ...ABSENT }, secret),
      delete: guarded(
        'delete-secret',
        { 200: 'Deleted.', ...WRONG, ...ABSENT },
        object({ name: secretName, namespace }, ['name']),
      ),
    },
    '/system/logs': {
      get: {
        ...guarded('read-logs', { 200: 'Lines of JSON.', ...WRONG, ...ABSENT }),
        parameters: [{ ...name, in: 'query', schema: { type: 'string', pattern: '[^\\s]' } }],
      },
    },
    '/system/info': { get: guarded('read-info', { 200: 'Version and provider.' }) },
  };
}

const WRONG = { 400: 'What is wrong, by field.' };
const ABSENT = { 404: 'There is none of that name.' };

function guarded(
  operationId: string,
  statuses: Readonly<Record<number, string>>,
  body?: Json,
): Json {
  return {
    operationId,
    summary: sentenceOf(operationId),
    tags: [SYSTEM_TAG],
    security: [{ operator: [] }],
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: body } } },
    }),
    ...answers({ ...statuses, 401: 'Without name and password.' }),
  };
}

/** As Go decodes it: unknown keys are ignored, and null is as good as absent. */
function object(properties: Json, required: readonly string[]): Json {
  return { type: 'object', properties, required };
}

function answers(statuses: Readonly<Record<number, string>>): Json {
  const entries = Object.entries(statuses).map(([status, description]) => [
    status,
    { description },
  ]);
  return { responses: Object.fromEntries(entries) as Json };
}

/** `deploy-function` → `Deploy function.` */
function sentenceOf(operationId: string): string {
  const words = operationId.replaceAll('-', ' ');
  return `${words[0]?.toUpperCase()}${words.slice(1)}.`;
}

/** What the gateway's own API takes and answers, in JSON Schema; docs/operate/gateway-api.md has all of it. */
import type { Json } from '#shared/contract/wire-json.ts';

const namespace: Json = {
  anyOf: [{ type: 'string', enum: ['openfaas-fn', ''] }, { type: 'null' }],
};
const optionalText: Json = { type: ['string', 'null'] };
const texts: Json = { type: ['object', 'null'], additionalProperties: { type: 'string' } };
const names: Json = { type: ['array', 'null'], items: { type: 'string' } };
const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const secretName: Json = { type: 'string', pattern: `^${LABEL}$` };
const count: Json = { type: 'integer', minimum: 0 };
const moment: Json = { type: 'string', format: 'date-time' };

/** Bodies as Go decodes them: unknown keys are ignored, and null is as good as absent. */
export const sent = {
  deployment: object(
    {
      service: { type: 'string', pattern: `^${LABEL}$` },
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
  ),
  removal: object({ functionName: { type: 'string', minLength: 1 }, namespace }, ['functionName']),
  /** `rawValue` is Base64, and is preferred where both are there. */
  secret: {
    ...object(
      {
        name: secretName,
        namespace,
        value: optionalText,
        rawValue: {
          type: ['string', 'null'],
          contentEncoding: 'base64',
          pattern: '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
        },
      },
      ['name'],
    ),
    anyOf: [
      { required: ['value'], properties: { value: { type: 'string', minLength: 1 } } },
      { required: ['rawValue'], properties: { rawValue: { type: 'string', minLength: 4 } } },
    ],
  },
  secretName: object({ name: secretName, namespace }, ['name']),
  scale: object(
    {
      serviceName: optionalText,
      replicas: { type: ['integer', 'null'], minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      namespace,
    },
    [],
  ),
  alert: object(
    {
      alerts: {
        type: 'array',
        items: object(
          {
            status: optionalText,
            labels: { type: 'object', additionalProperties: { type: 'string' } },
          },
          ['labels'],
        ),
      },
    },
    ['alerts'],
  ),
} as const satisfies Readonly<Record<string, Json>>;

const filled: Json = { type: 'object', additionalProperties: { type: 'string' } };
const version = object({ release: { type: 'string' }, sha: { type: 'string' } }, [
  'release',
  'sha',
]);

/** Named schemas of what it answers. */
export const answered: Readonly<Record<string, Json>> = {
  FunctionStatus: object(
    {
      name: { type: 'string' },
      image: { type: 'string' },
      namespace: { type: 'string' },
      envProcess: { type: 'string' },
      envVars: filled,
      labels: filled,
      annotations: filled,
      secrets: { type: 'array', items: { type: 'string' } },
      constraints: { type: 'array', items: { type: 'string' } },
      limits: filled,
      requests: filled,
      readOnlyRootFilesystem: { type: 'boolean' },
      invocationCount: count,
      replicas: count,
      availableReplicas: count,
      createdAt: moment,
    },
    ['name', 'image', 'namespace', 'invocationCount', 'replicas', 'availableReplicas', 'createdAt'],
  ),
  Secret: object({ name: { type: 'string' }, namespace: { type: 'string' } }, [
    'name',
    'namespace',
  ]),
  LogLine: object(
    {
      name: { type: 'string' },
      namespace: { type: 'string' },
      instance: { type: 'string' },
      timestamp: moment,
      text: { type: 'string' },
    },
    ['name', 'namespace', 'instance', 'timestamp', 'text'],
  ),
  QueuedCall: object(
    {
      callId: { type: 'string' },
      function: { type: 'string' },
      state: { type: 'string', enum: ['queued', 'running', 'retrying', 'done', 'dead'] },
      attempts: count,
      attemptsMax: count,
      status: { type: 'integer' },
      seconds: { type: 'number' },
      queuedAt: moment,
      endedAt: moment,
      reason: { type: 'string' },
      callback: object(
        {
          state: { type: 'string', enum: ['queued', 'delivered', 'dead'] },
          attempts: count,
          reason: { type: 'string' },
        },
        ['state', 'attempts'],
      ),
    },
    ['callId', 'function', 'state', 'attempts', 'attemptsMax', 'queuedAt'],
  ),
  Namespace: object({ name: { type: 'string' }, labels: filled, annotations: filled }, [
    'name',
    'labels',
    'annotations',
  ]),
  Info: object(
    {
      provider: object(
        { provider: { type: 'string' }, version, orchestration: { type: 'string' } },
        ['provider', 'version', 'orchestration'],
      ),
      version,
      arch: { type: 'string' },
    },
    ['provider', 'version', 'arch'],
  ),
};

function object(properties: Json, required: readonly string[]) {
  return { type: 'object', properties, ...(required.length > 0 && { required }) } as const;
}

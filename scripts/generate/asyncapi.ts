/**
 * The queues and messages of an installation as AsyncAPI 3.0: `GET /asyncapi.json` serves it. Runs of
 * operations are internal; topics are what other programs publish.
 */
import { operations } from '#shared/contract/catalogue.ts';
import { jobsOf } from '#shared/contract/jobs.ts';
import type { Operation } from '#shared/contract/row.ts';
import type { Json } from '#shared/contract/wire-json.ts';

const security = [{ $ref: '#/components/securitySchemes/redis' }];
const TRACEPARENT: Json = {
  type: 'string',
  pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$',
  description: 'W3C trace context, where the call is traced.',
};

export function asyncApi(): string {
  const queued = operations.filter(({ queue }) => queue !== null);
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Arduino Trader: queues and messages',
      version: '1',
      description:
        'Jobs of BullMQ in the Redis of the installation, below REDIS_KEY_PREFIX and `queue`. See docs/operate/connector.md and docs/use/async.md.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    defaultContentType: 'application/json',
    servers: {
      redis: {
        host: 'localhost:6379',
        protocol: 'redis',
        description: 'REDIS_URL; reachable by the processes of the installation alone.',
      },
    },
    channels: Object.fromEntries([['topics', topicsChannel()], ...queued.map(channelOf)]),
    operations: Object.fromEntries([...topicOperations(), ...queued.flatMap(operationsOf)]),
    components: {
      schemas: { Outcome: outcomeSchema() },
      securitySchemes: {
        redis: { type: 'userPassword', description: 'User and password of REDIS_URL.' },
      },
    },
  };
  return `${JSON.stringify(document)}\n`;
}

function topicsChannel(): Json {
  return {
    address: 'topics',
    title: 'Messages for functions',
    description:
      'A job whose name is the topic. Functions with the topic in their annotation `topic` are called, at least once each.',
    messages: {
      message: {
        name: 'message',
        payload: {
          type: 'object',
          required: ['bodyBase64'],
          properties: {
            bodyBase64: { type: 'string', contentEncoding: 'base64', maxLength: 341_336 },
            contentType: { type: 'string' },
          },
          additionalProperties: false,
        },
      },
    },
  };
}

function topicOperations(): readonly (readonly [string, Json])[] {
  const channel = { $ref: '#/channels/topics' };
  return [
    [
      'receiveMessage',
      { action: 'receive', channel, security, summary: 'The connector calls the functions.' },
    ],
  ];
}

function channelOf(operation: Operation): readonly [string, Json] {
  const { topic, summary } = operation;
  const scheduled = jobsOf(operation).map(({ name }) => name);
  const due = scheduled.length > 0 ? ` Schedules add runs: ${scheduled.join(', ')}.` : '';
  return [
    topic,
    {
      address: topic,
      summary,
      description: `Runs of ${operation.name}.${due}`,
      messages: { run: { name: 'run', payload: runSchema(operation) } },
    },
  ];
}

function runSchema(operation: Operation): Json {
  return {
    type: 'object',
    required: ['run', 'operation', 'body', 'requestId'],
    properties: {
      run: { type: 'string', description: 'Id of the run; empty where a schedule added it.' },
      operation: { const: operation.name },
      body: {
        type: 'string',
        contentMediaType: 'application/json',
        description: `The request of ${operation.name}, as /openapi.json describes it.`,
      },
      requestId: { type: 'string' },
      traceparent: TRACEPARENT,
      resumes: { ...TRACEPARENT, description: 'Of the attempt before.' },
      wasOpen: { type: 'boolean', description: 'An attempt ended without a known outcome.' },
    },
  };
}

function operationsOf({ topic, rpc, service }: Operation): readonly (readonly [string, Json])[] {
  const channel = { $ref: `#/channels/${topic.replaceAll('/', '~1')}` };
  const id = `${service}${rpc[0]?.toUpperCase()}${rpc.slice(1)}`;
  return [
    [`send${id}`, { action: 'send', channel, security, summary: 'The function adds a run.' }],
    [
      `receive${id}`,
      { action: 'receive', channel, security, summary: 'The connector executes it.' },
    ],
  ];
}

/** Kept in Redis for a week beside what a run streamed. */
function outcomeSchema(): Json {
  return {
    oneOf: [
      {
        type: 'object',
        required: ['kind'],
        properties: { kind: { const: 'done' }, last: { type: 'string' } },
      },
      {
        type: 'object',
        required: ['kind', 'failure'],
        properties: { kind: { const: 'failed' }, failure: { type: 'object' } },
      },
    ],
  };
}

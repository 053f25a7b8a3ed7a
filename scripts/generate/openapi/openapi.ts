/**
 * The description of the gateway and its functions as OpenAPI 3.1, from the protos and the catalogue:
 * `GET /openapi.json` serves it.
 */
import { operations } from '#shared/contract/catalogue.ts';
import { rpcName } from '#shared/contract/names.ts';
import type { Operation } from '#shared/contract/row.ts';
import { failureTable } from '#shared/kernel/failure.ts';
import { requestRules, type RequestRules } from '#shared/contract/request-rules.ts';
import { amountSchemas } from './amount-schemas.ts';
import { answersOf, sharedAnswers } from './answers.ts';
import { linksOf } from './links.ts';
import { protoComments } from '../proto-comments.ts';
import {
  protoFiles,
  type ProtoEnum,
  type ProtoField as Field,
  type ProtoMessage as Message,
} from '../proto-image.ts';
import { requestExamples } from './request-examples.ts';
import { requestSchema } from './request-schema.ts';
import { answered } from './system-schemas.ts';
import { SYSTEM_TAG, systemPaths } from './system-paths.ts';

type Json = Readonly<Record<string, unknown>>;

/** Proto3 JSON: 64-bit numbers are strings, bytes are base64. */
const scalars: Readonly<Record<string, Json>> = {
  TYPE_DOUBLE: { type: 'number' },
  TYPE_FLOAT: { type: 'number' },
  TYPE_INT32: { type: 'integer', format: 'int32' },
  TYPE_UINT32: { type: 'integer', minimum: 0 },
  TYPE_INT64: { type: 'string', pattern: '^-?\\d+$' },
  TYPE_UINT64: { type: 'string', pattern: '^\\d+$' },
  TYPE_BOOL: { type: 'boolean' },
  TYPE_STRING: { type: 'string' },
  TYPE_BYTES: { type: 'string', contentEncoding: 'base64' },
};

/** @param imageJson what `buf build` says of the protos */
export function openApi(imageJson: string): string {
  const files = protoFiles(imageJson);
  const comments = protoComments(imageJson);
  const schemas: Record<string, Json> = { Failure: failureSchema() };
  const rpcs = new Map<string, { request: string; response: string }>();
  for (const { package: room, messageType, enumType, service } of files) {
    for (const one of enumType) schemas[`${room}.${one.name}`] = enumSchema(one);
    for (const one of messageType) addMessage(schemas, comments, `${room}.${one.name}`, one);
    for (const { name, method } of service)
      for (const { name: rpc, inputType, outputType } of method)
        rpcs.set(`${name}/${rpc}`, { request: inputType.slice(1), response: outputType.slice(1) });
  }
  const calls = operations.map((operation): [string, Json] => {
    const types = rpcs.get(rpcName(operation.service, operation.rpc));
    if (!types) throw new Error(`${operation.name} has no rpc in the protos`);
    return [`/function/${operation.name}`, { post: callOf(operation, types) }];
  });
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Arduino Trader',
      version: '1',
      summary:
        'Operations of seven trading services as functions, and the gateway they are behind.',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(({ service }) => service)), SYSTEM_TAG].map((name) => ({
      name,
      description:
        name === SYSTEM_TAG ? 'The gateway itself.' : `Operations of the ${name} service.`,
    })),
    paths: { ...Object.fromEntries(calls), ...systemPaths() },
    components: {
      schemas: usedOf({ ...schemas, ...answered, ...amountSchemas }, [
        calls,
        sharedAnswers(operations),
        systemPaths(),
      ]),
      responses: sharedAnswers(operations),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'read, write or trade token' },
        operator: {
          type: 'http',
          scheme: 'basic',
          description: 'name and password of the gateway',
        },
      },
    },
  };
  return `${JSON.stringify(document)}\n`;
}

const DESCRIPTION = [
  'Each operation is a function: `POST /function/NAME` with a JSON body, answered by the message of its rpc in proto3 JSON',
  '(64-bit numbers as text, fields that are absent at their default). A field of a request may be null for absent, numbers may be',
  'text, enums numbers. Operations that stream answer their last message, or each as a line to callers that send',
  '`Accept: application/x-ndjson`.',
  '',
  "A request may be the rpc's message in protobuf (`Content-Type: application/x-protobuf`), and is answered so; so is one in JSON",
  'with `Accept: application/x-protobuf`. With `encoding=length-prefixed` behind it each message of a stream comes behind its',
  'length, as in gRPC; flag 0x80 marks the end, with the failure in JSON where there is one. Failures are JSON; a 400 has',
  '`Accept-Post`, so that a caller knows that it was not for the encoding.',
  '',
  'A failure is the message `Failure`; `code` says what it means, and what more it holds are facts a program may act on. Statuses',
  'with `X-OpenFaaS-Internal` are of the platform, as a line of text. Calls that change something take an `Idempotency-Key`: the',
  'same key with the same request is answered once. Every answer has `X-Request-Id`.',
  '',
  "Other functions are called in the same way, with any method and a path after their name. The owner's page is at `/trader/`,",
  'a page of the functions at `/ui/`, metrics at `/metrics` of the port beside.',
].join('\n');

/** Reads are open or need a token; a request with a credential of its own needs none beside. */
function securityOf({ effect, credential }: Operation): readonly Json[] {
  if (credential === 'request') return [{}];
  return effect === 'reads' ? [{}, { token: [] }] : [{ token: [] }];
}

/** An absent body is an empty request. */
function bodyOf(operation: Operation): Json {
  const schema = requestSchema(operation);
  const isRequired = 'required' in schema || 'anyOf' in schema;
  return {
    ...(isRequired && { required: true }),
    content: { 'application/json': { schema, example: requestExamples[operation.name] ?? {} } },
  };
}

function callOf(operation: Operation, types: { response: string }): Json {
  const { service, name, summary, effect, streams, queue } = operation;
  const content = {
    'application/json': { schema: ref(types.response) },
    ...(streams && { 'application/x-ndjson': { schema: ref(types.response) } }),
  };
  const rules = requestRules[name];
  const needs =
    effect === 'reads'
      ? 'Open, or the read token.'
      : `Needs the ${effect === 'trades' ? 'trade' : 'write'} token.`;
  const runs = queue
    ? ' Runs in a queue; a repeated call with the same key follows the same run.'
    : '';
  return {
    operationId: name,
    tags: [service],
    summary,
    description: `${needs}${runs}${rulesText(rules)}`,
    ...(rules && { 'x-request-rules': rules }),
    security: securityOf(operation),
    parameters: [
      ...(effect === 'reads'
        ? []
        : [header('Idempotency-Key', 'Same key and meaning, same answer.', SAFE_ID)]),
      header('X-Request-Id', 'Names the call in logs and in the answer.'),
    ],
    requestBody: bodyOf(operation),
    responses: answersOf(operation, {
      description: streams ? 'The last message, or each as a line.' : 'The answer.',
      content,
      ...linksOf(name),
    }),
  };
}

/** What the schema of the request cannot say. */
function rulesText(rules: RequestRules | undefined): string {
  if (!rules) return '';
  const lines = Object.entries(rules).map(([field, rule]) => `- \`${field}\`: ${rule}`);
  return ['', '', 'Beyond its schema, a request must hold to:', '', ...lines].join('\n');
}

/** The schemas that the answers need, directly or through others. */
function usedOf(schemas: Readonly<Record<string, Json>>, calls: unknown): Record<string, Json> {
  const used = new Set<string>();
  const visit = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      if (!used.has(name)) {
        used.add(name);
        visit(schemas[name] ?? {});
      }
  };
  visit(calls);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
}

function addMessage(
  schemas: Record<string, Json>,
  comments: ReadonlyMap<string, string>,
  name: string,
  one: Message,
): void {
  for (const nested of one.enumType) schemas[`${name}.${nested.name}`] = enumSchema(nested);
  const maps = new Map(one.nestedType.map((nested) => [`.${name}.${nested.name}`, nested.field]));
  const properties = Object.fromEntries(
    one.field.map((single) => [
      single.jsonName,
      described(fieldSchema(single, maps), comments.get(`${name}.${single.jsonName}`)),
    ]),
  );
  const schema = { type: 'object', properties, additionalProperties: false };
  schemas[name] = described(schema, comments.get(name));
}

function described(schema: Json, description: string | undefined): Json {
  return description === undefined ? schema : { ...schema, description };
}

function fieldSchema(single: Field, maps: ReadonlyMap<string, readonly Field[]>): Json {
  const [, value] = maps.get(single.typeName ?? '') ?? [];
  if (value) return { type: 'object', additionalProperties: typeSchema(value) };
  const type = typeSchema(single);
  return single.label === 'LABEL_REPEATED' ? { type: 'array', items: type } : type;
}

function typeSchema({ type, typeName }: Field): Json {
  return typeName === undefined ? (scalars[type] ?? {}) : ref(typeName.slice(1));
}

function enumSchema({ value }: ProtoEnum): Json {
  return { type: 'string', enum: value.map(({ name }) => name) };
}

function failureSchema(): Json {
  return {
    type: 'object',
    required: ['code', 'message'],
    properties: {
      code: { type: 'string', enum: Object.keys(failureTable) },
      message: { type: 'string', description: 'A sentence for people.' },
      requestId: { type: 'string', description: 'Names the call in logs.' },
      field: { type: 'string', description: 'Of INVALID_REQUEST: the first field that is wrong.' },
      violations: {
        type: 'array',
        description: 'Of INVALID_REQUEST: each field that is wrong, by its JSON path, and why.',
        items: {
          type: 'object',
          required: ['field', 'message'],
          properties: { field: { type: 'string' }, message: { type: 'string' } },
        },
      },
      rule: { type: 'string', description: 'Of REFUSED: the rule that says no.' },
      retryAfterMs: { type: 'number', description: 'Of TOO_BUSY: when to come back.' },
      idempotencyKey: {
        type: 'string',
        description: 'Of OUTCOME_UNKNOWN: the key with which alone it may be repeated.',
      },
    },
    additionalProperties: true,
  };
}

/** What a key may be; Idempotency-Key: isSafeId. */
const SAFE_ID = '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$';

function header(name: string, description: string, pattern?: string): Json {
  const schema = { type: 'string', ...(pattern !== undefined && { pattern }) };
  return { name, in: 'header', required: false, description, schema };
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

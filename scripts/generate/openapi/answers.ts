/** What an operation answers, in OpenAPI: its message, and its failures by status, each with its meaning. */
import { failuresOf } from '#shared/contract/operation-failures.ts';
import type { Operation } from '#shared/contract/row.ts';
import type { Json } from '#shared/contract/wire-json.ts';
import { failureTable, type FailureCode } from '#shared/kernel/failure.ts';

/** Statuses with which the platform may answer in the operation's place, as a line of text. */
const platformSays: Readonly<Record<number, string>> = {
  404: 'As text: no such function is deployed here.',
  413: 'As text: the body is larger than the gateway takes.',
  429: 'As text: as many calls run as the function takes at a time.',
  500: 'As text: the function ended under the call.',
  504: 'Without a body: the time limit of the function was exceeded.',
};

/** @param message what it answers where it succeeds */
export function answersOf(operation: Operation, message: Json): Json {
  return { 200: message, ...Object.fromEntries(failuresByStatus(operation).map(reference)) };
}

/** Answers that several operations have, for the components of the document. */
export function sharedAnswers(operations: readonly Operation[]): Json {
  const entries = operations
    .flatMap((operation) => failuresByStatus(operation))
    .map(([status, codes]) => [nameOf(codes), answerOf(status, codes)] as const);
  return Object.fromEntries(entries);
}

type OfStatus = readonly [status: number, codes: readonly FailureCode[]];

/** A function that is not deployed is a 404 of the platform. */
function failuresByStatus(operation: Operation): readonly OfStatus[] {
  const codes = failuresOf(operation);
  const statuses = new Set([...codes.map((code) => failureTable[code].http), 404]);
  return [...statuses]
    .toSorted((a, b) => a - b)
    .map((status) => [status, codes.filter((code) => failureTable[code].http === status)]);
}

function reference([status, codes]: OfStatus): [string, Json] {
  return [String(status), { $ref: `#/components/responses/${nameOf(codes)}` }];
}

function nameOf(codes: readonly FailureCode[]): string {
  return codes.length === 0 ? 'NOT_DEPLOYED' : codes.join('-');
}

function answerOf(status: number, codes: readonly FailureCode[]): Json {
  const platform = platformSays[status];
  const meanings = codes.map((code) => `${code}: ${failureTable[code].means}.`);
  const sentences = [...meanings, ...(platform === undefined ? [] : [platform])];
  return {
    description: sentences.join(' '),
    // One schema for all of them: a generated client has one class of failures.
    ...(codes.length > 0 && { 'x-failure-codes': codes }),
    ...(status === 429 && { headers: { 'Retry-After': RETRY_AFTER } }),
    ...(status === 400 && codes.length > 0 && { headers: { 'Accept-Post': ACCEPT_POST } }),
    ...(status === 401 && { headers: { 'WWW-Authenticate': CHALLENGE } }),
    content: {
      ...(codes.length > 0 && { 'application/json': { schema: FAILURE } }),
      ...(platform !== undefined && { 'text/plain': { schema: { type: 'string' } } }),
    },
  };
}

const FAILURE: Json = { $ref: '#/components/schemas/Failure' };
const RETRY_AFTER: Json = {
  description: 'Seconds after which the call may be sent again.',
  schema: { type: 'string', pattern: '^[0-9]+$' },
};
const ACCEPT_POST: Json = {
  description: 'The encodings that a request may be in.',
  schema: { type: 'string' },
};
const CHALLENGE: Json = {
  description: 'How to authenticate.',
  schema: { type: 'string' },
};

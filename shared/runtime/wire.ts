/** Decodes a request's bytes to domain values, and encodes an answer to protobuf. */
import { isUtf8 } from 'node:buffer';
import type { FunctionEvent } from '#template/function.ts';
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import { codecOf } from '#shared/contract/codecs.ts';
import { duplicateKeys } from '#shared/contract/duplicate-keys.ts';
import { fieldsWith } from '#shared/contract/text-fields.ts';
import type { Operation } from '#shared/contract/row.ts';

/** What decoders put in place of bytes that are not UTF-8. */
const REPLACEMENT = '\ufffd';
/** An answer names no more of them. */
const REPEATED_NAMED_MAX = 20;

/** `object`: within one process, for a caller that encodes the answer itself. */
export type Format = 'json' | 'protobuf' | 'object';

export interface ParsedRequest {
  readonly format: Format;
  /** As it travelled, in proto3 JSON. */
  readonly wire: unknown;
  /** In domain values. */
  readonly request: unknown;
}

/** @throws Failure INVALID_REQUEST that names every wrong field */
export async function readRequest(
  operation: Operation,
  event: FunctionEvent,
): Promise<ParsedRequest> {
  const format = formatOf(event.headers['content-type']);
  const wire =
    format === 'json' ? parseJson(event.body) : await parseProtobuf(operation, event.body);
  return { format, wire, request: parseRequest(operation, wire) };
}

/** A request that came as an object. @throws Failure INVALID_REQUEST that names every wrong field */
export function readMessage(operation: Operation, message: object): ParsedRequest {
  return { format: 'object', wire: message, request: parseRequest(operation, message) };
}

/** @throws Failure INVALID_REQUEST that names every wrong field */
export function parseRequest(operation: Operation, wire: unknown): unknown {
  const parsed = operation.request.safeParse(wire);
  if (!parsed.success) throw invalidRequest(...parsed.error.issues.flatMap(violations));
  return parsed.data;
}

export async function encodeMessage(operation: Operation, message: unknown): Promise<Buffer> {
  return (await codecOf(operation)).responseSerialize(message as never);
}

/** JSON in which every number is finite. @throws Failure BUG */
export function encodeJson(message: unknown): string {
  const json = JSON.stringify(message ?? {});
  // Where it writes no null it was given no other number; to look at each value takes several times as long.
  return json.includes('null') ? encodeFinite(message) : json;
}

function encodeFinite(message: unknown): string {
  return JSON.stringify(message ?? {}, (key, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) throw notFinite(key, value);
    return value;
  });
}

/** A message in which every number is finite; protobuf could carry others. @throws Failure BUG */
export function requireFinite<T>(message: T): T {
  for (const key in message) {
    const value: unknown = message[key];
    if (typeof value === 'number' && !Number.isFinite(value)) throw notFinite(key, value);
    if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
      requireFinite(value);
  }
  return message;
}

function notFinite(key: string, value: unknown): Failure {
  return new Failure('BUG', `Invariant: no ${String(value)} leaves a model (${key})`);
}

function formatOf(contentType = ''): Format {
  return /^application\/(x-)?protobuf\b/i.test(contentType) ? 'protobuf' : 'json';
}

/** An answer is in protobuf where the caller accepts that, else in the format of its request. */
export function answerFormat(format: Format, accept = ''): Format {
  return format === 'json' && /\bapplication\/(x-)?protobuf\b/i.test(accept) ? 'protobuf' : format;
}

/** Whether the messages of a stream shall come in protobuf, each behind its length. */
export function acceptsFrames(accept = ''): boolean {
  return /\bapplication\/(x-)?protobuf *; *encoding=length-prefixed\b/i.test(accept);
}

/** A line without text counts as empty, as `echo | faas-cli invoke` sends it. */
function parseJson(body: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (/^(\r?\n)?$/.test(text)) return {};
    // Only such a text can hold the key, spelled out or escaped.
    const isSafe = !/__proto__|\\u/i.test(text);
    const parsed: unknown = isSafe ? JSON.parse(text) : JSON.parse(text, refusePrototype);
    const repeated = duplicateKeys(text);
    if (repeated.length === 0) return parsed;
    throw invalidRequest(
      ...repeated
        .slice(0, REPEATED_NAMED_MAX)
        .map((field) => ({ field, message: 'is given twice' })),
    );
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    throw invalidRequest(...notUtf8(body));
  }
}

/** Names the fields, where all else of the body is JSON. */
function notUtf8(body: Buffer): FieldViolation[] {
  const text = body.toString('utf8');
  try {
    const fields = isUtf8(body) ? [] : fieldsWith(JSON.parse(text), REPLACEMENT);
    if (fields.length > 0) return fields.map((field) => ({ field, message: 'is not UTF-8' }));
  } catch {
    // Neither JSON nor UTF-8.
  }
  return [{ field: 'body', message: 'is not JSON in UTF-8' }];
}

/** Later copies of the object would drop the key silently, and with it the caller's value. */
function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw invalidRequest({ field: key, message: 'is not a key' });
  return value;
}

async function parseProtobuf(operation: Operation, body: Buffer): Promise<unknown> {
  const codec = await codecOf(operation);
  const { decodeStrictly } = await import('#shared/contract/strict-decode.ts');
  try {
    return decodeStrictly(codec.requestDeserialize, body);
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    throw invalidRequest({
      field: 'body',
      message: 'is not the protobuf message of this operation',
    });
  }
}

interface Issue {
  readonly code?: string | undefined;
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}

function violations(issue: Issue): FieldViolation[] {
  const path = pathText(issue.path);
  if (issue.code === 'unrecognized_keys')
    return (issue.keys ?? []).map((key) => ({
      field: path === 'body' ? named(key) : `${path}.${named(key)}`,
      message: 'is not a field of this request',
    }));
  return [{ field: path, message: issue.message }];
}

/** Also where a caller's field has no name. */
function named(key: string): string {
  return key === '' ? '""' : key.slice(0, 100);
}

/** `trades[0].isin`; the request itself is `body`. */
function pathText(path: readonly PropertyKey[]): string {
  const text = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part).slice(0, 100)}`))
    .join('');
  return text === '' ? 'body' : text.replace(/^\./, '');
}

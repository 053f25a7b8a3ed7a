/**
 * The details that come with a gRPC status: `grpc-status-details-bin` holds a google.rpc.Status
 * (https://github.com/googleapis/googleapis/tree/master/google/rpc), of which three messages mean
 * something to us: BadRequest, RetryInfo and ErrorInfo. Whatever else it holds is passed over.
 */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { FieldViolation } from '#shared/kernel/failure.ts';

export const DETAILS_KEY = 'grpc-status-details-bin';

/** As facts of a failure. Never throws: details that do not parse are no details. */
export function factsOfDetails(bytes: Uint8Array): Record<string, unknown> {
  try {
    const facts: Record<string, unknown> = {};
    for (const any of fieldsOf(bytes).filter(({ field }) => field === 3)) {
      const [type = '', value = new Uint8Array()] = [text(any.value, 1), bytesOf(any.value, 2)];
      Object.assign(facts, readers[type.slice(type.lastIndexOf('/') + 1)]?.(value));
    }
    return facts;
  } catch {
    return {};
  }
}

const readers: Readonly<Record<string, (bytes: Uint8Array) => Record<string, unknown>>> = {
  'google.rpc.BadRequest': (bytes) => {
    const violations: FieldViolation[] = repeated(bytes, 1).map((one) => ({
      field: text(one, 1) ?? '',
      message: text(one, 2) ?? '',
    }));
    return { field: violations[0]?.field, violations };
  },
  'google.rpc.RetryInfo': (bytes) => {
    const delay = bytesOf(bytes, 1);
    if (!delay) return {};
    return { retryAfterMs: number(delay, 1) * 1000 + Math.round(number(delay, 2) / 1e6) };
  },
  'google.rpc.ErrorInfo': (bytes) =>
    Object.fromEntries(
      repeated(bytes, 3).map((entry) => [text(entry, 1) ?? '', text(entry, 2) ?? '']),
    ),
};

interface Field {
  readonly field: number;
  /** Of a length-delimited field. */
  readonly value: Uint8Array;
  /** Of a varint. */
  readonly number: number;
}

const NOTHING = new Uint8Array();

function fieldsOf(bytes: Uint8Array): Field[] {
  const reader = new BinaryReader(bytes);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === 2) fields.push({ field, value: reader.bytes(), number: 0 });
    else if (wireType === 0) fields.push({ field, value: NOTHING, number: Number(reader.int64()) });
    else reader.skip(wireType);
  }
  return fields;
}

function repeated(bytes: Uint8Array, requested: number): Uint8Array[] {
  return fieldsOf(bytes)
    .filter(({ field }) => field === requested)
    .map(({ value }) => value);
}

function bytesOf(bytes: Uint8Array, requested: number): Uint8Array | undefined {
  return repeated(bytes, requested).at(-1);
}

function text(bytes: Uint8Array, requested: number): string | undefined {
  const value = bytesOf(bytes, requested);
  return value && new TextDecoder().decode(value);
}

function number(bytes: Uint8Array, requested: number): number {
  return fieldsOf(bytes).findLast(({ field }) => field === requested)?.number ?? 0;
}

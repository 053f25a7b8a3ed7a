/**
 * A failure as the `google.rpc.Status` that clients of all languages look for in
 * `grpc-status-details-bin`. The few messages are written by hand: generated ones would clash with
 * those that clients bring along. https://google.aip.dev/193
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Failure, FieldViolation } from '#shared/kernel/failure.ts';

const ERROR_DOMAIN = 'arduino_trader';

/** All metadata of an answer together commonly may take 8 KiB. */
const DETAILS_BYTES_MAX = 4_096;
const VIOLATIONS_MAX = 20;
const TEXT_MAX = 200;
const RETRY_MS = 1_000;

/** Field numbers are those of google/rpc/status.proto and google/rpc/error_details.proto. */
export function errorDetails(failure: Failure, requestId: string): Buffer {
  const details = [errorInfo(failure, requestId), badRequest(failure), retryInfo(failure)];
  const head = new BinaryWriter()
    .uint32(tag(1, VARINT))
    .int32(failure.rule.grpc)
    .uint32(tag(2))
    .string(failure.message.slice(0, TEXT_MAX * 5))
    .finish();
  let whole = Buffer.from(head);
  for (const detail of details) {
    if (!detail || whole.length + detail.length > DETAILS_BYTES_MAX) continue;
    whole = Buffer.concat([whole, message(3, detail)]);
  }
  return whole;
}

/** Why, for machines: the rule that said no, or else the failure's code. */
function reasonOf({ code, facts }: Failure): string {
  const { rule } = facts;
  return typeof rule === 'string' ? rule.toUpperCase().replaceAll('-', '_') : code;
}

function errorInfo(failure: Failure, requestId: string): Uint8Array {
  const { violations: _listed, ...facts } = failure.facts;
  const writer = new BinaryWriter()
    .uint32(tag(1))
    .string(reasonOf(failure))
    .uint32(tag(2))
    .string(ERROR_DOMAIN);
  for (const [name, fact] of Object.entries({ code: failure.code, requestId, ...facts })) {
    if (fact === undefined) continue;
    const entry = new BinaryWriter()
      .uint32(tag(1))
      .string(name)
      .uint32(tag(2))
      .string(factText(fact))
      .finish();
    writer.uint32(tag(3)).bytes(entry);
  }
  return any('google.rpc.ErrorInfo', writer.finish());
}

function factText(fact: unknown): string {
  return (typeof fact === 'string' ? fact : JSON.stringify(fact)).slice(0, TEXT_MAX);
}

function badRequest({ facts }: Failure): Uint8Array | undefined {
  const violations = facts['violations'] as readonly FieldViolation[] | undefined;
  if (!Array.isArray(violations)) return undefined;
  const writer = new BinaryWriter();
  for (const violation of violations.slice(0, VIOLATIONS_MAX)) {
    const fields = new BinaryWriter()
      .uint32(tag(1))
      .string(String(violation.field).slice(0, TEXT_MAX))
      .uint32(tag(2))
      .string(String(violation.message).slice(0, TEXT_MAX))
      .finish();
    writer.uint32(tag(1)).bytes(fields);
  }
  return any('google.rpc.BadRequest', writer.finish());
}

function retryInfo({ rule, facts }: Failure): Uint8Array | undefined {
  if (rule.retry !== 'later') return undefined;
  const requested = Number(facts['retryAfterMs']);
  const ms = Number.isFinite(requested) && requested >= 0 ? Math.ceil(requested) : RETRY_MS;
  const duration = new BinaryWriter()
    .uint32(tag(1, VARINT))
    .int64(Math.floor(ms / 1000))
    .uint32(tag(2, VARINT))
    .int32((ms % 1000) * 1_000_000)
    .finish();
  return any('google.rpc.RetryInfo', message(1, duration));
}

function any(type: string, value: Uint8Array): Uint8Array {
  return new BinaryWriter()
    .uint32(tag(1))
    .string(`type.googleapis.com/${type}`)
    .uint32(tag(2))
    .bytes(value)
    .finish();
}

function message(field: number, bytes: Uint8Array): Uint8Array {
  return new BinaryWriter().uint32(tag(field)).bytes(bytes).finish();
}

const VARINT = 0;
const DELIMITED = 2;

function tag(field: number, wireType = DELIMITED): number {
  return (field << 3) | wireType;
}

/**
 * A failure as the `google.rpc.Status` that clients of all languages expect in
 * `grpc-status-details-bin`. https://google.aip.dev/193
 */
import type { Any } from '#protos/gen/google/protobuf/any.ts';
import { BadRequest, ErrorInfo, RetryInfo } from '#protos/gen/google/rpc/error_details.ts';
import { Status } from '#protos/gen/google/rpc/status.ts';
import type { Failure, FieldViolation } from '#shared/kernel/failure.ts';

const ERROR_DOMAIN = 'arduino_trader';

/** All metadata of an answer together commonly may take 8 KiB. */
const DETAILS_BYTES_MAX = 4_096;
const VIOLATIONS_MAX = 20;
const TEXT_MAX = 200;
const RETRY_MS = 1_000;

/** At most 4 KiB: a detail that no longer fits is left out, the rarest last. */
export function errorDetails(failure: Failure, requestId: string): Buffer {
  const message = failure.message.slice(0, TEXT_MAX * 5);
  let status = Status.create({ code: failure.rule.grpc, message });
  for (const detail of [errorInfo(failure, requestId), badRequest(failure), retryInfo(failure)]) {
    const longer = { ...status, details: [...status.details, ...(detail ? [detail] : [])] };
    if (Status.encode(longer).finish().length <= DETAILS_BYTES_MAX) status = longer;
  }
  return Buffer.from(Status.encode(status).finish());
}

/** The machine-readable reason: the rule that was violated, or else the failure's code. */
function reasonOf({ code, facts }: Failure): string {
  const { rule } = facts;
  return typeof rule === 'string' ? rule.toUpperCase().replaceAll('-', '_') : code;
}

function errorInfo(failure: Failure, requestId: string): Any {
  const { violations: _listed, ...facts } = failure.facts;
  const entries = Object.entries({ code: failure.code, requestId, ...facts })
    .filter(([, fact]) => fact !== undefined)
    .map(([name, fact]): [string, string] => [name, factText(fact)]);
  const metadata = Object.fromEntries(entries);
  const value = { reason: reasonOf(failure), domain: ERROR_DOMAIN, metadata };
  return any('ErrorInfo', ErrorInfo.encode(value).finish());
}

function factText(fact: unknown): string {
  return (typeof fact === 'string' ? fact : JSON.stringify(fact)).slice(0, TEXT_MAX);
}

function badRequest({ facts }: Failure): Any | undefined {
  const violations = facts['violations'] as readonly FieldViolation[] | undefined;
  if (!Array.isArray(violations)) return undefined;
  const fieldViolations = violations.slice(0, VIOLATIONS_MAX).map(({ field, message }) => ({
    field: String(field).slice(0, TEXT_MAX),
    description: String(message).slice(0, TEXT_MAX),
  }));
  return any('BadRequest', BadRequest.encode(BadRequest.fromPartial({ fieldViolations })).finish());
}

function retryInfo({ rule, facts }: Failure): Any | undefined {
  if (rule.retry !== 'later') return undefined;
  const requested = Number(facts['retryAfterMs']);
  const ms = Number.isFinite(requested) && requested >= 0 ? Math.ceil(requested) : RETRY_MS;
  const seconds = String(Math.floor(ms / 1000));
  const retryDelay = { seconds, nanos: (ms % 1000) * 1_000_000 };
  return any('RetryInfo', RetryInfo.encode({ retryDelay }).finish());
}

function any(name: string, value: Uint8Array): Any {
  return { typeUrl: `type.googleapis.com/google.rpc.${name}`, value: Buffer.from(value) };
}

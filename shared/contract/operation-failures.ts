/** The codes that an operation can fail with, for its description: those of its kind, and those that its row adds. */
import { failureTable, type FailureCode } from '#shared/kernel/failure.ts';
import type { Operation } from './row.ts';

/** Fields that name something that may not be there; each operation with one of them can answer NOT_FOUND. */
const NAMES = [
  'accountId',
  'planId',
  'tradeId',
  'lineId',
  'jobName',
  'isin',
  'isins',
  'symbol',
  'channel',
  'action',
  'changedFrom',
  'trades',
  'positions',
  'currentPositions',
];

const ofAll: readonly FailureCode[] = [
  ...(['INVALID_REQUEST', 'UNAUTHENTICATED', 'TOO_LARGE', 'TOO_BUSY'] as const),
  ...(['BUG', 'DATA_CORRUPT', 'UNAVAILABLE', 'DEADLINE'] as const),
];
/** A rule may forbid it, and it takes effect once for each key. */
const ofChanges: readonly FailureCode[] = [
  ...(['NOT_ALLOWED', 'CONFLICT', 'KEY_REUSED', 'REFUSED', 'OUTCOME_UNKNOWN'] as const),
];

/** @returns in the order of the table of failures; CANCELLED never arrives, since its caller has left */
export function failuresOf(operation: Operation): readonly FailureCode[] {
  const { effect, needs, fails = [] } = operation;
  const fields = Object.keys((operation.request as { shape?: object }).shape ?? {});
  const can = new Set<FailureCode>([
    ...ofAll,
    ...(effect === 'reads' ? [] : ofChanges),
    ...(fields.some((field) => NAMES.includes(field)) ? (['NOT_FOUND'] as const) : []),
    ...(needs.includes('broker') || needs.includes('prices') ? (['UPSTREAM_BROKEN'] as const) : []),
    ...fails,
  ]);
  return codes.filter((code) => can.has(code));
}

const codes = Object.keys(failureTable) as FailureCode[];

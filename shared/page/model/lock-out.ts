/** Failed sign-ins of one address: after some in a row it has to wait, each time twice as long. */
import type { Instant } from '#shared/kernel/instant.ts';

export interface Attempts {
  readonly failures: number;
  readonly lastAt: Instant;
  /** Absent while it need not wait. */
  readonly lockedUntil?: Instant | undefined;
}

const FAILURES_FREE = 5;
const WINDOW_MS = 15 * 60_000;
const FIRST_LOCK_MS = 60_000;
const LOCK_MS_MAX = 3_600_000;

/** @returns how long to wait; 0 for an address that may try */
export function waitMs(attempts: Attempts | undefined, now: Instant): number {
  return Math.max(0, (attempts?.lockedUntil ?? 0) - now);
}

/** One more failure. After a quiet quarter of an hour the count begins anew. */
export function withFailure(attempts: Attempts | undefined, now: Instant): Attempts {
  const quietSince = Math.max(attempts?.lastAt ?? 0, attempts?.lockedUntil ?? 0);
  const isFresh = attempts === undefined || now - quietSince > WINDOW_MS;
  const failures = isFresh ? 1 : attempts.failures + 1;
  if (failures < FAILURES_FREE) return { failures, lastAt: now };
  const lockMs = Math.min(FIRST_LOCK_MS * 2 ** (failures - FAILURES_FREE), LOCK_MS_MAX);
  return { failures, lastAt: now, lockedUntil: (now + lockMs) as Instant };
}

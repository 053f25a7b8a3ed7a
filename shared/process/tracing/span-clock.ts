/**
 * When spans begin, in milliseconds since 1970 with their fractions. Date.now() has none, and performance.now() does not
 * follow when the clock of the system is set or drifts.
 */
import type { HrTime } from '@opentelemetry/api';

/** Beyond the millisecond that Date.now() leaves out. */
const DRIFT_MS_MAX = 1;
const MS_PER_S = 1_000;
const NS_PER_MS = 1_000_000;
const NS_PER_S = 1_000_000_000;

let originMs = performance.timeOrigin;

/** @param now by performance.now() */
export function epochMsAt(now: number): number {
  const behindMs = Date.now() - (originMs + now);
  if (behindMs > DRIFT_MS_MAX || behindMs < -1 - DRIFT_MS_MAX) originMs += behindMs;
  return originMs + now;
}

export function hrTimeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / MS_PER_S);
  return [seconds, Math.floor((ms - seconds * MS_PER_S) * NS_PER_MS)];
}

/** @returns the time so much later, of which the difference is exact */
export function laterBy(ms: number, [seconds, nanoseconds]: HrTime): HrTime {
  const [more, moreNanoseconds] = hrTimeOf(ms);
  const sum = nanoseconds + moreNanoseconds;
  return sum < NS_PER_S ? [seconds + more, sum] : [seconds + more + 1, sum - NS_PER_S];
}

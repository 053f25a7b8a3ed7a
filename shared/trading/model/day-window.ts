/** The orders that count towards daily limits. */
import { HOUR_MS, later, type Instant, type SteadyTime } from '#shared/kernel/instant.ts';
import type { TradeId } from '#shared/kernel/identifiers.ts';

/**
 * Less than a day by an hour, so that a daily cycle that begins a little earlier than the day before is not
 * measured with that day's orders.
 */
const DAY_WINDOW_MS = 23 * HOUR_MS;

/** An admitted order, with its time by the monotonic clock. */
export interface AdmittedOrder {
  readonly tradeId: TradeId;
  readonly at: SteadyTime;
}

/** From here on orders count by the wall clock; those of a moment to come, too. */
export function windowStart(now: Instant): Instant {
  return later(now, -DAY_WINDOW_MS);
}

/** Orders that count whatever the wall clock says. After a restart of the machine it alone decides. */
export function stillCounted(
  admitted: readonly AdmittedOrder[],
  now: SteadyTime,
): readonly AdmittedOrder[] {
  return admitted.filter(({ at }) => at.boot === now.boot && now.ms - at.ms < DAY_WINDOW_MS);
}

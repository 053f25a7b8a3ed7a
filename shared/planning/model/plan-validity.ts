/** How long the orders of a plan may be sent. */
import { addDays, dayOf, startOf } from '#shared/kernel/calendar-day.ts';
import type { Instant } from '#shared/kernel/instant.ts';

/** @param days 1: to the end of the UTC day on which the plan was made */
export function validUntil(createdAt: Instant, days: number): Instant {
  return startOf(addDays(dayOf(createdAt), days));
}

/** Days on which slices go out. */
import { addDays, dayOf, daysBetween, isWeekend } from '#shared/kernel/calendar-day.ts';
import { DAY_MS, later, type Instant } from '#shared/kernel/instant.ts';

/** The same hour so many weekdays on. Holidays are the exchange's to know: an order then waits. */
export function tradingDaysLater(from: Instant, days: number): Instant {
  const start = dayOf(from);
  let day = start;
  for (let left = days; left > 0;) {
    day = addDays(day, 1);
    if (!isWeekend(day)) left -= 1;
  }
  return later(from, daysBetween(start, day) * DAY_MS);
}

/** When slices go out. */
import { addDays, dayOf, daysBetween, isWeekend } from '#shared/kernel/calendar-day.ts';
import { DAY_MS, MINUTE_MS, later, type Instant } from '#shared/kernel/instant.ts';
import type { ExchangeCalendar } from '#shared/quant/calendars/exchange-calendar.ts';
import { instantAt, localDay } from '#shared/quant/calendars/zone-time.ts';

/**
 * So many sessions on, at the same hour of the exchange's clock; at the opening where that hour is
 * outside of the session, as on a half day. 0 is `from` itself. Without a calendar nobody knows the
 * holidays: then it is the same hour so many weekdays on, and an order on a holiday waits.
 * @throws Failure REFUSED calendar-range where the calendar ends before
 */
export function tradingDaysLater(
  from: Instant,
  days: number,
  calendar?: ExchangeCalendar,
): Instant {
  if (days === 0) return from;
  if (!calendar) return weekdaysLater(from, days);
  const { zone } = calendar;
  const start = localDay(zone, from);
  let day = start;
  for (let left = days; left > 0; left -= 1) day = calendar.sessionFrom(addDays(day, 1));
  const minutes = Math.floor((from - instantAt(zone, start, 0)) / MINUTE_MS);
  const requested = instantAt(zone, day, minutes);
  const session = calendar.session(day);
  if (!session || (requested >= session.opens && requested < session.closes)) return requested;
  return session.opens;
}

function weekdaysLater(from: Instant, days: number): Instant {
  const start = dayOf(from);
  let day = start;
  for (let left = days; left > 0;) {
    day = addDays(day, 1);
    if (!isWeekend(day)) left -= 1;
  }
  return later(from, daysBetween(start, day) * DAY_MS);
}

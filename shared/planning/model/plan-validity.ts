/** How long the orders of a plan may be sent. */
import { addDays, dayOf, startOf } from '#shared/kernel/calendar-day.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import { calendarOf } from '#shared/quant/calendars/calendars.ts';
import type { ExchangeCalendar } from '#shared/quant/calendars/exchange-calendar.ts';
import { localDay } from '#shared/quant/calendars/zone-time.ts';

/** More days than lie between two sessions anywhere. */
const LONGEST_BREAK_DAYS = 30;

/**
 * The end of a plan: that of its order that may be sent longest.
 * @param days trading days, 1 or more
 */
export function validUntil(
  createdAt: Instant,
  days: number,
  exchanges: Iterable<string | undefined>,
): Instant {
  const ends = [...new Set(exchanges)].map((exchange) =>
    orderValidUntil(createdAt, days, exchange),
  );
  return ends.length === 0
    ? orderValidUntil(createdAt, days, undefined)
    : instantOf(Math.max(...ends));
}

/**
 * The close of the last session in which an order of a plan may be sent. The first one is the session
 * that is open when the plan is made, or else the next. For an exchange without a calendar, or beyond the
 * range of its calendar, the UTC day stands for the session.
 */
export function orderValidUntil(
  createdAt: Instant,
  days: number,
  exchange: string | undefined,
): Instant {
  const calendar = exchange === undefined ? undefined : calendarOf(exchange);
  const close = calendar && closeOfSession(calendar, createdAt, days);
  return close ?? startOf(addDays(dayOf(createdAt), days));
}

function closeOfSession(
  calendar: ExchangeCalendar,
  createdAt: Instant,
  days: number,
): Instant | undefined {
  const today = localDay(calendar.zone, createdAt);
  const farthest = addDays(today, (days + 1) * LONGEST_BREAK_DAYS);
  if (!calendar.covers(today) || !calendar.covers(farthest)) return undefined;
  let left = days;
  for (let day = today; ; day = addDays(day, 1)) {
    const session = calendar.session(day);
    if (session && session.closes > createdAt) left -= 1;
    if (session && left === 0) return session.closes;
  }
}

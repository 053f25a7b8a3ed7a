/** Whether an exchange trades, from its calendar. Pure. */
import { addDays, isWeekend, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { MINUTE_MS, type Instant } from '#shared/kernel/instant.ts';
import { calendarOf } from '#shared/quant/calendars/calendars.ts';
import type { ExchangeCalendar } from '#shared/quant/calendars/exchange-calendar.ts';
import { localDay } from '#shared/quant/calendars/zone-time.ts';
import type { MarketSession } from '../market-data.ts';

/** Time until a day's bar is final: the closing auction and the delay of free prices. */
const FINAL_AFTER_MS = 30 * MINUTE_MS;

/**
 * The session at a moment; its day is the last whose bar is final.
 * @throws Failure NOT_FOUND for an exchange without a calendar
 */
export function sessionAt(exchange: string, now: Instant): MarketSession {
  const calendar = calendarOf(exchange);
  if (!calendar) throw notFound('exchange', exchange);
  const today = localDay(calendar.zone, now);
  if (!calendar.covers(today) || !calendar.covers(addDays(today, -14)))
    return {
      open: false,
      day: weekdayBefore(today),
      reason: `the calendar of ${calendar.exchange} covers ${calendar.from} to ${calendar.to}`,
    };
  return {
    open: calendar.isOpen(now),
    day: finalDay(calendar, today, now),
    reason: reason(calendar, today, now),
  };
}

function finalDay(calendar: ExchangeCalendar, today: CalendarDay, now: Instant): CalendarDay {
  const session = calendar.session(today);
  if (session && now >= session.closes + FINAL_AFTER_MS) return today;
  return calendar.sessionUntil(addDays(today, -1));
}

function reason(calendar: ExchangeCalendar, today: CalendarDay, now: Instant): string {
  const hours = calendar.hours(today);
  if (!hours) return `closed on ${today}`;
  const pause = hours.pause ? `, with a break from ${hours.pause.from} to ${hours.pause.to}` : '';
  const span = `${hours.opens} to ${hours.closes} (${calendar.zone})${pause}`;
  return calendar.isOpen(now) ? `open today, ${span}` : `closed now; trades today from ${span}`;
}

function weekdayBefore(day: CalendarDay): CalendarDay {
  const before = addDays(day, -1);
  return isWeekend(before) ? weekdayBefore(before) : before;
}

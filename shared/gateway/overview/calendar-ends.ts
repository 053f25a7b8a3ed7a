/** Exchanges whose published trading days end soon. */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { calendarOf } from '#shared/quant/calendars/calendars.ts';
import type { CalendarEnd } from '../model/standing.ts';

/** Two months are time for the exchange to publish, and for a new version. */
const SAID_DAYS_BEFORE = 60;

/** By exchange; those without a calendar are not among them, as nothing of theirs ends. */
export function calendarEnds(
  securities: readonly { readonly exchange: string }[],
  today: CalendarDay,
): readonly CalendarEnd[] {
  const exchanges = new Set(securities.map(({ exchange }) => exchange));
  return [...exchanges].sort().flatMap((exchange) => {
    const calendar = calendarOf(exchange);
    if (!calendar) return [];
    const { knownTo, to } = calendar;
    const daysLeft = daysBetween(today, knownTo);
    return daysLeft > SAID_DAYS_BEFORE ? [] : [{ exchange, knownTo, to, daysLeft }];
  });
}

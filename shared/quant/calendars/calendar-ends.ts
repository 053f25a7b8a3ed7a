/** Exchanges whose published trading days end soon. */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { calendarOf } from './calendars.ts';

export interface CalendarEnd {
  /** Market identifier, and the last day whose sessions it has published. */
  readonly exchange: string;
  readonly knownTo: string;
  /** Last day of the table; its holidays after `knownTo` are estimates. */
  readonly to: string;
  readonly daysLeft: number;
}

/** Two months are time for the exchange to publish, and for a new version. */
const SAID_DAYS_BEFORE = 60;

/** Once for each exchange; those without a calendar are not among them, as nothing of theirs ends. */
export function calendarEnds(
  exchanges: readonly string[],
  today: CalendarDay,
): readonly CalendarEnd[] {
  return [...new Set(exchanges)].sort().flatMap((exchange) => {
    const calendar = calendarOf(exchange);
    if (!calendar) return [];
    const { knownTo, to } = calendar;
    const daysLeft = daysBetween(today, knownTo);
    return daysLeft > SAID_DAYS_BEFORE ? [] : [{ exchange, knownTo, to, daysLeft }];
  });
}

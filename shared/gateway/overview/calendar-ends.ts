/** Exchanges whose published trading days end soon. */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { jobs, ownSchedules } from '#shared/contract/jobs.ts';
import type { Settings } from '#shared/process/settings.ts';
import { calendarOf } from '#shared/quant/calendars/calendars.ts';
import { parseSessionSchedule } from '#shared/quant/calendars/session-schedule.ts';
import type { CalendarEnd } from '../model/standing.ts';

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

/** The exchanges whose sessions the jobs follow (`@open XETR +30m`). */
export function scheduledExchanges(
  settings: Pick<Settings, 'tradingCycleSchedule'>,
): readonly string[] {
  const own = ownSchedules(settings);
  return jobs.flatMap(({ name, schedule }) => {
    const session = parseSessionSchedule(own[name] ?? schedule);
    return typeof session === 'object' ? [session.exchange] : [];
  });
}

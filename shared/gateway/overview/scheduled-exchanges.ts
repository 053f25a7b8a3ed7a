/** Exchanges that the jobs wait for. */
import { jobs, ownSchedules } from '#shared/contract/jobs.ts';
import type { Settings } from '#shared/process/settings.ts';
import { parseSessionSchedule } from '#shared/quant/calendars/session-schedule.ts';

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

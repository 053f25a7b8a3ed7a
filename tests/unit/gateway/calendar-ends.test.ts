/** Calendars that end are named where anything waits for them: a security, a job, or a function's schedule. */
import { endingCalendars, subscriptionsOf } from '#gateway/connector/subscriptions.ts';
import { scheduledExchanges } from '#shared/gateway/overview/scheduled-exchanges.ts';
import { calendarEnds } from '#shared/quant/calendars/calendar-ends.ts';
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { calendarTables } from '#shared/quant/calendars/tables/all.ts';
import { requireCalendar } from '../../support/markets/require-calendar.ts';

const exchanges = calendarTables.map(({ exchange }) => exchange);

/** Of a function that is deployed with this annotation. */
function annotated(schedule: string, today: CalendarDay): readonly string[] {
  const annotations = { topic: 'cron-function', schedule };
  const deployed = { name: 'own', annotations, envVars: {} };
  return subscriptionsOf([deployed])
    .schedules.flatMap((one) => endingCalendars(one, today))
    .map(({ exchange, daysLeft }) => `${exchange} ${daysLeft}`);
}

it.each(exchanges)(
  '%s is warned of in a schedule alone, from 60 days before its end',
  (exchange) => {
    const { knownTo } = requireCalendar(exchange);
    const [before, on] = [addDays(knownTo, -61), addDays(knownTo, -60)];
    const scheduled = scheduledExchanges({ tradingCycleSchedule: `@open ${exchange} +30m` });
    expect(scheduled).toEqual([exchange]);
    expect(calendarEnds(scheduled, before)).toEqual([]);
    expect(calendarEnds(scheduled, on)).toMatchObject([{ exchange, knownTo, daysLeft: 60 }]);
    expect(annotated(`@close ${exchange}; @hourly`, before)).toEqual([]);
    expect(annotated(`CRON_TZ=Asia/Tokyo @close ${exchange}; @hourly`, on)).toEqual([
      `${exchange} 60`,
    ]);
  },
);

it('is said once of an exchange that is traded on and scheduled, and never of one without a calendar', () => {
  const day = requireCalendar('XSES').knownTo;
  const found = calendarEnds(['XSES', 'XSES', 'XTST', 'XSES'], day);
  expect(found.map(({ exchange }) => exchange)).toEqual(['XSES']);
  expect(scheduledExchanges({ tradingCycleSchedule: '0 7 * * 1-5' })).toEqual([]);
});

/** On which days of a run something is due. */
import { dayOfEpoch, epochDay, weekday, type CalendarDay } from '#shared/kernel/calendar-day.ts';

export const periods = ['week', 'month', 'quarter', 'half-year', 'year'] as const;
export type Period = (typeof periods)[number];

export type ReplaySchedule =
  /** The first day alone. */
  | { readonly kind: 'once' }
  | { readonly kind: 'daily' }
  /** The first day, and every so many days of trading after it but the last day of the run. */
  | { readonly kind: 'every'; readonly days: number }
  /** The first day, and the first day of trading of each period but the last day of the run. */
  | { readonly kind: 'first-of'; readonly period: Period };

/** @param days of trading, rising @returns for each whether a decision is due */
export function dueDays(
  days: readonly CalendarDay[],
  schedule: ReplaySchedule,
): readonly boolean[] {
  const last = days.length - 1;
  return days.map((day, index) => {
    if (index === 0 || schedule.kind === 'daily') return true;
    if (schedule.kind === 'once' || index === last) return false;
    if (schedule.kind === 'every') return index % schedule.days === 0;
    return beginsPeriod(days[index - 1], day, schedule.period);
  });
}

/** Whether a day is the first of its period, after the day of trading before it. */
export function beginsPeriod(
  before: CalendarDay | undefined,
  day: CalendarDay,
  period: Period,
): boolean {
  return before !== undefined && periodOf(before, period) !== periodOf(day, period);
}

function periodOf(day: CalendarDay, period: Period): string {
  const [year = '', month = '1'] = day.split('-');
  switch (period) {
    case 'week':
      // Its Monday.
      return dayOfEpoch(epochDay(day) - ((weekday(day) + 6) % 7));
    case 'month':
      return `${year}-${month}`;
    case 'quarter':
      return `${year}-${Math.ceil(Number(month) / 3)}`;
    case 'half-year':
      return `${year}-${Math.ceil(Number(month) / 6)}`;
    case 'year':
      return year;
  }
}

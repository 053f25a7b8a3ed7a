/** Returns by the calendar: of weeks, months and years, and back from a day. */
import {
  addDays,
  dayOfEpoch,
  epochDay,
  weekday,
  type CalendarDay,
} from '#shared/kernel/calendar-day.ts';
import type { Series } from './moments.ts';
import { DAYS_A_YEAR, compoundGrowth, totalReturn } from './returns.ts';

export type CalendarPeriod = 'week' | 'month' | 'quarter' | 'year';

/** Values of days, oldest first. */
export interface DatedValues {
  /** Days since 1970-01-01, rising. */
  readonly days: Series;
  readonly values: Series;
}

/**
 * A number that the days of a period share. A week is numbered as ISO 8601 does; `calendarWeek` keeps
 * it within the calendar year of its days, so that one over New Year is two.
 */
function periodOf(day: CalendarDay, period: CalendarPeriod, calendarWeek = false): number {
  const [year, month] = [Number(day.slice(0, 4)), Number(day.slice(5, 7))];
  if (period === 'year') return year;
  if (period === 'quarter') return year * 4 + Math.floor((month - 1) / 3);
  if (period === 'month') return year * 12 + month - 1;
  const thursday = addDays(day, 3 - ((weekday(day) + 6) % 7));
  const weekYear = Number(thursday.slice(0, 4));
  const firstDay = epochDay(`${thursday.slice(0, 4)}-01-01` as CalendarDay);
  const week = Math.floor((epochDay(thursday) - firstDay) / 7) + 1;
  return (calendarWeek ? year : weekYear) * 100 + week;
}

/** Returns of days linked within each period. */
export function aggregateReturns(
  { days, values: returns }: DatedValues,
  period: CalendarPeriod,
): Float64Array {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < returns.length; i += 1) {
    const key = periodOf(dayOfEpoch(days[i] ?? 0), period, true);
    const group = groups.get(key) ?? [];
    group.push(returns[i] ?? NaN);
    groups.set(key, group);
  }
  const order = [...groups].sort(([a], [b]) => a - b);
  return Float64Array.from(order, ([, group]) => totalReturn(group));
}

/** The last value of each period that has one. */
function periodEnds({ days, values }: DatedValues, period: CalendarPeriod): Float64Array {
  const ends: number[] = [];
  let last: number | undefined;
  for (let i = 0; i < values.length; i += 1) {
    const key = periodOf(dayOfEpoch(days[i] ?? 0), period);
    if (key !== last) ends.push(NaN);
    ends[ends.length - 1] = values[i] ?? NaN;
    last = key;
  }
  return Float64Array.from(ends);
}

/** Return of the current period: from the end of the one before, or from the first value. */
export function returnToDate(dated: DatedValues, period: CalendarPeriod): number {
  const ends = periodEnds(dated, period);
  const from = ends.length > 1 ? ends.at(-2) : dated.values[0];
  return (dated.values[dated.values.length - 1] ?? NaN) / (from ?? NaN) - 1;
}

/** Return over the last months: from the last value on or before that day; NaN where none is. */
export function trailingReturn({ days, values }: DatedValues, months: number): number {
  const end = days.length - 1;
  const from = epochDay(monthsBefore(dayOfEpoch(days[end] ?? 0), months));
  let start = end;
  while (start >= 0 && (days[start] ?? 0) > from) start -= 1;
  return (values[end] ?? NaN) / (values[start] ?? NaN) - 1;
}

/**
 * Compound annual growth over the last years: from the first value within them; NaN where history is
 * shorter. Years are of 365.25 days.
 */
export function trailingGrowth({ days, values }: DatedValues, years: number): number {
  const end = days.length - 1;
  const from = epochDay(monthsBefore(dayOfEpoch(days[end] ?? 0), 12 * years));
  if ((days[0] ?? Infinity) > from) return NaN;
  let start = 0;
  while ((days[start] ?? Infinity) < from) start += 1;
  return annualGrowth({ days: slice(days, start), values: slice(values, start) });
}

/** Compound annual growth from the first value to the last, in years of 365.25 days. */
export function annualGrowth({ days, values }: DatedValues): number {
  const end = days.length - 1;
  const years = ((days[end] ?? NaN) - (days[0] ?? NaN)) / DAYS_A_YEAR;
  return compoundGrowth(values[0] ?? NaN, values[end] ?? NaN, years);
}

/**
 * The same day of an earlier month, or its last day where that is shorter.
 * @internal exported for its tests
 */
export function monthsBefore(day: CalendarDay, months: number): CalendarDay {
  const month = periodOf(day, 'month') - months;
  const first = (index: number): CalendarDay => {
    const [year, of] = [Math.floor(index / 12), (index % 12) + 1];
    return `${String(year).padStart(4, '0')}-${String(of).padStart(2, '0')}-01` as CalendarDay;
  };
  const length = epochDay(first(month + 1)) - epochDay(first(month));
  return addDays(first(month), Math.min(Number(day.slice(8, 10)), length) - 1);
}

function slice(values: Series, from: number): Float64Array {
  return Float64Array.from(values).subarray(from);
}

/** Daily bars of one security in columns, oldest first. */
import { dayOfEpoch, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';

export interface PriceSeries {
  readonly isin: Isin;
  /** Days since 1970-01-01, rising. All columns have its length. */
  readonly days: Int32Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly adjustedClose: Float64Array;
  /** Shares; NaN where the source has none. */
  readonly volume: Float64Array;
}

/** Rates of one currency pair, oldest first: one unit of the first in units of the second. */
export interface RateSeries {
  readonly days: Int32Array;
  readonly rates: Float64Array;
}

export function lengthOf(series: PriceSeries): number {
  return series.days.length;
}

/** Index of the last entry on or before a day; -1 when there is none. */
export function indexAt(days: Int32Array, day: CalendarDay): number {
  return indexAtEpoch(days, epochDay(day));
}

/** The same for a day that is counted since 1970-01-01 already; for where many series are asked. */
export function indexAtEpoch(days: Int32Array, requested: number): number {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((days[middle] ?? 0) <= requested) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The bars from an index on. */
export function seriesFrom<T extends Omit<PriceSeries, 'isin'>>(series: T, first: number): T {
  const { days, open, high, low, close, adjustedClose, volume } = series;
  return {
    ...series,
    days: days.subarray(first),
    open: open.subarray(first),
    high: high.subarray(first),
    low: low.subarray(first),
    close: close.subarray(first),
    adjustedClose: adjustedClose.subarray(first),
    volume: volume.subarray(first),
  };
}

export function lastDay(series: { readonly days: Int32Array }): CalendarDay | undefined {
  const last = series.days.at(-1);
  return last === undefined ? undefined : dayOfEpoch(last);
}

/** Daily bars of one security in columns, oldest first. */
import type { BarFigures, CloseFigures } from '#shared/kernel/bars/packed-bars.ts';
import { dayOfEpoch, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';

export interface PriceSeries extends BarFigures {
  readonly isin: Isin;
}

/** What returns are measured on. */
export interface CloseSeries extends CloseFigures {
  readonly isin: Isin;
}

/** Rates of one currency pair, oldest first: one unit of the first in units of the second. */
export interface RateSeries {
  readonly days: Int32Array;
  readonly rates: Float64Array;
}

export function lengthOf(series: { readonly days: Int32Array }): number {
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
  return seriesWithin(series, first, series.days.length);
}

/** The bars from one index up to another; the same object where those are all. */
export function seriesWithin<T extends Omit<PriceSeries, 'isin'>>(
  series: T,
  first: number,
  end: number,
): T {
  if (first === 0 && end === series.days.length) return series;
  const close = series.close.subarray(first, end);
  const price = (name: PriceColumn): Float64Array =>
    series[name] === series.close ? close : series[name].subarray(first, end);
  return {
    ...series,
    days: series.days.subarray(first, end),
    open: price('open'),
    high: price('high'),
    low: price('low'),
    close,
    adjustedClose: price('adjustedClose'),
    volume: series.volume.subarray(first, end),
  };
}

/** The closes from one index up to another; the same object where those are all. */
export function closesWithin<T extends CloseFigures>(series: T, first: number, end: number): T {
  if (first === 0 && end === series.days.length) return series;
  const close = series.close.subarray(first, end);
  const isAdjusted = series.adjustedClose !== series.close;
  return {
    ...series,
    ...{ days: series.days.subarray(first, end), close },
    adjustedClose: isAdjusted ? series.adjustedClose.subarray(first, end) : close,
  };
}

export type PriceColumn = 'open' | 'high' | 'low' | 'close' | 'adjustedClose';

/**
 * Prices column by column. Many sources have closes alone: a column that is equal to the close is the same array, which
 * is made once.
 */
export function pricesOf(
  isClose: (name: PriceColumn) => boolean,
  column: (name: PriceColumn) => Float64Array,
): Pick<PriceSeries, PriceColumn> {
  const close = column('close');
  const other = (name: PriceColumn): Float64Array => (isClose(name) ? close : column(name));
  return {
    open: other('open'),
    high: other('high'),
    low: other('low'),
    close,
    adjustedClose: other('adjustedClose'),
  };
}

export function lastDay(series: { readonly days: Int32Array }): CalendarDay | undefined {
  const last = series.days.at(-1);
  return last === undefined ? undefined : dayOfEpoch(last);
}

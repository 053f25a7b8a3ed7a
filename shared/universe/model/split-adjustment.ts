/**
 * Split adjustment of prices to shares of today. Some sources adjust their closes already; in the
 * others they jump on the day of a split, and earlier prices are divided by its ratio. The prices
 * decide which case applies: the jump is nearer to the ratio, or nearer to 1. Closes and adjusted
 * closes are decided separately.
 */
import { epochDay } from '#shared/kernel/calendar-day.ts';
import { sharesRatio, type CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { PriceSeries } from './price-series.ts';

export function splitAdjusted(
  series: PriceSeries,
  actions: readonly CorporateAction[],
): PriceSeries {
  return actions
    .filter(({ isin }) => isin === series.isin)
    .map((action) => ({ day: epochDay(action.day), ratio: sharesRatio(action) }))
    .filter(({ ratio }) => ratio !== 1)
    .reduce(adjusted, series);
}

function adjusted(
  series: PriceSeries,
  { day, ratio }: { readonly day: number; readonly ratio: number },
): PriceSeries {
  const first = series.days.findIndex((one) => one >= day);
  if (first <= 0) return series;
  const [jump, adjustedJump] = jumpsAt(series, first);
  const scaled = (column: Float64Array, by: number): Float64Array =>
    column.map((value, i) => (i < first ? value * by : value));
  const closes = isUnadjusted(jump, ratio) ? 1 / ratio : 1;
  const adjustedCloses = isUnadjusted(adjustedJump, ratio) ? 1 / ratio : 1;
  if (closes === 1 && adjustedCloses === 1) return series;
  return {
    ...series,
    open: scaled(series.open, closes),
    high: scaled(series.high, closes),
    low: scaled(series.low, closes),
    close: scaled(series.close, closes),
    volume: scaled(series.volume, 1 / closes),
    adjustedClose: scaled(series.adjustedClose, adjustedCloses),
  };
}

/** Price before over price at the open of the day; of closes, and of adjusted closes. */
function jumpsAt(series: PriceSeries, first: number): readonly [number, number] {
  const at = (column: Float64Array, i: number): number => column[i] ?? Number.NaN;
  const adjustedOpen =
    (at(series.open, first) * at(series.adjustedClose, first)) / at(series.close, first);
  return [
    at(series.close, first - 1) / at(series.open, first),
    at(series.adjustedClose, first - 1) / adjustedOpen,
  ];
}

function isUnadjusted(jump: number, ratio: number): boolean {
  const size = Math.abs(Math.log(jump));
  return Math.abs(Math.log(jump / ratio)) < size;
}

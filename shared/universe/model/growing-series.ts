/**
 * Series that are gone on with bar by bar. Behind the columns of a series that was extended there is room, so that the
 * next bar copies none of those before; a shorter series of the same columns stays what it is.
 */
import type { BarToCheck } from '#shared/kernel/bars/bar-check.ts';
import type { PriceColumn, PriceSeries } from './price-series.ts';

type Column = PriceColumn | 'volume';

const PRICES = ['open', 'high', 'low', 'close', 'adjustedClose'] as const;
/** Bars that a series has room for when it is extended first. */
const ROOM_BARS = 64;

/** Of the columns that lie in a buffer: how many bars are taken, by the longest series of them. */
const taken = new WeakMap<ArrayBufferLike, { length: number }>();

/** The first bars of a series and others after them, of rising days. */
export function extended(
  series: PriceSeries,
  count: number,
  bars: readonly BarToCheck[],
): PriceSeries {
  return inPlace(series, count, bars) ?? copied(series, count, bars);
}

/** Where the bars repeat the last ones of the series, and the rest has room. */
function inPlace(
  series: PriceSeries,
  count: number,
  bars: readonly BarToCheck[],
): PriceSeries | undefined {
  const [from, length] = [series.days.length, count + bars.length];
  const room = taken.get(series.days.buffer);
  const begin = series.days.byteOffset / series.days.BYTES_PER_ELEMENT;
  if (room?.length !== begin + from || from > length) return undefined;
  if (series.days.buffer.byteLength / series.days.BYTES_PER_ELEMENT < begin + length)
    return undefined;
  const added = bars.slice(from - count);
  if (!repeats(series, count, bars) || !hasForm(series, added)) return undefined;
  room.length = begin + length;
  const { buffer, byteOffset } = series.days;
  const days = new Int32Array(buffer, byteOffset, length);
  for (const [i, bar] of added.entries()) days[from + i] = bar.day;
  return withColumns(series, added, days, (name) => {
    const column = series[name];
    const wider = new Float64Array(column.buffer, column.byteOffset, length);
    for (const [i, bar] of added.entries()) wider[from + i] = bar[name];
    return wider;
  });
}

/** Whether the columns that are the close in the series are so in the bars. */
function hasForm(series: PriceSeries, bars: readonly BarToCheck[]): boolean {
  return PRICES.every(
    (name) => series[name] !== series.close || bars.every((bar) => bar[name] === bar.close),
  );
}

/** Whether the bars begin with those of the series from an index on. */
function repeats(series: PriceSeries, count: number, bars: readonly BarToCheck[]): boolean {
  for (let at = count; at < series.days.length; at += 1) {
    const bar = bars[at - count];
    if (!bar || series.days[at] !== bar.day || !isBarAt(series, at, bar)) return false;
  }
  return true;
}

/** Whether a bar is the one at an index, but for its day. */
export function isBarAt(series: PriceSeries, at: number, bar: BarToCheck): boolean {
  return (
    series.open[at] === bar.open &&
    series.high[at] === bar.high &&
    series.low[at] === bar.low &&
    series.close[at] === bar.close &&
    series.adjustedClose[at] === bar.adjustedClose &&
    Object.is(series.volume[at], bar.volume)
  );
}

function copied(series: PriceSeries, count: number, bars: readonly BarToCheck[]): PriceSeries {
  const length = count + bars.length;
  const days = new Int32Array(length + ROOM_BARS).subarray(0, length);
  days.set(series.days.subarray(0, count));
  for (const [i, bar] of bars.entries()) days[count + i] = bar.day;
  taken.set(days.buffer, { length });
  return withColumns(series, bars, days, (name) => {
    const column = new Float64Array(length + ROOM_BARS).subarray(0, length);
    column.set(series[name].subarray(0, count));
    for (const [i, bar] of bars.entries()) column[count + i] = bar[name];
    return column;
  });
}

/** @param column made once for prices that are the close in the series and in the bars */
function withColumns(
  series: PriceSeries,
  bars: readonly BarToCheck[],
  days: Int32Array,
  column: (name: Column) => Float64Array,
): PriceSeries {
  const close = column('close');
  const price = (name: PriceColumn): Float64Array =>
    series[name] === series.close && bars.every((bar) => bar[name] === bar.close)
      ? close
      : column(name);
  return {
    isin: series.isin,
    days,
    open: price('open'),
    high: price('high'),
    low: price('low'),
    close,
    adjustedClose: price('adjustedClose'),
    volume: column('volume'),
  };
}

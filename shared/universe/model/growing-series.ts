/**
 * Series that are gone on with bar by bar. Behind the columns of a series that was extended there is room, so that the
 * next bar copies none of those before; a shorter series of the same columns stays what it is.
 */
import { pricesOf, type PriceColumn, type PriceSeries } from './price-series.ts';

const COLUMNS = ['open', 'high', 'low', 'close', 'adjustedClose', 'volume'] as const;
/** Bars that a series has room for when it is extended first. */
const ROOM_BARS = 64;

/** Of the columns that lie in a buffer: how many bars are taken, by the longest series of them. */
const taken = new WeakMap<ArrayBufferLike, { length: number }>();

/** The first bars of one series and all of another of the same security. */
export function joined(first: PriceSeries, count: number, second: PriceSeries): PriceSeries {
  const length = count + second.days.length;
  return inPlace(first, count, second) ?? copied(first, count, second, length);
}

/** Where the other repeats the last bars of the series, and the rest has room. */
function inPlace(first: PriceSeries, count: number, second: PriceSeries): PriceSeries | undefined {
  const [from, length] = [first.days.length, count + second.days.length];
  const room = taken.get(first.days.buffer);
  const begin = first.days.byteOffset / first.days.BYTES_PER_ELEMENT;
  if (room?.length !== begin + from || from > length) return undefined;
  if (first.days.buffer.byteLength / first.days.BYTES_PER_ELEMENT < begin + length)
    return undefined;
  const repeated = from - count;
  if (!hasSameForm(first, second) || !repeats(first, count, second, repeated)) return undefined;
  const grown = <T extends Int32Array | Float64Array>(column: T, added: T): T => {
    const wider = widened(column, length);
    wider.set(added.subarray(repeated), from);
    return wider;
  };
  room.length = begin + length;
  return {
    ...first,
    ...pricesOf(
      (name) => first[name] === first.close,
      (name) => grown(first[name], second[name]),
    ),
    days: grown(first.days, second.days),
    volume: grown(first.volume, second.volume),
  };
}

/** The same columns are the close in both. */
function hasSameForm(first: PriceSeries, second: PriceSeries): boolean {
  return COLUMNS.every((name) => first[name] !== first.close || second[name] === second.close);
}

function repeats(first: PriceSeries, count: number, second: PriceSeries, length: number): boolean {
  for (let i = 0; i < length; i += 1) {
    if (first.days[count + i] !== second.days[i]) return false;
    for (const name of COLUMNS)
      if (!Object.is(first[name][count + i], second[name][i])) return false;
  }
  return true;
}

function widened<T extends Int32Array | Float64Array>(column: T, length: number): T {
  const { buffer, byteOffset } = column;
  const wider =
    column instanceof Int32Array
      ? new Int32Array(buffer, byteOffset, length)
      : new Float64Array(buffer, byteOffset, length);
  return wider as T;
}

function copied(
  first: PriceSeries,
  count: number,
  second: PriceSeries,
  length: number,
): PriceSeries {
  const days = new Int32Array(length + ROOM_BARS).subarray(0, length);
  days.set(first.days.subarray(0, count));
  days.set(second.days, count);
  const column = (name: PriceColumn | 'volume'): Float64Array => {
    const both = new Float64Array(length + ROOM_BARS).subarray(0, length);
    both.set(first[name].subarray(0, count));
    both.set(second[name], count);
    return both;
  };
  const isClose = (name: PriceColumn): boolean =>
    first[name] === first.close && second[name] === second.close;
  taken.set(days.buffer, { length });
  return { ...first, ...pricesOf(isClose, column), volume: column('volume'), days };
}

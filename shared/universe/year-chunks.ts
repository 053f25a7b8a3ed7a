/**
 * Columns of daily figures as stored: one field a year. Bars are packed (`packed-bars.ts`). Rates are JSON, arrays of equal
 * length, and so are bars that earlier versions stored; there a column that says nothing new is left out: `open`, `high`,
 * `low` and `adjustedClose` where they are the close, `volume` where there is none. Millions of numbers are read at once,
 * so they are checked in plain loops, as strictly as a schema would.
 */
import { dayOfEpoch, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import {
  isPackedBars,
  packBars,
  unpackBars,
  unpackCloses,
  type CloseFigures,
} from '#shared/kernel/bars/packed-bars.ts';
import { dataCorrupt } from '#shared/kernel/failure.ts';
import {
  pricesOf,
  seriesWithin,
  type PriceColumn,
  type PriceSeries,
  type RateSeries,
} from './model/price-series.ts';

type Columns = Omit<PriceSeries, 'isin'>;
type Row = Record<string, unknown>;

const PRICE_COLUMNS = ['open', 'high', 'low', 'close', 'adjustedClose'] as const;

/** A year and its text. */
export type YearText = readonly [year: string, text: string];

/** A year's text for each year of a series. */
export function priceChunks(series: Columns): Map<string, string> {
  return chunks(series.days, (from, to) => packBars(series, from, to));
}

/** The columns of each year. */
export function yearsOf<T extends Columns>(series: T): ReadonlyMap<string, T> {
  return chunks(series.days, (from, to) => seriesWithin(series, from, to));
}

/** In a loop, which makes nothing else, unlike `Array.from`; NaN becomes `null` in JSON. */
function numbersOf(column: Int32Array | Float64Array, from: number, to: number): number[] {
  const numbers: number[] = [];
  for (let i = from; i < to; i += 1) numbers.push(column[i] ?? Number.NaN);
  return numbers;
}

export function rateChunks(series: RateSeries): Map<string, string> {
  return chunks(series.days, (from, to) =>
    JSON.stringify({
      days: numbersOf(series.days, from, to),
      rates: numbersOf(series.rates, from, to),
    }),
  );
}

/** The columns of one year. @throws Failure DATA_CORRUPT */
export function readPriceChunk(text: string, what: string): Columns {
  return isPackedBars(text) ? readPacked(text, what) : readPriceRow(text, what);
}

/** The closes of one year. @throws Failure DATA_CORRUPT */
export function readCloseChunk(text: string, what: string): CloseFigures {
  if (!isPackedBars(text)) return closesOf(readPriceRow(text, what));
  const columns = unpackCloses(text);
  if (!columns) throw dataCorrupt(what, 'not what was stored');
  requireRisingDays(columns.days, what);
  requirePositive(columns, ['close', 'adjustedClose'], what);
  return columns;
}

export function closesOf({ days, close, adjustedClose }: CloseFigures): CloseFigures {
  return { days, close, adjustedClose };
}

function readPacked(text: string, what: string): Columns {
  const columns = unpackBars(text);
  if (!columns) throw dataCorrupt(what, 'not what was stored');
  const { days, volume } = columns;
  requireRisingDays(days, what);
  requirePositive(columns, PRICE_COLUMNS, what);
  for (let i = 0; i < volume.length; i += 1)
    if ((volume[i] ?? 0) < 0) throw dataCorrupt(what, 'a volume is negative');
  return columns;
}

function requireRisingDays(days: Int32Array, what: string): void {
  for (let i = 1; i < days.length; i += 1)
    if ((days[i] ?? 0) <= (days[i - 1] ?? 0)) throw dataCorrupt(what, 'its days do not rise');
}

function requirePositive<Name extends string>(
  columns: Readonly<Record<Name, Float64Array>>,
  names: readonly Name[],
  what: string,
): void {
  for (const name of names)
    if (!arePositive(columns[name])) throw dataCorrupt(what, `a price of ${name} is not positive`);
}

function arePositive(prices: Float64Array): boolean {
  for (let i = 0; i < prices.length; i += 1) if (!((prices[i] ?? 0) > 0)) return false;
  return true;
}

function readPriceRow(json: string, what: string): Columns {
  const year = rowOf(json, what);
  const days = joinDays([year], what);
  const column = (name: string, fallback: unknown, isBad: Check): Float64Array =>
    joinColumn([year], days.length, () => year[name] ?? fallback, isBad, `${what} ${name}`);
  const close = column('close', undefined, notPositive);
  const price = (name: string): Float64Array =>
    year[name] === undefined ? close : column(name, undefined, notPositive);
  return {
    days,
    open: price('open'),
    high: price('high'),
    low: price('low'),
    close,
    adjustedClose: price('adjustedClose'),
    volume:
      year['volume'] === undefined
        ? new Float64Array(days.length).fill(Number.NaN)
        : column('volume', undefined, negativeOrNotNumber),
  };
}

/** @param parts each a year's or the end of it, in order. @throws Failure DATA_CORRUPT */
export function joinPriceChunks(parts: readonly Columns[], what: string): Columns {
  const years = filledYears(parts, what);
  const [first] = years;
  if (first && years.length === 1) return first;
  const column = (name: PriceColumn | 'volume') => joinedNumbers(years.map((year) => year[name]));
  return {
    days: joinedDays(years),
    ...pricesOf((name) => years.every((year) => year[name] === year.close), column),
    volume: column('volume'),
  };
}

/** @param parts each a year's or the end of it, in order. @throws Failure DATA_CORRUPT */
export function joinCloseChunks(parts: readonly CloseFigures[], what: string): CloseFigures {
  const years = filledYears(parts, what);
  const [first] = years;
  if (first && years.length === 1) return first;
  const close = joinedNumbers(years.map((year) => year.close));
  const isAdjusted = years.some((year) => year.adjustedClose !== year.close);
  const adjustedClose = isAdjusted ? joinedNumbers(years.map((year) => year.adjustedClose)) : close;
  return { days: joinedDays(years), close, adjustedClose };
}

function filledYears<T extends Pick<Columns, 'days'>>(parts: readonly T[], what: string): T[] {
  requireRising(parts, what);
  return parts.filter(({ days }) => days.length > 0);
}

function joinedDays(years: readonly Pick<Columns, 'days'>[]): Int32Array {
  const days = years.map((year) => year.days);
  return joined(new Int32Array(lengthOfAll(days)), days);
}

function joinedNumbers(parts: readonly Float64Array[]): Float64Array {
  return joined(new Float64Array(lengthOfAll(parts)), parts);
}

function lengthOfAll(parts: readonly { readonly length: number }[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function joined<T extends Int32Array | Float64Array>(into: T, parts: readonly T[]): T {
  let at = 0;
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
  return into;
}

function requireRising(years: readonly Pick<Columns, 'days'>[], what: string): void {
  years.forEach(({ days }, i) => {
    const before = years[i - 1]?.days.at(-1) ?? -Infinity;
    if ((days[0] ?? Infinity) <= before) throw dataCorrupt(what, 'its days do not rise');
  });
}

/** @param fields years and their JSON. @throws Failure DATA_CORRUPT */
export function readRateChunks(fields: readonly YearText[], what: string): RateSeries {
  const years = inOrder(fields, what);
  const days = joinDays(years, what);
  return {
    days,
    rates: joinColumn(years, days.length, (year) => year['rates'], notPositive, what),
  };
}

function chunks<T>(days: Int32Array, chunk: (from: number, to: number) => T): Map<string, T> {
  const fields = new Map<string, T>();
  for (let from = 0; from < days.length;) {
    const year = yearOf(days[from] ?? 0);
    const next = epochDay(`${String(Number(year) + 1).padStart(4, '0')}-01-01` as CalendarDay);
    let to = from + 1;
    while (to < days.length && (days[to] ?? 0) < next) to += 1;
    fields.set(year, chunk(from, to));
    from = to;
  }
  return fields;
}

function yearOf(day: number): string {
  return dayOfEpoch(day).slice(0, 4);
}

function inOrder(fields: readonly YearText[], what: string): Row[] {
  return byYear(fields).map(([year, json]) => rowOf(json, `${what} ${year}`));
}

export function byYear<T>(
  fields: readonly (readonly [year: string, field: T])[],
): readonly (readonly [year: string, field: T])[] {
  return fields.length < 2 ? fields : [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
}

function rowOf(json: string, what: string): Row {
  const parsed = parseJson(json, what);
  if (typeof parsed !== 'object' || parsed === null || !Array.isArray((parsed as Row)['days']))
    throw dataCorrupt(what, 'no days');
  return parsed as Row;
}

function parseJson(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw dataCorrupt(what, 'not JSON');
  }
}

function joinDays(years: readonly Row[], what: string): Int32Array {
  const columns = years.map((year) => year['days'] as unknown[]);
  const days = new Int32Array(columns.reduce((sum, column) => sum + column.length, 0));
  let at = 0;
  let previous = -Infinity;
  for (const column of columns)
    for (const day of column) {
      if (typeof day !== 'number' || !Number.isInteger(day) || day <= previous)
        throw dataCorrupt(what, 'its days do not rise');
      previous = day;
      days[at] = day;
      at += 1;
    }
  return days;
}

type Check = (value: unknown) => boolean;

const notPositive: Check = (value) => typeof value !== 'number' || !(value > 0);
const negativeOrNotNumber: Check = (value) =>
  value !== null && (typeof value !== 'number' || !(value >= 0));

function joinColumn(
  years: readonly Row[],
  length: number,
  pick: (year: Row) => unknown,
  isBad: Check,
  what: string,
): Float64Array {
  const joined = new Float64Array(length);
  let at = 0;
  for (const year of years) {
    const column = pick(year);
    const requested = (year['days'] as unknown[]).length;
    if (!Array.isArray(column) || column.length !== requested)
      throw dataCorrupt(what, 'its columns differ in length');
    for (const value of column as unknown[]) {
      if (isBad(value)) throw dataCorrupt(what, `${String(value)} stands where a figure should`);
      joined[at] = value === null ? Number.NaN : (value as number);
      at += 1;
    }
  }
  return joined;
}

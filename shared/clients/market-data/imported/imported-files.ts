/** How imported price files lie in Redis, once they are read: one hash for each import. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import * as z from 'zod';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { decode, encode, storedCurrency, storedDay, storedIsin } from '#shared/redis/codec.ts';
import { storedAction } from '../../stored-actions.ts';
import { storedFigures } from '../../stored-figures.ts';
import { BarColumns, type CsvSeries } from '../csv/bar-columns.ts';
import { doubtsOf } from '../csv/contents-doubts.ts';
import { type CsvContents } from '../csv/csv-contents.ts';
import type { FileBar } from '../csv/csv-prices.ts';
import { CsvRates } from '../csv/csv-rates.ts';
import type { PriceArchive } from '../csv/price-archive.ts';
import type { PriceFolder } from '../csv/price-folder.ts';
import { listingFiles, type ListingFile } from '../csv/listing-place.ts';

/** Fields of the hash: this one, and a field for the bars of each security. */
export const CONTENTS_FIELD = 'contents';
const seriesField = (isin: Isin): string => `bars:${isin}`;
/** Of a file that is kept as it is. */
export const storedFileField = (name: ListingFile): string => `file:${name}`;

const securitySchema = z.strictObject({
  isin: storedIsin,
  symbol: z.string(),
  name: z.string(),
  exchange: z.string(),
  currency: storedCurrency,
  country: z.string().optional(),
  sector: z.string().optional(),
  industry: z.string().optional(),
  securityType: z.string(),
  lot: z.string(),
});
const fundamentalsSchema = z.strictObject({ asOf: storedDay, ...storedFigures });
const contentsSchema = z.strictObject({
  securities: z.array(securitySchema),
  benchmark: storedIsin.optional(),
  fundamentals: z.array(z.tuple([storedIsin, fundamentalsSchema])),
  actions: z.array(storedAction()),
  /** By pair; undefined where there is no rates.csv. */
  rates: z.array(z.tuple([z.string(), z.array(z.tuple([storedDay, z.number()]))])).optional(),
  doubts: z.array(z.string()),
  /** Undefined where no security has a bar: such files list securities for a live source. */
  lastDay: storedDay.optional(),
});
/** JSON has no NaN, which a close is that a file leaves out: the check of bars sets it aside by name. */
const storedFigure = z.number().nullable();
const seriesSchema = z.strictObject({
  file: z.string(),
  bars: z.array(
    z.tuple([
      storedDay,
      ...[storedFigure, storedFigure, storedFigure, storedFigure, storedFigure],
      storedFigure,
      z.number(),
    ] as const),
  ),
});

type StoredContents = z.output<typeof contentsSchema>;

/**
 * What is stored for files that were read without a complaint, field by field.
 * @param folder where they were read from
 */
export async function fieldsOf(
  contents: CsvContents,
  folder: PriceFolder,
): Promise<ReadonlyMap<string, string>> {
  const { listing, fundamentals, actions, rates, lastDay, series } = contents;
  const summary: StoredContents = {
    securities: [...listing.securities],
    ...(listing.benchmark !== undefined && { benchmark: listing.benchmark }),
    fundamentals: [...fundamentals],
    actions: [...actions],
    ...(rates && { rates: rates.days().map(([pair, days]) => [pair, [...days]]) }),
    doubts: [...doubtsOf(contents)],
    ...(lastDay !== undefined && { lastDay }),
  };
  const fields = new Map([[CONTENTS_FIELD, await packed(summary)]]);
  for (const name of listingFiles) {
    const actual = folder.names.find((other) => other.toLowerCase() === name);
    if (actual !== undefined)
      fields.set(storedFileField(name), await packedBytes(await folder.read(actual)));
  }
  for (const [isin, { file, bars }] of series)
    fields.set(seriesField(isin), await packed({ file, bars: bars.map(rowOf) }));
  return fields;
}

export async function readStoredContents(field: string): Promise<StoredContents> {
  return decode(contentsSchema, await unpacked(field), 'imported price files');
}

async function readStoredSeries(field: string): Promise<CsvSeries> {
  const { file, bars } = decode(seriesSchema, await unpacked(field), 'imported prices');
  return BarColumns.of(file, bars.map(barOf));
}

/** @param seriesAt reads a field of the same import */
export function storedArchive(
  contents: StoredContents,
  lastDay: CalendarDay,
  seriesAt: (field: string) => Promise<string | null>,
): PriceArchive {
  const read = new Map<Isin, CsvSeries>();
  const { securities, benchmark, doubts, rates } = contents;
  const details = {
    rates: rates && new CsvRates(new Map(rates.map(([pair, days]) => [pair, new Map(days)]))),
    fundamentals: new Map(contents.fundamentals),
    actions: contents.actions,
  };
  return {
    ...{ securities, benchmark, doubts, lastDay, hasRates: rates !== undefined },
    details: async () => details,
    series: async (isin) => {
      const known = read.get(isin);
      if (known) return known;
      const field = await seriesAt(seriesField(isin));
      if (field === null) return undefined;
      const series = await readStoredSeries(field);
      read.set(isin, series);
      return series;
    },
    known: (isin) => read.get(isin),
  };
}

type BarRow = z.input<typeof seriesSchema>['bars'][number];

function rowOf({ day, open, high, low, close, adjustedClose, volume, line }: FileBar): BarRow {
  const prices = [stored(open), stored(high), stored(low), stored(close)] as const;
  return [day, ...prices, stored(adjustedClose), volume ?? null, line];
}

const stored = (price: number): number | null => (Number.isNaN(price) ? null : price);

function barOf([day, open, high, low, close, adjustedClose, volume, line]: z.output<
  typeof seriesSchema
>['bars'][number]): FileBar {
  const bar = {
    ...{ day, open: read(open), high: read(high), low: read(low) },
    ...{ close: read(close), adjustedClose: read(adjustedClose), line },
  };
  return volume === null ? bar : { ...bar, volume };
}

const read = (price: number | null): number => price ?? Number.NaN;

const [zip, unzip] = [promisify(gzip), promisify(gunzip)];

async function packed(value: unknown): Promise<string> {
  return packedBytes(Buffer.from(encode(value)));
}

async function packedBytes(bytes: Uint8Array): Promise<string> {
  return (await zip(bytes)).toString('base64');
}

export async function readStoredFile(field: string): Promise<Uint8Array> {
  return unzip(Buffer.from(field, 'base64'));
}

async function unpacked(text: string): Promise<string> {
  return Buffer.from(await readStoredFile(text)).toString('utf8');
}

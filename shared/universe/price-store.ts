/** Daily bars, bars set aside, exchange rates, and what was fetched last. */
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import { addDays, dayOfEpoch, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { pairOf, type Currency } from '#shared/kernel/currency.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { SetAsideBar } from '#shared/kernel/bars/bar-check.ts';
import type { CloseFigures } from '#shared/kernel/bars/packed-bars.ts';
import { contentHash } from '#shared/kernel/hash.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { decode, encode, storedDay, storedInstant } from '#shared/redis/codec.ts';
import { newVersion, type Database } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import { keys } from '#shared/redis/keys.ts';
import { beatAt } from '#shared/redis/pulses.ts';
import type { SourceSpan } from './model/source-span.ts';
import {
  closesWithin,
  indexAt,
  seriesFrom,
  type PriceSeries,
  type RateSeries,
} from './model/price-series.ts';
import {
  byYear,
  closesOf,
  joinCloseChunks,
  joinPriceChunks,
  priceChunks,
  rateChunks,
  readCloseChunk,
  readPriceChunk,
  readRateChunks,
  type YearField,
} from './year-chunks.ts';
import { knownCloses, knownLatest, type Closes, type LatestClose } from './known-closes.ts';
import { joinedYearsOf, type JoinedYears } from './sync/joined-years.ts';
import { YearHashes } from './sync/year-hashes.ts';

/** Up to which day of the market something was fetched, and when. */
export interface Fetched {
  readonly through: CalendarDay;
  readonly at: Instant;
  /** Where what is stored came from; absent where it was stored before that was kept. */
  readonly sources?: readonly SourceSpan[] | undefined;
}

/** What is fetched: bars or fundamentals of a security, or the rates of a pair. */
export type Subject = `prices:${Isin}` | `fundamentals:${Isin}` | `rates:${string}`;

/** The latest bars, as many as new ones are judged by, or some more. */
export interface LatestSeries {
  readonly series: PriceSeries;
  /** What they were read from. */
  readonly years: readonly YearField[];
  /** Whether these are all. */
  readonly isWhole: boolean;
}

const fetchedSchema = atFirstUse(() =>
  z.object({
    through: storedDay,
    at: storedInstant,
    sources: z
      .array(z.object({ source: z.string(), from: storedDay, fetchedAt: storedInstant }))
      .optional(),
  }),
);
const setAsideSchema = atFirstUse(() =>
  z.object({
    day: storedDay,
    reason: z.string(),
    origin: z.string().optional(),
  }),
);

/** New bars are judged by those of the last months; more than the calendar days that a dead price is judged on. */
const LATEST_BARS_MIN = 140;
/** Securities whose texts are in memory at a time. */
const READ_AT_ONCE = 200;
/** Redis scripts take some thousand arguments for one command. */
const ARGUMENTS_MAX = 1_000;

const { prices, pricesVersion, rates, setAside, syncs } = keys.universe;

export class PriceStore {
  private readonly database: Database;
  private readonly hashes: YearHashes;
  private readonly joins: JoinedYears;

  constructor(database: Database) {
    this.database = database;
    this.hashes = new YearHashes(database);
    this.joins = joinedYearsOf(database);
  }

  /** Bars from a day on; empty where there are none. @throws Failure DATA_CORRUPT */
  seriesOf(isins: readonly Isin[], from?: CalendarDay): Promise<ReadonlyMap<Isin, PriceSeries>> {
    return this.inParts(isins, from, (isin, fields) => this.columnsOf(isin, fields, from));
  }

  /** The closes from a day on, in a quarter of the time and of the memory that whole bars take. @throws Failure DATA_CORRUPT */
  closesOf(isins: readonly Isin[], from: CalendarDay): Promise<Closes> {
    return knownCloses(this.database, pricesVersion(), [isins, from], () =>
      this.inParts(isins, from, (isin, fields) => this.closesIn(isin, fields, from)),
    );
  }

  private async inParts<T extends object>(
    isins: readonly Isin[],
    from: CalendarDay | undefined,
    read: (isin: Isin, fields: readonly YearField[]) => T,
  ): Promise<ReadonlyMap<Isin, T & { readonly isin: Isin }>> {
    const found = new Map<Isin, T & { readonly isin: Isin }>();
    for (let first = 0; first < isins.length; first += READ_AT_ONCE) {
      const some = isins.slice(first, first + READ_AT_ONCE);
      const fields = await this.hashes.read(some.map(prices), from);
      some.forEach((isin, i) => {
        found.set(isin, { isin, ...read(isin, fields[i] ?? []) });
      });
    }
    return found;
  }

  /** Of so many years that new bars can be judged by them: in most months of the latest alone. */
  async latestSeries(isin: Isin): Promise<LatestSeries> {
    const key = prices(isin);
    const { redis } = this.database;
    const known = (await redis.hkeys(key)).sort();
    let years: readonly YearField[] = [];
    let series: PriceSeries = { isin, ...this.columnsOf(isin, years) };
    for (let first = known.length; first > 0 && series.days.length < LATEST_BARS_MIN;) {
      first -= 1;
      const year = known[first] ?? '';
      const text = await redis.hget(key, year);
      years = text === null ? years : [[year, text], ...years];
      series = { isin, ...this.columnsOf(isin, years) };
    }
    return { series, years, isWhole: years.length === known.length };
  }

  /** The last stored bars, known from closes or read from the latest year alone; none where there are no bars. */
  async latest(isins: readonly Isin[]): Promise<ReadonlyMap<Isin, LatestClose>> {
    const keys = isins.map(prices);
    const compute = () =>
      knownLatest(this.database, pricesVersion(), isins, (some) => this.readLatest(some));
    return this.database.derive(`latest:${isins.join()}`, keys, compute, pricesVersion());
  }

  private async readLatest(isins: readonly Isin[]): Promise<ReadonlyMap<Isin, LatestClose>> {
    const fields = await this.hashes.readLatest(isins.map(prices));
    const found = new Map<Isin, LatestClose>();
    isins.forEach((isin, i) => {
      const { days, close } = this.closesIn(isin, fields[i] ?? []);
      const [day, price] = [days.at(-1), close.at(-1)];
      if (day !== undefined && price !== undefined) found.set(isin, { day, close: price });
    });
    return found;
  }

  async setAside(isin: Isin): Promise<readonly SetAsideBar[]> {
    if (!(await this.database.mayExist(setAside(isin)))) return [];
    const lines = await this.database.redis.lrange(setAside(isin), 0, -1);
    return lines.map((line) => decode(setAsideSchema(), line, `bars of ${isin} set aside`));
  }

  /**
   * Makes the stored bars be the given ones; writes only the years that differ, all at once.
   * @returns whether anything was written
   */
  async put(series: PriceSeries, refused: readonly SetAsideBar[]): Promise<boolean> {
    const { isin } = series;
    const write = await this.hashes.writes(prices(isin), priceChunks(series));
    return this.write(isin, write, refused, await this.setAside(isin));
  }

  /**
   * Stores the bars from a day on; the years before stay as they are.
   * @param series with all bars of the day's year and later
   * @param before what this one goes on from, and what was set aside then
   * @returns whether anything was written
   */
  async extend(
    series: PriceSeries,
    since: number,
    refused: readonly SetAsideBar[],
    before: LatestSeries & { readonly setAside: readonly SetAsideBar[] },
  ): Promise<boolean> {
    const { isin } = series;
    const january = `${dayOfEpoch(since).slice(0, 4)}-01-01` as CalendarDay;
    const columns = columnsFrom(series, january);
    const chunks = priceChunks(columns);
    const [only, ...others] = chunks;
    if (only && others.length === 0)
      this.database.said(`${prices(isin)}:${only[0]}`, only[1], columns);
    const older = before.years.filter(([year]) => !chunks.has(year));
    if (older.length > 0) this.joins.keep(isin, [...older, ...chunks], series);
    const write = this.hashes.changes(prices(isin), chunks, before.years);
    return this.write(isin, write, refused, before.setAside);
  }

  private async write(
    isin: Isin,
    write: Write[],
    refused: readonly SetAsideBar[],
    refusedBefore: readonly SetAsideBar[],
  ): Promise<boolean> {
    if (encode(refusedBefore) !== encode(refused))
      write.push(...listWrites(setAside(isin), refused));
    if (write.length === 0) return false;
    return this.database.commit([], [...write, newVersion(pricesVersion())]);
  }

  /** @param from what lies before it is not copied */
  private columnsOf(isin: Isin, fields: readonly YearField[], from?: CalendarDay) {
    const what = `prices of ${isin}`;
    const joined = this.joins.find(isin, fields);
    if (joined) return from === undefined ? joined : columnsFrom(joined, from);
    const years = byYear(fields).map(([year, stored]) => {
      const columns = this.database.read(`${prices(isin)}:${year}`, stored, (text) =>
        readPriceChunk(text, `${what} ${year}`),
      );
      return from === undefined ? columns : columnsFrom(columns, from);
    });
    return joinPriceChunks(years, what);
  }

  private closesIn(isin: Isin, fields: readonly YearField[], from?: CalendarDay): CloseFigures {
    const what = `prices of ${isin}`;
    const joined = this.joins.find(isin, fields);
    if (joined) return closesSince(closesOf(joined), from);
    const years = byYear(fields).map(([year, stored]) => {
      const place = `${prices(isin)}:${year}`;
      const whole = this.database.known(place, stored) as CloseFigures | undefined;
      const closes =
        whole ??
        this.database.read(`${place}:closes`, stored, (text) =>
          readCloseChunk(text, `${what} ${year}`),
        );
      return closesSince(closesOf(closes), from);
    });
    return joinCloseChunks(years, what);
  }

  /** Rates of a stored pair; empty where there are none. @throws Failure DATA_CORRUPT */
  rates(from: Currency, into: Currency): Promise<RateSeries> {
    const pair = pairOf(from, into);
    return this.database.derive(rates(pair), [rates(pair)], async () => {
      const [fields = []] = await this.hashes.read([rates(pair)]);
      const whole = byYear(fields).flat().join('\n');
      return this.database.read(rates(pair), whole, () =>
        readRateChunks(fields, `rates of ${pair}`),
      );
    });
  }

  /** @returns whether anything was written */
  async putRates(from: Currency, into: Currency, series: RateSeries): Promise<boolean> {
    const write = await this.hashes.writes(rates(pairOf(from, into)), rateChunks(series));
    if (write.length > 0) await this.database.commit([], write);
    return write.length > 0;
  }

  /** Pairs whose rates were ever fetched, as `[from, into]`. */
  async pairs(): Promise<readonly (readonly [Currency, Currency])[]> {
    return this.database.derive('rate-pairs', [syncs()], async () => {
      const subjects = await this.database.redis.hkeys(syncs());
      return subjects
        .filter((subject) => subject.startsWith('rates:'))
        .sort()
        .map((subject) => subject.slice('rates:'.length).split('-') as [Currency, Currency]);
    });
  }

  /** Changes with each fetch of prices or rates. */
  async position(): Promise<string> {
    const fetched = await this.database.redis.hgetall(syncs());
    return contentHash(fetched);
  }

  /** The latest day of the market that anything was fetched through. */
  async fetchedThrough(): Promise<CalendarDay | undefined> {
    return this.database.derive('fetched-through', [syncs()], async () => {
      const all = await this.database.redis.hgetall(syncs());
      const days = Object.entries(all).map(
        ([subject, json]) => this.readFetched(subject, json).through,
      );
      return days.sort().at(-1);
    });
  }

  /** The day that each subject of a kind was fetched through; its name without the kind. */
  async fetchedDays(kind: 'prices' | 'rates'): Promise<ReadonlyMap<string, CalendarDay>> {
    const all = Object.entries(await this.database.redis.hgetall(syncs()));
    const own = all.filter(([subject]) => subject.startsWith(`${kind}:`));
    return new Map(
      own.map(([subject, json]) => [
        subject.slice(kind.length + 1),
        this.readFetched(subject, json).through,
      ]),
    );
  }

  async fetched(subject: Subject): Promise<Fetched | undefined> {
    const json = await this.database.field(syncs(), subject);
    return json === null ? undefined : this.readFetched(subject, json);
  }

  private readFetched(subject: string, json: string): Fetched {
    return this.database.read(`${syncs()}:${subject}`, json, (text) =>
      decode(fetchedSchema(), text, `what was fetched, ${subject}`),
    );
  }

  /** The source of prices gave a sign of life. */
  answered(at: Instant): Promise<void> {
    return beatAt(this.database, 'prices', at);
  }

  async putFetched(subject: Subject, fetched: Fetched): Promise<void> {
    const text = encode(fetched);
    this.database.said(`${syncs()}:${subject}`, text, fetched);
    await this.database.commit([], [{ op: 'HSET', key: syncs(), args: [subject, text] }]);
  }
}

function closesSince(closes: CloseFigures, from: CalendarDay | undefined): CloseFigures {
  if (from === undefined) return closes;
  return closesWithin(closes, indexAt(closes.days, addDays(from, -1)) + 1, closes.days.length);
}

function columnsFrom<T extends Omit<PriceSeries, 'isin'>>(columns: T, from: CalendarDay): T {
  return seriesFrom(columns, indexAt(columns.days, addDays(from, -1)) + 1);
}

function listWrites(key: string, values: readonly unknown[]): Write[] {
  const write: Write[] = [{ op: 'DEL', key, args: [] }];
  for (let i = 0; i < values.length; i += ARGUMENTS_MAX)
    write.push({ op: 'RPUSH', key, args: values.slice(i, i + ARGUMENTS_MAX).map(encode) });
  return write;
}

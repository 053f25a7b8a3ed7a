/** Daily bars, bars set aside, exchange rates, and what was fetched last. */
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import { addDays, dayOfEpoch, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { pairOf, type Currency } from '#shared/kernel/currency.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { SetAsideBar } from '#shared/kernel/bars/bar-check.ts';
import { packBars, type CloseFigures } from '#shared/kernel/bars/packed-bars.ts';
import { contentHash } from '#shared/kernel/hash.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { decode, encode, storedDay, storedInstant } from '#shared/redis/codec.ts';
import { newVersion, writeField, type Database } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import type { HashField } from '#shared/redis/hash-reads.ts';
import type { StoredField } from '#shared/redis/kept-field.ts';
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
  yearsOf,
} from './year-chunks.ts';
import { knownCloses, knownLatest, type Closes, type LatestClose } from './known-closes.ts';
import { LatestYears, type LatestSeries } from './sync/latest-years.ts';
import { joinedYearsOf, type JoinedYears } from './sync/joined-years.ts';
import { YearHashes, type YearField } from './sync/year-hashes.ts';

/** Up to which day of the market something was fetched, and when. */
export interface Fetched {
  readonly through: CalendarDay;
  readonly at: Instant;
  /** Where what is stored came from; absent where it was stored before that was kept. */
  readonly sources?: readonly SourceSpan[] | undefined;
}

/** What is fetched: bars or fundamentals of a security, or the rates of a pair. */
export type Subject = `prices:${Isin}` | `fundamentals:${Isin}` | `rates:${string}`;

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

  /**
   * Of each security so many years that new bars can be judged by them: in most months the latest alone. One that
   * cannot be read says so when it is asked for.
   */
  async latestOf(isins: readonly Isin[]): Promise<ReadonlyMap<Isin, () => LatestSeries>> {
    const names = await this.hashes.names(isins.map(prices));
    const join = (isin: Isin, years: readonly YearField[]) => this.columnsOf(isin, years);
    const all = isins.map((isin, i) => new LatestYears(isin, names[i] ?? [], join));
    const isShort = ({ next }: LatestYears): boolean => next !== undefined;
    for (let short = all.filter(isShort); short.length > 0; short = short.filter(isShort)) {
      const found = await this.hashes.years(
        short.map(({ isin, next = '' }) => ({ key: prices(isin), year: next })),
      );
      short.forEach((one, i) => one.take(found[i]));
    }
    return new Map(all.map((one) => [one.isin, () => one.found()]));
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
    return (await this.setAsideOf([isin])).get(isin)?.() ?? [];
  }

  /** Of the securities that have bars set aside; one that cannot be read says so when it is asked for. */
  async setAsideOf(
    isins: readonly Isin[],
  ): Promise<ReadonlyMap<Isin, () => readonly SetAsideBar[]>> {
    const there = await this.database.whichMayExist(isins.map(setAside));
    const found = new Map<Isin, () => readonly SetAsideBar[]>();
    for (const [i, isin] of isins.entries()) {
      if (!there[i]) continue;
      const lines = await this.database.redis.lrange(setAside(isin), 0, -1);
      const read = (line: string) => decode(setAsideSchema(), line, `bars of ${isin} set aside`);
      if (lines.length > 0) found.set(isin, () => lines.map(read));
    }
    return found;
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
   * @param since undefined where all of them are stored
   * @param before what this one goes on from, and what was set aside then
   * @returns whether anything was written
   */
  async extend(
    series: PriceSeries,
    since: number | undefined,
    refused: readonly SetAsideBar[],
    before: LatestSeries & { readonly setAside: readonly SetAsideBar[] },
  ): Promise<boolean> {
    const { isin } = series;
    const years = since === undefined ? [] : this.yearsSince(series, since);
    const older = before.years.filter(([year]) => !years.some(([own]) => own === year));
    if (years.length > 0 && older.length > 0) this.joins.keep(isin, [...older, ...years], series);
    const write = years.map(([year, field]) => writeField(prices(isin), year, field));
    return this.write(isin, write, refused, before.setAside);
  }

  /** What is to be stored of the years from a day on. */
  private yearsSince(series: PriceSeries, since: number): readonly YearField[] {
    const key = prices(series.isin);
    const january = `${dayOfEpoch(since).slice(0, 4)}-01-01` as CalendarDay;
    return [...yearsOf(columnsFrom(series, january))].map(([year, columns]) => [
      year,
      this.database.toField(`${key}:${year}`, columns, () => packBars(columns)),
    ]);
  }

  private async write(
    isin: Isin,
    write: Write[],
    refused: readonly SetAsideBar[],
    refusedBefore: readonly SetAsideBar[],
  ): Promise<boolean> {
    const haveAny = refused.length > 0 || refusedBefore.length > 0;
    if (haveAny && encode(refusedBefore) !== encode(refused))
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
      const columns = this.database.readField(`${prices(isin)}:${year}`, stored, (text) =>
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
        this.database.readField(`${place}:closes`, stored, (text) =>
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
      const fields = Object.entries(await this.database.redis.hgetall(rates(pair)));
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
      let latest: CalendarDay | undefined;
      for (const [subject, field] of await this.allFetched()) {
        const { through } = this.readFetched(subject, field);
        if (latest === undefined || through > latest) latest = through;
      }
      return latest;
    });
  }

  /** The day that each subject of a kind was fetched through; its name without the kind. */
  async fetchedDays(kind: 'prices' | 'rates'): Promise<ReadonlyMap<string, CalendarDay>> {
    const all = await this.allFetched();
    const own = all.filter(([subject]) => subject.startsWith(`${kind}:`));
    return new Map(
      own.map(([subject, field]) => [
        subject.slice(kind.length + 1),
        this.readFetched(subject, field).through,
      ]),
    );
  }

  private async allFetched(): Promise<readonly HashField[]> {
    return (await this.database.hashes().all([syncs()]))[0] ?? [];
  }

  async fetched(subject: Subject): Promise<Fetched | undefined> {
    return (await this.fetchedOf([subject])).get(subject)?.();
  }

  /** Of the subjects that were ever fetched; one that cannot be read says so when it is asked for. */
  async fetchedOf(subjects: readonly Subject[]): Promise<ReadonlyMap<string, () => Fetched>> {
    const [found = []] = await this.database.hashes().some([{ key: syncs(), names: subjects }]);
    return new Map(
      found.map(([subject, field]) => [subject, () => this.readFetched(subject, field)]),
    );
  }

  private readFetched(subject: string, field: StoredField): Fetched {
    return this.database.readField(placeOf(subject), field, (text) =>
      decode(fetchedSchema(), text, `what was fetched, ${subject}`),
    );
  }

  /** The source of prices gave a sign of life. */
  answered(at: Instant): Promise<void> {
    return beatAt(this.database, 'prices', at);
  }

  async putFetched(subject: Subject, fetched: Fetched): Promise<void> {
    const field = this.database.toField(placeOf(subject), fetched, () => encode(fetched));
    await this.database.commit([], [writeField(syncs(), subject, field)]);
  }
}

function placeOf(subject: string): string {
  return `${syncs()}:${subject}`;
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

/**
 * Closes are those of the whole bars, however they were read before: after new days, late corrections, holes, splits,
 * new securities and old ones without bars. SEED=… repeats a run.
 */
import { dayOfEpoch, epochDay, parseDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { isinCheckDigit, parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { integerBelow, seededRandom, type Random } from '#shared/kernel/random.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Database } from '#shared/redis/database.ts';
import { MemoryDatabase } from '#shared/redis/memory/memory-database.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { ActionStore } from '#shared/universe/action-store.ts';
import type { CloseSeries, PriceSeries } from '#shared/universe/model/price-series.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

const seed = process.env['SEED'] ?? String(Date.now());
console.log(`SEED=${seed}`);

const FIRST = epochDay(parseDay('2021-11-20'));
const FROM = parseDay('2022-03-05');
const ROUNDS = 80;

const isins = Array.from({ length: 5 }, (_, i) => {
  const body = `DE0FIX${String(i).padStart(5, '0')}`;
  return parseIsin(`${body}${isinCheckDigit(body)}`);
});

const [FIRST_ISIN = parseIsin('US0378331005'), OTHER_ISIN = FIRST_ISIN] = isins;

function drawn(isin: Isin, random: Random): PriceSeries {
  const length = integerBelow(random, 700);
  let day = FIRST;
  const days = Int32Array.from({ length }, () => (day += 1 + integerBelow(random, 3)));
  const column = () => Float64Array.from({ length }, () => 10 + integerBelow(random, 1e4) / 100);
  const close = column();
  const adjustedClose = random() < 0.5 ? close : column();
  const [open, high, low, volume] = [column(), column(), column(), column()];
  return { isin, days, open, high, low, close, adjustedClose, volume };
}

/** Of each security some that end after `FROM`. */
function drawnBars(name: string): ReadonlyMap<Isin, PriceSeries> {
  const random = seededRandom(name);
  return new Map(
    isins.map((isin) => {
      let series = drawn(isin, random);
      while (dayOfEpoch(series.days.at(-1) ?? 0) < FROM) series = drawn(isin, random);
      return [isin, series];
    }),
  );
}

/** Matching numbers one by one takes seconds. */
function bytesOf(series: CloseSeries | undefined): string {
  const columns = series ? [series.days, series.close, series.adjustedClose] : [];
  const hex = columns.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength).toString('hex'),
  );
  return hex.join(' ');
}

/** One bar is another, was taken out, or comes after all. */
function changed(series: PriceSeries, random: Random): PriceSeries {
  const at = integerBelow(random, Math.max(1, series.days.length));
  const kind = random();
  const column = (values: Float64Array): Float64Array => {
    const numbers = [...values];
    if (kind < 0.4) numbers[at] = 10 + integerBelow(random, 1e4) / 100;
    else if (kind < 0.6) numbers.splice(at, 1);
    else numbers.push(10 + integerBelow(random, 1e4) / 100);
    return Float64Array.from(numbers);
  };
  const days = [...series.days];
  if (kind < 0.4) days[at] ??= FIRST + 1;
  else if (kind < 0.6) days.splice(at, 1);
  else days.push((days.at(-1) ?? FIRST) + 1 + integerBelow(random, 40));
  const { isin, open, high, low, close, adjustedClose, volume } = series;
  return {
    ...{ isin, days: Int32Array.from(days), open: column(open), high: column(high) },
    ...{ low: column(low), close: column(close), adjustedClose: column(adjustedClose) },
    volume: column(volume),
  };
}

/** As an earlier version stored a year. */
async function storeAsJson(database: Database, series: PriceSeries): Promise<void> {
  const key = keys.universe.prices(series.isin);
  const [year = ''] = (await database.redis.hkeys(key)).sort();
  const own = [...series.days].flatMap((day, i) => (dayOfEpoch(day).startsWith(year) ? [i] : []));
  const [first = 0, last = -1] = [own[0], own.at(-1)];
  const cut = (values: Float64Array): number[] => [...values.subarray(first, last + 1)];
  const { open, high, low, close, adjustedClose, volume } = series;
  const columns = { open: cut(open), high: cut(high), low: cut(low), close: cut(close) };
  const rest = { adjustedClose: cut(adjustedClose), volume: cut(volume) };
  const days = [...series.days.subarray(first, last + 1)];
  if (days.length > 0)
    await database.redis.hset(key, year, JSON.stringify({ days, ...columns, ...rest }));
}

describe('closes of stored bars', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;

  beforeAll(async () => {
    redis = await startTestRedis();
    dependencies = await openTestDependencies(redis);
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  test.each(['Redis', 'memory'])('are those of the whole bars: %s', async (home) => {
    const database = home === 'memory' ? new MemoryDatabase() : dependencies.database;
    const random = seededRandom(`${seed} ${home}`);
    const [market, prices] = [new StoredMarket(database), new PriceStore(database)];
    const actions = new ActionStore(database);
    await actions.openVersion();
    const stored = new Map<Isin, PriceSeries>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const isin = isins[integerBelow(random, isins.length)] ?? FIRST_ISIN;
      const before = stored.get(isin);
      const next = !before || random() < 0.2 ? drawn(isin, random) : changed(before, random);
      if (random() < 0.7) {
        await prices.put(next, []);
        stored.set(isin, next);
        if (random() < 0.1) await storeAsJson(database, next);
      }
      if (random() < 0.05)
        await actions.add({
          ...{ actionId: `split-${round}`, kind: 'split', isin, source: 'test' },
          day: dayOfEpoch(FIRST + 100 + integerBelow(random, 600)),
          ...{ newShares: Decimal.parse('2'), oldShares: Decimal.one },
        });
      const asked = isins.filter(() => random() < 0.9);
      const [closes, whole] = [
        await market.closesOf(asked, FROM),
        await market.seriesOf(asked, FROM),
      ];
      expect([...closes.keys()].sort()).toEqual([...whole.keys()].sort());
      for (const [one, bars] of whole) expect(bytesOf(closes.get(one))).toBe(bytesOf(bars));
      const latest = await prices.latest(isins);
      for (const one of isins) {
        const { days, close } = stored.get(one) ?? { days: [], close: [] };
        const last = days.length > 0 ? { day: days.at(-1), close: close.at(-1) } : undefined;
        expect(latest.get(one)).toEqual(last);
      }
    }
  });

  test('tell the last bars too, which are then not read', async () => {
    const { database } = dependencies;
    const prices = new PriceStore(database);
    for (const series of drawnBars('latest').values()) await prices.put(series, []);
    await prices.closesOf(isins, FROM);
    const piped = jest.spyOn(database.redis, 'pipeline');
    const latest = await new PriceStore(database).latest(isins);
    expect(latest.size).toBe(isins.length);
    expect(piped).not.toHaveBeenCalled();
    piped.mockRestore();
  });

  test('are read once while no price has changed', async () => {
    const { database } = dependencies;
    const prices = new PriceStore(database);
    await prices.put(drawn(FIRST_ISIN, seededRandom('once')), []);
    const first = await prices.closesOf(isins, FROM);
    expect(await prices.closesOf([...isins], FROM)).toBe(first);
    expect(await prices.closesOf(isins, parseDay('2022-03-06'))).not.toBe(first);
    await prices.put(drawn(OTHER_ISIN, seededRandom('another')), []);
    expect(await prices.closesOf(isins, parseDay('2022-03-06'))).not.toBe(first);
  });
});

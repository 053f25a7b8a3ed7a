/**
 * Syncing day after day stores what the source has, be it a new day, several after a hole, a corrected last bar, a
 * rescaled past or a new security, and a day costs few commands. SEED=… repeats a run.
 */
import type { DailyBar, MarketData } from '#shared/clients/market-data/market-data.ts';
import { addDays, dayOfEpoch, parseDay, startOf } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { isinCheckDigit, parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { integerBelow, seededRandom, type Random } from '#shared/kernel/random.ts';
import type { Database } from '#shared/redis/database.ts';
import { MemoryDatabase } from '#shared/redis/memory/memory-database.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { ActionStore } from '#shared/universe/action-store.ts';
import { barsOf } from '#shared/universe/model/bar-merge.ts';
import { PriceDoubtStore } from '#shared/universe/price-doubt-store.ts';
import { LatestReviewed } from '#shared/universe/price-doubts.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import { storedBefore, syncBars } from '#shared/universe/sync/price-sync.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import { recordedCommands } from '../../support/recorded-commands.ts';

const seed = process.env['SEED'] ?? String(Date.now());
console.log(`SEED=${seed}`);

const FIRST = parseDay('2021-06-01');
const SECURITIES = 8;
const DAYS = 30;
const MANY = 60;

const isins = named(SECURITIES);

function named(count: number): readonly Isin[] {
  return Array.from({ length: count }, (_, i) => {
    const body = `DE0SYN${String(i).padStart(5, '0')}`;
    return parseIsin(`${body}${isinCheckDigit(body)}`);
  });
}

function nextBar(bars: readonly DailyBar[], random: Random, days = 1): DailyBar {
  const last = bars.at(-1);
  const open = last?.close ?? 50;
  const close = Math.round(100 * open * (1 + 0.02 * (random() - 0.5))) / 100;
  const prices = { open, high: Math.max(open, close), low: Math.min(open, close), close };
  const day = last ? addDays(last.day, days) : FIRST;
  return { day, ...prices, adjustedClose: close, volume: 1_000 + integerBelow(random, 1_000) };
}

function grown(bars: readonly DailyBar[], count: number, random: Random): readonly DailyBar[] {
  return Array.from({ length: count }).reduce<readonly DailyBar[]>(
    (all) => [...all, nextBar(all, random)],
    bars,
  );
}

/** What a source has on the next day. */
function aDayLater(bars: readonly DailyBar[], random: Random): readonly DailyBar[] {
  const kind = random();
  if (bars.length === 0)
    return kind < 0.3 ? grown(bars, 1 + integerBelow(random, 400), random) : [];
  if (kind < 0.1) return bars;
  if (kind < 0.2) return [...bars, nextBar(bars, random, 1 + integerBelow(random, 40))];
  if (kind < 0.3) return grown([...bars.slice(0, -1), corrected(bars)], 1, random);
  if (kind < 0.4)
    return grown(
      bars.map((bar) => scaled(bar, 0.99)),
      1,
      random,
    );
  return grown(bars, 1 + integerBelow(random, 3), random);
}

/** The last bar, as it is once the day has ended. */
function corrected(bars: readonly DailyBar[]): DailyBar {
  const last = bars[bars.length - 1] as DailyBar;
  const close = last.open;
  return { ...last, high: last.open, low: last.open, close, adjustedClose: close };
}

/** For a dividend. */
function scaled(bar: DailyBar, factor: number): DailyBar {
  return { ...bar, adjustedClose: bar.adjustedClose * factor };
}

async function frameOf(database: Database, source: ReadonlyMap<Isin, readonly DailyBar[]>) {
  const last = [...source.values()]
    .flatMap((bars) => bars.at(-1)?.day ?? [])
    .sort()
    .at(-1);
  const today = last ?? FIRST;
  const marketData: Partial<MarketData> = {
    name: 'drawn',
    bars: async (isin, from) => (source.get(isin) ?? []).filter(({ day }) => day >= from),
    session: () => ({ open: true, day: addDays(today, 1), reason: '' }),
    today: () => today,
  };
  const store = new PriceStore(database);
  const doubts = new PriceDoubtStore(database);
  return {
    ...{ store, doubts, known: await doubts.all(), force: false },
    stored: storedBefore(store, [...source.keys()]),
    ...{ actions: new ActionStore(database), marketData: marketData as MarketData },
    ...{ now: startOf(addDays(today, 1)), signal: new AbortController().signal },
    latest: new LatestReviewed(today),
  };
}

async function syncAll(database: Database, source: ReadonlyMap<Isin, readonly DailyBar[]>) {
  const frame = await frameOf(database, source);
  const having = [...source].filter(([, bars]) => bars.length > 0).map(([isin]) => isin);
  const security = (isin: Isin) => ({
    ...{ isin, symbol: isin, name: isin, exchange: 'XETR', securityType: 'EQUITY' },
    ...{ currency: parseCurrency('EUR'), lot: Decimal.one, addedAt: instantOf(0) },
  });
  await Promise.all(having.map((isin) => syncBars(frame, security(isin))));
  return frame;
}

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

test.each(['Redis', 'memory'])('day after day the source’s bars are stored: %s', async (home) => {
  const database = home === 'memory' ? new MemoryDatabase() : dependencies.database;
  const random = seededRandom(`${seed} ${home}`);
  const source = new Map<Isin, readonly DailyBar[]>(isins.map((isin) => [isin, []]));
  for (let day = 0; day < DAYS; day += 1) {
    for (const [isin, bars] of source) source.set(isin, aDayLater(bars, random));
    const { store, latest, marketData } = await syncAll(database, source);
    // As a process reads them that has synced nothing itself.
    const stored = await new PriceStore(database).seriesOf(isins);
    for (const [isin, bars] of source) {
      const found = stored.get(isin);
      const said = found ? barsOf(found).map((bar) => ({ ...bar, day: dayOfEpoch(bar.day) })) : [];
      expect(JSON.stringify(said.map(ordered))).toBe(JSON.stringify(bars.map(ordered)));
    }
    const kept = await latest.of(store, isins);
    const today = marketData.today(instantOf(0));
    const read = await new LatestReviewed(today).of(store, isins);
    expect(new Map(kept)).toEqual(new Map(read));
  }
});

test('a new day of many securities takes two commands of each and few beside', async () => {
  const { database } = dependencies;
  const random = seededRandom('commands');
  const bars = grown([], 560, random);
  const many = named(MANY);
  await database.redis.flushall();
  await syncAll(database, new Map(many.map((isin) => [isin, bars])));
  const sent = recordedCommands(database.redis);
  const later = grown(bars, 1, random);
  await syncAll(database, new Map(many.map((isin) => [isin, later])));
  const count = (name: string): number => sent.filter((one) => one === name).length;
  // One more for every sixteen says what was fetched before.
  expect([count('hkeys'), count('hmget')]).toEqual([MANY, MANY + Math.ceil(MANY / 16)]);
  expect(sent.length).toBeLessThan(2.5 * MANY);
});

function ordered({ day, open, high, low, close, adjustedClose, volume }: DailyBar) {
  return [day, open, high, low, close, adjustedClose, volume];
}

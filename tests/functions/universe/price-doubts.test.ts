import type { SyncPricesUpdate } from '#protos/gen/universe.ts';
import type { DailyBar } from '#shared/clients/market-data/market-data.ts';
import { PaperMarketSource, paperTermsOf } from '#shared/clients/broker/paper/paper-market.ts';
import { present } from '#shared/kernel/assert.ts';
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { loadMarketView } from '#shared/universe/load-market-view.ts';
import { alignPrices } from '#shared/universe/model/aligned-prices.ts';
import { blocks } from '#shared/universe/model/price-doubt.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import syncPrices from '../../../functions/universe/sync-prices/handler.ts';
import { addSecurity } from '../../support/markets/seed-market.ts';
import { BentMarketData, streamed } from '../../support/universe-calls.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

const signal = new AbortController().signal;

describe('prices in doubt', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let source: BentMarketData;
  let clock: ReturnType<typeof steppingClock>;
  let first: Isin;

  const sync = async (body: object = {}): Promise<SyncPricesUpdate> =>
    present(
      (await streamed<SyncPricesUpdate>(syncPrices, dependencies, body)).at(-1),
      'a last update',
    );
  const closeOf = async (): Promise<number> =>
    present(
      await new StoredMarket(dependencies.database).quote(first),
      'a quote',
    ).price.toEstimate();
  const scaled = (bar: DailyBar, by: number): DailyBar => ({
    ...{ day: bar.day, volume: bar.volume, open: bar.open / by, high: bar.high / by },
    ...{ low: bar.low / by, close: bar.close / by, adjustedClose: bar.adjustedClose / by },
  });

  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    clock = steppingClock('2021-03-03T20:00:00Z');
    const opened = await openTestDependencies(redis, {}, { now: clock.now });
    source = new BentMarketData(opened.marketData);
    dependencies = { ...opened, marketData: source };
    const listed = (await source.listing(signal)).slice(0, 4);
    for (const security of listed) await addSecurity(dependencies, security);
    first = present(listed[0], 'a security').isin;
  });
  afterEach(() => dependencies.close());

  test('name a bar that was set aside, which the paper broker does not see either', async () => {
    source.bend.set(first, (bars) =>
      bars.map((bar, i) => (i === bars.length - 1 ? scaled(bar, 100) : bar)),
    );
    const { setAside } = await sync();
    expect(setAside).toMatchObject([{ isin: first, day: '2021-03-03' }]);
    expect(setAside[0]?.reason).toContain('moves -99.0 % in a day');
    const paper = new PaperMarketSource(
      dependencies.database,
      source,
      dependencies.baseCurrency,
      paperTermsOf(dependencies.settings),
    );
    const quote = (
      await paper.snapshot({ quoted: [first], held: [] }, clock.now(), signal)
    ).quotes.get(first);
    expect(quote?.close).toBe(await closeOf());
  });

  test.each([1, 3, 7])('set a wrong first bar aside once %d right ones follow', async (count) => {
    source.bend.set(first, (bars) =>
      bars.slice(-count - 1).map((bar, i) => (i === 0 ? scaled(bar, 0.01) : bar)),
    );
    const { setAside } = await sync();
    // Of two levels with a bar each, the first is believed until the second is seen again.
    expect(setAside).toHaveLength(1);
    if (count > 1) expect(setAside[0]?.reason).toContain('off the level of the bars after it');
  });

  test('value a holding as before when a split comes that nobody declared', async () => {
    await sync();
    const before = await closeOf();
    const day = '2021-03-04';
    source.bend.set(first, (bars) => bars.map((bar) => (bar.day >= day ? scaled(bar, 4) : bar)));
    clock.advance(DAY_MS);
    const { priceDoubts } = await sync();
    expect(priceDoubts).toMatchObject([{ isin: first, kind: 'suspected-split', day, ratio: 4 }]);
    expect(priceDoubts[0]?.question).toContain('Was there a split of 4:1');
    expect((await closeOf()) / before).toBeCloseTo(1, 1);
    // Then the source changes its past, days later.
    source.bend.set(first, (bars) => bars.map((bar) => scaled(bar, 4)));
    clock.advance(5 * DAY_MS);
    const later = await sync({ forceRefresh: true });
    expect(later.priceDoubts).toMatchObject([{ kind: 'suspected-split', day, ratio: 4 }]);
    expect((await closeOf()) / before).toBeCloseTo(1, 0);
    // And takes it back.
    source.bend.delete(first);
    expect((await sync({ forceRefresh: true })).priceDoubts).toEqual([]);
  });

  test('keep a security from being traded while a jump is too large to be believed', async () => {
    await sync();
    const before = await closeOf();
    const day = '2021-03-04';
    source.bend.set(first, (bars) => bars.map((bar) => (bar.day >= day ? scaled(bar, 20) : bar)));
    clock.advance(DAY_MS);
    const { priceDoubts } = await sync();
    expect(priceDoubts).toMatchObject([{ isin: first, kind: 'suspected-split', day, ratio: 20 }]);
    expect(priceDoubts[0]?.question).toContain('Was there a split of 20:1');
    const [doubt] = (await new StoredMarket(dependencies.database).doubts()).get(first) ?? [];
    expect(doubt && [blocks(doubt, 'BUY', false), blocks(doubt, 'SELL', true)]).toEqual([
      true,
      true,
    ]);
    // Holdings and price are those from before.
    expect(await closeOf()).toBe(before);
    // After a week the level is believed, and what is held is valued as before.
    clock.advance(7 * DAY_MS);
    const later = await sync();
    expect(later.priceDoubts).toMatchObject([{ kind: 'suspected-split', day, ratio: 20 }]);
    expect(later.setAside).toEqual([]);
    expect((await closeOf()) / before).toBeCloseTo(1, 0);
  });

  test('end when a bar that looks like a split is followed by one at the old level', async () => {
    await sync();
    const day = '2021-03-04';
    source.bend.set(first, (bars) => bars.map((bar) => (bar.day === day ? scaled(bar, 20) : bar)));
    clock.advance(DAY_MS);
    expect((await sync()).priceDoubts).toMatchObject([{ ratio: 20 }]);
    clock.advance(DAY_MS);
    const { priceDoubts, setAside } = await sync();
    expect([priceDoubts, setAside.map((bar) => bar.day)]).toEqual([[], [day]]);
  });

  test('leave out of what is measured a security that has no price of its own', async () => {
    source.bend.set(first, (bars) =>
      bars.map((bar) => ({ ...bar, open: 9, high: 9, low: 9, close: 9, adjustedClose: 9 })),
    );
    const { priceDoubts } = await sync();
    expect(priceDoubts).toMatchObject([{ isin: first, kind: 'dead-price', question: '' }]);
    const view = await loadMarketView(new StoredMarket(dependencies.database), {
      ...{ base: dependencies.baseCurrency, today: '2021-03-03' as never, years: 2 },
    });
    const aligned = alignPrices(view, { days: 250 });
    expect(aligned.isins).not.toContain(first);
    expect(aligned.dropped[0]?.reason).toContain('has not changed for');
    source.bend.delete(first);
    expect((await sync({ forceRefresh: true })).priceDoubts).toEqual([]);
  });

  describe('of old bars under new dates', () => {
    /** From the next day on the source answers the bars of five sessions before. */
    const repeat = async (isins: readonly Isin[]): Promise<void> => {
      const known = dayOf(clock.now());
      for (const isin of isins) {
        const before = await source.bars(isin, '2021-01-04' as CalendarDay, signal);
        const old = before.slice(-5);
        const repeated = new Map<CalendarDay, DailyBar>();
        const again = (bar: DailyBar): DailyBar => {
          const answer = repeated.get(bar.day) ?? { ...(old.shift() ?? bar), day: bar.day };
          repeated.set(bar.day, answer);
          return answer;
        };
        source.bend.set(isin, (bars) => bars.map((bar) => (bar.day > known ? again(bar) : bar)));
      }
    };
    const doubted = (update: SyncPricesUpdate) => update.priceDoubts.map(({ isin }) => isin);

    test('are found on the second day where it is one security', async () => {
      await sync();
      await repeat([first]);
      clock.advance(DAY_MS);
      expect(doubted(await sync())).toEqual([]);
      clock.advance(DAY_MS);
      const { priceDoubts } = await sync();
      expect(priceDoubts).toMatchObject([{ isin: first, kind: 'dead-price' }]);
      expect(priceDoubts[0]?.reason).toContain('Its last 2 bars are those of earlier days again');
      source.bend.clear();
      expect(doubted(await sync({ forceRefresh: true }))).toEqual([]);
    });

    test('are found on the first day where it is most of them', async () => {
      const more = (await source.listing(signal)).slice(4, 8);
      for (const security of more) await addSecurity(dependencies, security);
      await sync();
      const repeating = more.map(({ isin }) => isin).concat(first);
      await repeat(repeating);
      clock.advance(DAY_MS);
      const update = await sync();
      expect(doubted(update).sort()).toEqual([...repeating].sort());
      expect(update.priceDoubts[0]?.reason).toContain('as of most others');
    });
  });

  test('do not occur in the simulated market', async () => {
    const all = await streamed<SyncPricesUpdate>(syncPrices, dependencies, { forceRefresh: true });
    expect(all.at(-1)).toMatchObject({ setAside: [], priceDoubts: [] });
  });
});

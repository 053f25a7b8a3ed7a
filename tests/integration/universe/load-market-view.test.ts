import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import { addDays, epochDay, parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { loadMarketView } from '#shared/universe/load-market-view.ts';
import { alignPrices } from '#shared/universe/model/aligned-prices.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { addSecurity, seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

const today = parseDay('2024-06-28');
const EUR = parseCurrency('EUR');
const UNKNOWN = parseIsin('US0378331005');

describe('a market view', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let market: StoredMarket;
  let listed: readonly ListedSecurity[];
  let barless: ListedSecurity;

  beforeAll(async () => {
    redis = await startTestRedis();
    const clock = steppingClock('2024-06-28T20:00:00Z');
    dependencies = await openTestDependencies(redis, {}, { now: clock.now });
    market = new StoredMarket(dependencies.database);
    const all = await dependencies.marketData.listing(new AbortController().signal);
    barless = present(all.at(-1), 'the sample lists securities');
    listed = await seedMarket(dependencies, 2, (one) => one.isin !== barless.isin);
    await addSecurity(dependencies, barless);
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  test('holds every tradable security with bars, quote and rate, by symbol', async () => {
    const view = await loadMarketView(market, { base: EUR, today, years: 1 });
    const symbols = view.securities.map((security) => security.symbol);
    expect(symbols).toEqual(listed.map((one) => one.symbol).sort());
    for (const { isin, currency } of view.securities) {
      expect(view.quotes.get(isin)?.day).toBe(today);
      expect(view.rates.has(currency)).toBe(true);
      expect(view.rateSeries.has(currency)).toBe(currency !== EUR);
    }
    const { days } = present(view.series.get(view.securities[0]?.isin ?? UNKNOWN), 'has bars');
    expect(days[0]).toBeGreaterThanOrEqual(epochDay(addDays(today, -366)));
  });

  test('omits securities without bars, with the reason', async () => {
    const view = await loadMarketView(market, { base: EUR, today, years: 1 });
    const { isin, symbol } = barless;
    expect(view.unpriced).toEqual([
      { isin, symbol, reason: 'has no stored bars since 2023-06-28' },
    ]);
  });

  test('takes exactly the securities named, removed ones too', async () => {
    const [one, other] = [present(listed[0], 'one'), present(listed[1], 'another')];
    await new SecurityStore(dependencies.database).remove(
      one.isin,
      { at: dependencies.now(), reason: 'delisted' },
      'remove-1',
    );
    const all = await loadMarketView(market, { base: EUR, today, years: 1 });
    expect(all.securities.some(({ isin }) => isin === one.isin)).toBe(false);
    const isins = [one.isin, other.isin, UNKNOWN];
    const named = await loadMarketView(market, { base: EUR, today, years: 1, isins });
    expect(named.securities.map(({ isin }) => isin).sort()).toEqual([one.isin, other.isin].sort());
    expect(named.unpriced).toEqual([
      { isin: UNKNOWN, symbol: '', reason: 'is not in the universe' },
    ]);
  });

  test('contains nothing from after its day', async () => {
    const earlier = parseDay('2024-03-15');
    const view = await loadMarketView(market, { base: EUR, today: earlier, years: 1 });
    for (const { isin } of view.securities) {
      expect(view.series.get(isin)?.days.at(-1)).toBe(epochDay(earlier));
      expect(view.quotes.get(isin)?.day).toBe(earlier);
    }
    for (const { days } of view.rateSeries.values())
      expect(days.at(-1)).toBeLessThanOrEqual(epochDay(earlier));
    expect(alignPrices(view, { days: 100 }).days.at(-1)).toBe(epochDay(earlier));
  });

  test('a currency without a rate is a reason, not a rate of 1', async () => {
    const view = await loadMarketView(market, { base: parseCurrency('JPY'), today, years: 1 });
    expect(view.securities).toEqual([]);
    expect(view.unpriced.map(({ reason }) => reason)).toContain('has no exchange rate for EUR');
  });
});

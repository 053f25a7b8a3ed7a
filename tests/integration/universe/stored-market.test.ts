import { addDays, epochDay, parseDay } from '#shared/kernel/calendar-day.ts';
import { pairOf, parseCurrency } from '#shared/kernel/currency.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { isinCheckDigit, parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { seededRandom } from '#shared/kernel/random.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { lastDay, lengthOf, type PriceSeries } from '#shared/universe/model/price-series.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

const [EUR, USD, GBP, JPY] = [
  parseCurrency('EUR'),
  parseCurrency('USD'),
  parseCurrency('GBP'),
  parseCurrency('JPY'),
];
const ISIN = isinOf(1);
const START = parseDay('2014-01-01');

function isinOf(number: number): Isin {
  const body = `DE0FIX${String(number).padStart(5, '0')}`;
  return parseIsin(`${body}${isinCheckDigit(body)}`);
}

function seriesOf(isin: Isin, length: number, from = START): PriceSeries {
  const random = seededRandom(isin);
  const column = () => Float64Array.from({ length }, () => 10 + Math.round(random() * 1e4) / 100);
  const first = epochDay(from);
  return {
    isin,
    days: Int32Array.from({ length }, (_, i) => first + Math.floor(i * 1.449)),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    adjustedClose: column(),
    volume: column(),
  };
}

describe('the stored market', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let market: StoredMarket;
  let prices: PriceStore;

  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    dependencies = await openTestDependencies(redis);
    market = new StoredMarket(dependencies.database);
    prices = new PriceStore(dependencies.database);
  });
  afterEach(() => dependencies.close());

  const add = (isin: Isin, symbol: string, currency = EUR) =>
    new SecurityStore(dependencies.database).add(
      {
        isin,
        symbol,
        name: symbol,
        exchange: 'XETR',
        currency,
        securityType: 'EQUITY',
        lot: Decimal.one,
        addedAt: instantOf(0),
      },
      'key',
    );
  const corrupt = { code: 'DATA_CORRUPT' };

  describe('bars', () => {
    test('are read back as they were written, whole or from a day on', async () => {
      const series = seriesOf(ISIN, 1000);
      await prices.put(series, []);
      expect(await market.series(ISIN)).toEqual(series);
      const from = parseDay('2016-05-05');
      const part = await market.series(ISIN, from);
      const first = series.days.findIndex((day) => day >= epochDay(from));
      expect(part.days).toEqual(series.days.subarray(first));
      expect(part.volume).toEqual(series.volume.subarray(first));
      expect(lengthOf(await market.series(ISIN, parseDay('2030-01-01')))).toBe(0);
    });

    test('of a security without any are empty, and it has no quote', async () => {
      await add(ISIN, 'NORD');
      expect(lengthOf(await market.series(ISIN))).toBe(0);
      expect(lastDay(await market.series(ISIN))).toBeUndefined();
      expect(await market.quote(ISIN)).toBeUndefined();
    });

    test('are written only for the years that differ', async () => {
      const series = seriesOf(ISIN, 1000);
      expect(await prices.put(series, [])).toBe(true);
      expect(await prices.put(series, [])).toBe(false);
      const before = await dependencies.database.redis.hgetall(keys.universe.prices(ISIN));
      series.close[0] = 77;
      expect(await prices.put(series, [])).toBe(true);
      const after = await dependencies.database.redis.hgetall(keys.universe.prices(ISIN));
      const changed = Object.keys(after).filter((year) => after[year] !== before[year]);
      expect(changed).toEqual(['2014']);
    });

    test('of years that the source dropped are removed', async () => {
      await prices.put(seriesOf(ISIN, 1000), []);
      const short = seriesOf(ISIN, 20);
      await prices.put(short, []);
      expect(await market.series(ISIN)).toEqual(short);
    });

    test('set aside are kept beside them', async () => {
      const aside = Array.from({ length: 2500 }, (_, i) => ({
        day: addDays(START, i),
        reason: 'close 0 is not positive',
      }));
      await prices.put(seriesOf(ISIN, 3), aside);
      expect(await prices.setAside(ISIN)).toEqual(aside);
      expect(await prices.put(seriesOf(ISIN, 3), aside)).toBe(false);
      await prices.put(seriesOf(ISIN, 3), []);
      expect(await prices.setAside(ISIN)).toEqual([]);
    });

    test('that do not parse are corrupt, and named', async () => {
      await prices.put(seriesOf(ISIN, 3), []);
      await dependencies.database.redis.hset(keys.universe.prices(ISIN), '2015', '{"days":[1');
      await add(ISIN, 'NORD');
      await expect(market.series(ISIN)).rejects.toMatchObject(corrupt);
      await expect(market.quote(ISIN)).rejects.toThrow(ISIN);
    });

    test('of five hundred securities over ten years load in one go', async () => {
      const isins = Array.from({ length: 500 }, (_, i) => isinOf(i));
      for (const isin of isins) await prices.put(seriesOf(isin, 2520), []);
      const loaded = await market.seriesOf(isins);
      expect(loaded.size).toBe(500);
      expect([...loaded.values()].every((series) => lengthOf(series) === 2520)).toBe(true);
      const year = await market.seriesOf(isins, parseDay('2023-06-01'));
      expect(year.size).toBe(500);
    });
  });

  describe('quotes', () => {
    test('are the last closes, exact, in the security’s currency', async () => {
      await add(ISIN, 'NORD', GBP);
      const series = seriesOf(ISIN, 300);
      series.close[299] = 12.3456;
      await prices.put(series, []);
      const quote = await market.quote(ISIN);
      expect(quote?.price.toJSON()).toEqual({ amount: '12.3456', currency: 'GBP' });
      expect(quote?.day).toBe(lastDay(series));
      const many = await market.quotes([ISIN, isinOf(2)]);
      expect([...many.keys()]).toEqual([ISIN]);
      expect(many.get(ISIN)).toEqual(quote);
    });
  });

  describe('securities', () => {
    test('come by symbol, and are found by it without regard to case', async () => {
      await add(isinOf(2), 'WEST');
      await add(isinOf(1), 'NORD');
      expect((await market.securities()).map(({ symbol }) => symbol)).toEqual(['NORD', 'WEST']);
      expect((await market.bySymbol('west'))?.isin).toBe(isinOf(2));
      expect(await market.bySymbol('SOUTH')).toBeUndefined();
    });

    test('that are removed yield to one with the same symbol', async () => {
      await add(isinOf(1), 'NORD');
      await add(isinOf(2), 'NORD');
      const removal = { at: instantOf(0), reason: '' };
      await new SecurityStore(dependencies.database).remove(isinOf(1), removal, 'key');
      expect((await market.bySymbol('NORD'))?.isin).toBe(isinOf(2));
    });

    test.each([
      [keys.universe.securities(), '{}'],
      [keys.universe.fundamentals(), '{"asOf":"2024-02-30","fetchedAt":1}'],
      [keys.universe.removals(), 'x'],
    ])('that do not parse are corrupt: %s', async (key, json) => {
      await add(ISIN, 'NORD');
      await dependencies.database.redis.hset(key, ISIN, json);
      await expect(market.securities()).rejects.toMatchObject(corrupt);
      await expect(market.security(ISIN)).rejects.toMatchObject(corrupt);
    });
  });

  describe('exchange rates', () => {
    const put = async (from: typeof EUR, into: typeof EUR, entries: Record<string, number>) => {
      await prices.putRates(from, into, {
        days: Int32Array.from(Object.keys(entries), (day) => epochDay(parseDay(day))),
        rates: Float64Array.from(Object.values(entries)),
      });
      const fetched = { through: parseDay('2024-03-05'), at: instantOf(0) };
      await prices.putFetched(`rates:${pairOf(from, into)}`, fetched);
    };

    beforeEach(async () => {
      await put(USD, EUR, { '2023-12-29': 0.9, '2024-03-04': 0.92 });
      await put(GBP, EUR, { '2023-12-29': 1.15, '2024-03-05': 1.17 });
    });

    test('are the stored ones, 1 for the currency itself, and none for an unknown one', async () => {
      const rates = await market.rates(EUR, [USD, EUR, JPY, USD]);
      expect([...rates.keys()]).toEqual([USD, EUR]);
      expect(rates.get(USD)).toMatchObject({ from: USD, to: EUR, day: '2024-03-04' });
      expect(rates.get(USD)?.rate.toString()).toBe('0.92');
      expect(rates.get(EUR)).toMatchObject({ from: EUR, to: EUR, day: '2024-03-05' });
      expect(rates.get(EUR)?.rate.toString()).toBe('1');
    });

    test('are those of a day, and none before the first', async () => {
      const day = parseDay('2024-03-03');
      const rates = await market.rates(EUR, [USD, EUR], day);
      expect(rates.get(USD)?.rate.toString()).toBe('0.9');
      expect(rates.get(EUR)?.day).toBe(day);
      expect((await market.rates(EUR, [USD], parseDay('2020-01-01'))).size).toBe(0);
    });

    test('are inverted and crossed through a common currency', async () => {
      const rates = await market.rates(USD, [EUR, GBP]);
      expect(rates.get(EUR)?.rate.toString()).toBe('1.086956521739');
      expect(rates.get(GBP)?.rate.toString()).toBe('1.271739130435');
      expect(rates.get(GBP)?.day).toBe('2024-03-04');
    });

    test('over time are stored, inverted, crossed, or empty', async () => {
      expect(Array.from((await market.rateSeries(USD, EUR)).rates)).toEqual([0.9, 0.92]);
      const [first = 0] = (await market.rateSeries(EUR, USD)).rates;
      expect(first).toBeCloseTo(1 / 0.9, 12);
      const crossed = await market.rateSeries(GBP, USD);
      expect(Array.from(crossed.rates)).toEqual([1.15 * (1 / 0.9), 1.17 * (1 / 0.92)]);
      expect((await market.rateSeries(JPY, EUR)).days.length).toBe(0);
    });

    test('that do not parse are corrupt', async () => {
      const key = keys.universe.rates(pairOf(USD, EUR));
      await dependencies.database.redis.hset(key, '2024', '{"days":[19786],"rates":[0]}');
      await expect(market.rates(EUR, [USD])).rejects.toMatchObject(corrupt);
    });
  });
});

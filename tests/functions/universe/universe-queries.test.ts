/** The four operations that read the universe, over one market. */
import supertest from 'supertest';
import type {
  GetMarketDataResponse,
  GetUniverseResponse,
  SearchSecuritiesResponse,
} from '#protos/gen/universe.ts';
import type { FunctionHandler } from '#template/function.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { describedBy } from '#shared/universe/listing.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import getMarketData from '../../../functions/universe/get-market-data/handler.ts';
import getSecurity from '../../../functions/universe/get-security/handler.ts';
import getUniverse from '../../../functions/universe/get-universe/handler.ts';
import searchSecurities from '../../../functions/universe/search-securities/handler.ts';
import { endpointOf } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

const ALDR = parseIsin('US0SIM000166');
const ARVN = parseIsin('DE0SIM000014');
const SIMW = parseIsin('IE0SIM000005');
const BARE = parseIsin('GB0SIM000393');
const CHOSEN = ['ALDR', 'ARVN', 'ASHB', 'BELP', 'LUMR', 'SIMW'];
const STRANGER = 'US0378331005';

describe('reading the universe', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;

  const ask = async <T>(handler: FunctionHandler, body: object): Promise<T> => {
    const answer = await supertest(endpointOf(handler, dependencies)).post('/').send(body);
    expect(answer.body).not.toHaveProperty('code');
    return answer.body as T;
  };
  const refusal = (handler: FunctionHandler, body: object) =>
    supertest(endpointOf(handler, dependencies)).post('/').send(body);

  beforeAll(async () => {
    redis = await startTestRedis();
    const clock = steppingClock('2021-06-30T20:00:00Z');
    dependencies = await openTestDependencies(redis, {}, { now: clock.now });
    await seedMarket(dependencies, 2, ({ symbol }) => CHOSEN.includes(symbol));
    const store = new SecurityStore(dependencies.database);
    const listing = await dependencies.marketData.listing(new AbortController().signal);
    for (const listed of listing.filter(({ isin }) => isin === BARE))
      await store.add(describedBy(listed, dependencies.now()), 'key');
    await store.remove(ARVN, { at: dependencies.now(), reason: 'sold' }, 'key');
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  describe('get-universe', () => {
    const symbols = ({ securities }: GetUniverseResponse) => securities.map((s) => s.symbol);

    test('lists all by symbol, with the latest price and its day', async () => {
      const answer = await ask<GetUniverseResponse>(getUniverse, {});
      expect(symbols(answer)).toEqual([...CHOSEN, 'WLDN']);
      expect(answer.total).toBe(7);
      expect(answer.securities[0]).toMatchObject({
        symbol: 'ALDR',
        currency: 'USD',
        currentPrice: { amount: expect.stringMatching(/^\d+\.\d+$/) as string, currency: 'USD' },
        priceUpdated: { seconds: String(Date.parse('2021-06-30T00:00:00Z') / 1000), nanos: 0 },
        isTradable: true,
        lot: 1,
      });
      expect(answer.securities[0]?.marketCap).toBeGreaterThan(0);
      expect(answer.securities.at(-1)).not.toHaveProperty('currentPrice');
    });

    test('leaves removed securities out only when tradable ones are asked for', async () => {
      const tradable = await ask<GetUniverseResponse>(getUniverse, { tradableOnly: true });
      expect(symbols(tradable)).not.toContain('ARVN');
      const { securities } = await ask<GetUniverseResponse>(getUniverse, {});
      expect(securities.find((s) => s.symbol === 'ARVN')?.isTradable).toBe(false);
    });

    test('filters by sector and exchange, and pages with the total before paging', async () => {
      const filter = { exchange: 'xmil' };
      expect(symbols(await ask(getUniverse, filter))).toEqual(['BELP']);
      const sector = { sector: 'Consumer Discretionary' };
      expect(symbols(await ask(getUniverse, sector))).toEqual(['BELP', 'LUMR']);
      const page = await ask<GetUniverseResponse>(getUniverse, { ...sector, limit: 1, offset: 1 });
      expect([symbols(page), page.total]).toEqual([['LUMR'], 2]);
      expect((await ask<GetUniverseResponse>(getUniverse, { offset: 50 })).securities).toEqual([]);
    });

    test.each([
      ['limit', { limit: 1001 }],
      ['offset', { offset: -1 }],
      ['sort', { sort: 'name' }],
    ])('refuses a bad %s', async (field, body) => {
      const answer = await refusal(getUniverse, body);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field });
    });
  });

  describe('get-security', () => {
    test('finds by ISIN, and by symbol without regard to case', async () => {
      const byIsin = await ask<object>(getSecurity, { isin: ALDR });
      expect(byIsin).toMatchObject({ found: true, security: { symbol: 'ALDR', isin: ALDR } });
      expect(await ask(getSecurity, { symbol: 'aldr' })).toEqual(byIsin);
    });

    test('finds removed ones too', async () => {
      expect(await ask(getSecurity, { isin: ARVN })).toMatchObject({
        found: true,
        security: { isTradable: false },
      });
    });

    test('says when it finds none', async () => {
      expect(await ask(getSecurity, { isin: STRANGER })).toEqual({ found: false });
      expect(await ask(getSecurity, { symbol: 'NONE' })).toEqual({ found: false });
    });

    test.each([
      ['neither', {}],
      ['a bad check digit', { isin: 'US0378331006' }],
    ])('refuses %s', async (_name, body) => {
      const answer = await refusal(getSecurity, body);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field: 'isin' });
    });
  });

  describe('search-securities', () => {
    const found = async (body: object) => {
      const answer = await ask<SearchSecuritiesResponse>(searchSecurities, body);
      return [answer.securities.map(({ symbol }) => symbol), answer.totalMatches];
    };

    test('finds prefixes before the rest, whatever the accents, and counts before the limit', async () => {
      expect(await found({ query: 'lumiere' })).toEqual([['LUMR'], 1]);
      expect(await found({ query: 'AR' })).toEqual([['ARVN'], 1]);
      expect(await found({ query: 'sim' })).toEqual([['SIMW', ...CHOSEN.slice(0, -1), 'WLDN'], 7]);
      expect(await found({ query: 'sim', limit: 2 })).toEqual([['SIMW', 'ALDR'], 7]);
    });

    test('refuses an empty query', async () => {
      const answer = await refusal(searchSecurities, { query: ' ' });
      expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field: 'query' });
    });
  });

  describe('get-market-data', () => {
    const data = (body: object) => ask<GetMarketDataResponse>(getMarketData, body);

    test('answers bars oldest first, of as many days as asked for', async () => {
      const { history, isin, provider, simulated } = await data({ isin: ALDR, days: 7 });
      const days = history.map(({ date }) => Number(date?.seconds) * 1000);
      const dated = ['2021-06-24', '2021-06-25', '2021-06-28', '2021-06-29', '2021-06-30'];
      expect(days).toEqual(dated.map((day) => Date.parse(`${day}T00:00:00Z`)));
      expect([isin, provider, simulated]).toEqual([ALDR, 'sample', true]);
      expect(history[0]?.volume).toMatch(/^\d+$/);
      expect((await data({ isin: ALDR })).history.length).toBeGreaterThan(255);
    });

    test('draws figures from the last year, whatever the days asked for', async () => {
      const { metrics } = await data({ isin: ALDR, days: 2 });
      expect(metrics).toEqual((await data({ isin: ALDR })).metrics);
      expect(metrics?.beta).toBeGreaterThan(0.5);
      expect(metrics?.beta).toBeLessThan(2);
      expect(metrics?.volatility).toBeGreaterThan(0.1);
      expect(metrics?.averageVolume).toBeGreaterThan(0);
      const [low, high] = [metrics?.week52Low, metrics?.week52High];
      expect(Number(low?.amount)).toBeLessThan(Number(high?.amount));
      expect(high?.currency).toBe('USD');
    });

    test('computes indicators on all bars, whatever the days requested', async () => {
      const { history, metrics } = await data({ isin: ALDR, days: 1000 });
      const closes = history.map(({ adjustedClose }) => adjustedClose);
      const { sma50, rsi14, changePct20 } = metrics?.indicators ?? {};
      const latest = closes.slice(-50);
      expect(sma50).toBeCloseTo(latest.reduce((sum, close) => sum + close, 0) / 50, 8);
      const [last = NaN, then = NaN] = [closes.at(-1), closes.at(-21)];
      expect(changePct20).toBeCloseTo((last / then - 1) * 100, 8);
      expect(rsi14).toBeGreaterThan(0);
      expect(rsi14).toBeLessThan(100);
    });

    test('states the day change exactly', async () => {
      const { history, metrics } = await data({ isin: ALDR, days: 5 });
      const [previous = 0, last = 0] = history.slice(-2).map(({ close }) => close);
      expect(metrics?.dayChange).toEqual({
        amount: String(Math.round((last - previous) * 100) / 100),
        currency: 'USD',
      });
      expect(metrics?.dayChangePct).toBeCloseTo((last / previous - 1) * 100, 10);
    });

    test('measures the benchmark against itself as one', async () => {
      expect((await data({ isin: SIMW })).metrics?.beta).toBeCloseTo(1, 10);
    });

    test('omits figures of a security without bars', async () => {
      const { history, metrics } = await data({ isin: BARE });
      expect([history, metrics]).toEqual([[], {}]);
    });

    test('keeps the history of a removed security readable', async () => {
      expect((await data({ isin: ARVN })).history.length).toBeGreaterThan(100);
    });

    test('answers 404 for an unknown security', async () => {
      const answer = await refusal(getMarketData, { isin: STRANGER });
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ code: 'NOT_FOUND', id: STRANGER });
    });

    test.each([
      ['days', { isin: ALDR, days: -1 }],
      ['days', { isin: ALDR, days: 1.5 }],
      ['isin', {}],
    ])('refuses a bad %s', async (field, body) => {
      const answer = await refusal(getMarketData, body);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field });
    });
  });
});

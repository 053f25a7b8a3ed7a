import type { GetMarketDataResponse, SyncPricesUpdate } from '#protos/gen/universe.ts';
import type { Disagreement } from '#shared/clients/market-data/market-data.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { blocks } from '#shared/universe/model/price-doubt.ts';
import { withSpan } from '#shared/universe/model/source-span.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import supertest from 'supertest';
import getMarketData from '../../../functions/universe/get-market-data/handler.ts';
import syncPrices from '../../../functions/universe/sync-prices/handler.ts';
import { endpointOf } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';
import { addSecurity } from '../../support/markets/seed-market.ts';
import { streamed } from '../../support/universe-calls.ts';

let redis: TestRedis;
let dependencies: Dependencies;
let clock: ReturnType<typeof steppingClock>;
let found: Disagreement | undefined;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  clock = steppingClock('2021-03-03T20:00:00Z');
  const opened = await openTestDependencies(redis, {}, { now: clock.now });
  const marketData = Object.assign(Object.create(opened.marketData), {
    disagreement: async () => found,
  }) as Dependencies['marketData'];
  dependencies = { ...opened, marketData };
});
afterEach(() => dependencies.close());

describe('prices that two sources disagree about', () => {
  it('block the security on both sides, until the sources agree', async () => {
    const [listed] = await dependencies.marketData.listing(new AbortController().signal);
    if (!listed) throw new Error('nothing is listed');
    await addSecurity(dependencies, listed);
    found = { day: parseDay('2021-03-02'), reason: 'one closes at 10, the other at 20' };
    const updates = await streamed<SyncPricesUpdate>(syncPrices, dependencies, {});
    expect(updates.at(-1)?.priceDoubts).toMatchObject([
      { kind: 'sources-disagree', reason: 'One closes at 10, the other at 20.' },
    ]);
    const market = new StoredMarket(dependencies.database);
    const [doubt] = (await market.doubts()).get(listed.isin) ?? [];
    expect(doubt && [blocks(doubt, 'BUY', false), blocks(doubt, 'SELL', true)]).toEqual([
      true,
      true,
    ]);

    found = undefined;
    await streamed(syncPrices, dependencies, { forceRefresh: true });
    expect((await market.doubts()).get(listed.isin)).toBeUndefined();
  });
});

describe('where prices came from', () => {
  it('is kept with them and answered', async () => {
    const [listed] = await dependencies.marketData.listing(new AbortController().signal);
    if (!listed) throw new Error('nothing is listed');
    await addSecurity(dependencies, listed);
    found = undefined;
    await streamed(syncPrices, dependencies, {});
    clock.advance(86_400_000);
    Object.assign(dependencies.marketData, { sourceOf: () => 'other X' });
    await streamed(syncPrices, dependencies, {});
    const answer = await supertest(endpointOf(getMarketData, dependencies))
      .post('/')
      .send({ isin: listed.isin });
    const { priceSources } = answer.body as GetMarketDataResponse;
    expect(priceSources.map(({ source }) => source)).toEqual(['sample', 'other X']);
  });

  it('is a span for each change of the source; a fetch takes the place of what was there', () => {
    const span = (source: string, from: string, at: number) => ({
      ...{ source, from: parseDay(from), fetchedAt: instantOf(at) },
    });
    const one = withSpan([], span('a', '2020-01-01', 1));
    const two = withSpan(one, span('a', '2020-02-01', 2));
    expect(two).toEqual([span('a', '2020-01-01', 2)]);
    const three = withSpan(two, span('b', '2020-03-01', 3));
    expect(three).toEqual([span('a', '2020-01-01', 2), span('b', '2020-03-01', 3)]);
    expect(withSpan(three, span('b', '2020-01-01', 4))).toEqual([span('b', '2020-01-01', 4)]);
    expect(withSpan(three, undefined)).toEqual(three);
  });
});

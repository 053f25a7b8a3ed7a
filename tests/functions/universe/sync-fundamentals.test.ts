import supertest from 'supertest';
import type { SyncFundamentalsUpdate } from '#protos/gen/universe.ts';
import { present } from '#shared/kernel/assert.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import syncFundamentals from '../../../functions/universe/sync-fundamentals/handler.ts';
import { describedBy } from '#shared/universe/listing.ts';
import { endpointOf } from '../../support/host.ts';
import { BentMarketData, streamed } from '../../support/universe-calls.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

describe('universe-sync-fundamentals', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let source: BentMarketData;
  let clock: ReturnType<typeof steppingClock>;
  let listed: Awaited<ReturnType<BentMarketData['listing']>>;

  const sync = (body: object = {}) =>
    streamed<SyncFundamentalsUpdate>(syncFundamentals, dependencies, body);
  const store = () => new SecurityStore(dependencies.database);

  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.stop());

  beforeEach(async () => {
    clock = steppingClock('2021-03-03T20:00:00Z');
    const opened = await openTestDependencies(redis, {}, { now: clock.now });
    source = new BentMarketData(opened.marketData);
    dependencies = { ...opened, marketData: source };
    listed = (await source.listing(new AbortController().signal)).slice(0, 3);
    for (const security of listed)
      await store().add({ ...describedBy(security, dependencies.now()), sector: undefined }, 'key');
  });
  afterEach(() => dependencies.close());

  test('stores what the source knows, and its sector', async () => {
    const updates = await sync();
    expect(updates.map(({ synced }) => synced)).toEqual([1, 2, 3, 3]);
    expect(updates.at(-1)).toMatchObject({ complete: true, failed: 0, total: 3, error: '' });
    for (const { isin, sector } of listed) {
      const known = await source.fundamentals(isin, new AbortController().signal);
      const security = present(await store().find(isin), 'the security is there');
      expect(security.sector).toBe(sector);
      expect(security.fundamentals).toEqual(
        JSON.parse(JSON.stringify({ ...known, fetchedAt: dependencies.now() })),
      );
    }
  });

  test('fetches once a day of the market, unless forced', async () => {
    await sync();
    source.asked.clear();
    await sync();
    expect(source.asked.size).toBe(0);
    await sync({ forceRefresh: true });
    expect(source.asked.size).toBe(3);
  });

  test('leaves figures as they are when they are the same again', async () => {
    await sync();
    const before = await store().all();
    clock.advance(DAY_MS);
    await sync();
    expect(await store().all()).toEqual(before);
  });

  test('counts and names what the source does not have', async () => {
    const isin = present(listed[0], 'something is listed').isin;
    source.failing.set(isin, notFound('security', isin));
    const end = (await sync({ isins: [isin, listed[1]?.isin, 'US0378331005'] })).at(-1);
    expect(end).toMatchObject({ synced: 1, failed: 2, complete: true });
    expect(end?.problems).toEqual([
      { isin, symbol: listed[0]?.symbol, reason: `There is no security ${isin}.` },
      { isin: 'US0378331005', symbol: '', reason: 'is not in the universe' },
    ]);
  });

  test('refuses a field it does not know', async () => {
    const answer = await supertest(endpointOf(syncFundamentals, dependencies))
      .post('/')
      .send({ isin: 'x' });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field: 'isin' });
  });
});

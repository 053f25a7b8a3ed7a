/** The history of the overview is computed once for a position of the ledger and of the prices. */
import { gateway } from '#shared/contract/gateway.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import type { Operation, WireRequestOf } from '#shared/contract/row.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { openPageFixture, type PageFixture } from '../../support/endpoints/page-fixture.ts';

let redis: TestRedis;
let fixture: PageFixture;
let calls = 0;

beforeAll(async () => {
  redis = await startTestRedis();
  fixture = await openPageFixture(redis, { past: { days: 90, holdings: 3, deposit: 10_000 } });
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await fixture.close();
  await redis.stop();
});

function ask<O extends Operation>(operation: O, request: WireRequestOf<O>) {
  calls += 1;
  const options = { signal: new AbortController().signal, requestId: `ask-${calls}` };
  return fixture.dependencies.functions.call(operation, request, options);
}

it('is read once, and anew when something was booked, prices were fetched or the period is another', async () => {
  const reads = jest.spyOn(StoredMarket.prototype, 'seriesOf');
  const readBy = async (historyDays = 0) => {
    reads.mockClear();
    const { history } = await ask(gateway.getOverview, { historyDays });
    return { history, reads: reads.mock.calls.length };
  };
  const first = await readBy();
  expect(first.history?.points.length).toBeGreaterThan(60);
  const again = await readBy();
  expect(again.history).toEqual(first.history);
  expect(again.reads).toBeLessThan(first.reads);
  const period = await readBy(30);
  expect([period.reads, (await readBy(30)).reads]).toEqual([first.reads, again.reads]);
  const amount = { amount: '1.00', currency: 'EUR' };
  await ask(portfolio.bookMovement, { kind: 'withdrawal', amount });
  expect((await readBy()).reads).toBe(first.reads);
  expect((await readBy()).reads).toBe(again.reads);
  const store = new PriceStore(fixture.dependencies.database);
  fixture.clock.advance(60_000);
  const at = instantOf(fixture.clock.now());
  await store.putFetched('rates:USD-EUR', { through: dayOf(at), at });
  expect((await readBy()).reads).toBe(first.reads);
});

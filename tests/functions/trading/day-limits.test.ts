/** The limits of a day under a wall clock that is set, forward and back, while little time passes. */
import { DAY_MS, HOUR_MS } from '#shared/kernel/instant.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

let redis: TestRedis;
let t: TradingFixture;
/** Time since the machine was started. */
let steadyMs: number;
let boot: string;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  steadyMs = 0;
  boot = 'first';
  t = await openTradingFixture(
    redis,
    { ORDERS_PER_DAY_MAX: '3', QUOTE_AGE_DAYS_MAX: '1000' },
    { steady: () => ({ boot, ms: steadyMs }) },
  );
});
afterEach(() => t.dependencies.close());

let keys = 0;
/** @returns the codes of what refused it */
async function buy(): Promise<string[]> {
  const order = { isin: t.isin('ARVN'), side: 'BUY', quantity: 1 };
  const { body } = await t.call(executeTrade, order, `day-${(keys += 1)}`);
  const errors = body.errors as { code: string }[];
  return errors.map(({ code }) => code).filter((code) => code === 'day-orders');
}

async function buyToTheLimit(): Promise<void> {
  for (let orders = 0; orders < 3; orders += 1) expect(await buy()).toEqual([]);
  expect(await buy()).toEqual(['day-orders']);
}

it.each([2 * DAY_MS, 40 * DAY_MS, -2 * DAY_MS, -40 * DAY_MS, 25 * HOUR_MS, -HOUR_MS])(
  'stay when the clock jumps by %d ms, and when it jumps back',
  async (jumpMs) => {
    await buyToTheLimit();
    t.clock.advance(jumpMs);
    expect(await buy()).toEqual(['day-orders']);
    t.clock.advance(-jumpMs);
    expect(await buy()).toEqual(['day-orders']);
  },
);

it.each([3 * DAY_MS, 300 * DAY_MS])(
  'count orders of a time when the clock was wrong by %d ms',
  async (wrongByMs) => {
    t.clock.advance(wrongByMs);
    await buyToTheLimit();
    t.clock.advance(-wrongByMs);
    expect(await buy()).toEqual(['day-orders']);
  },
);

it('end with the day, also for a cycle that begins a little earlier', async () => {
  await buyToTheLimit();
  t.clock.advance(DAY_MS - 2_000);
  steadyMs += DAY_MS - 2_000;
  await buyToTheLimit();
});

it('use the wall clock after a reboot', async () => {
  await buyToTheLimit();
  [boot, steadyMs] = ['second', 0];
  expect(await buy()).toEqual(['day-orders']);
  t.clock.advance(DAY_MS);
  expect(await buy()).toEqual([]);
});

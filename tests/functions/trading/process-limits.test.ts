/** Limits of the process: no policy raises them, and orders at once do not pass them together. */
import updatePolicy from '../../../functions/portfolio/update-policy/handler.ts';
import bookMovement from '../../../functions/portfolio/book-movement/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { keys } from '#shared/redis/keys.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

const signal = new AbortController().signal;
let redis: TestRedis;
let t: TradingFixture;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
afterEach(() => t.dependencies.close());

const open = async (env: Record<string, string>) => {
  t = await openTradingFixture(redis, env);
};
const order = (symbol: string, quantity: number) => ({
  isin: t.isin(symbol),
  side: 'BUY',
  quantity,
});

async function codesOf(symbol: string, quantity: number, key: string): Promise<string[]> {
  const { body } = await t.call(executeTrade, order(symbol, quantity), key);
  return (body.errors as { code: string }[]).map(({ code }) => code);
}

it.each([
  [{ MAXIMUM_ORDER_RATIO: '0.01' }, 'maximumRatio: 1', 'order-too-large'],
  [{ DAY_TURNOVER_MAX_RATIO: '0.01' }, 'dayTurnoverMaxRatio: 5', 'day-turnover'],
  [{ ORDERS_PER_DAY_MAX: '1' }, 'perDayMax: 100', 'day-orders'],
])('a policy cannot raise %j', async (env, stated, code) => {
  await open(env);
  const { body } = await t.call(updatePolicy, {
    document: `orders: { ${stated} }`,
    expectedVersion: 0,
  });
  expect(body).toMatchObject({ success: true });
  expect(body.warnings[0]).toContain(`orders.${stated.split(':')[0] ?? ''} is`);
  await codesOf('HAVL', 1, 'first');
  expect(await codesOf('ARVN', 10, 'k')).toContain(code);
});

it('a policy can lower them', async () => {
  await open({});
  await t.call(updatePolicy, { document: 'orders: { maximumRatio: 0.01 }', expectedVersion: 0 });
  expect(await codesOf('ARVN', 10, 'k')).toEqual(['order-too-large']);
});

it.each([
  ['the turnover', { DAY_TURNOVER_MAX: '1500' }, 'day-turnover'],
  ['the number of orders', { ORDERS_PER_DAY_MAX: '1' }, 'day-orders'],
])('orders at the same time do not pass %s together', async (_name, env, code) => {
  await open(env);
  const [one, other] = [await sharesFor('ARVN', 1_000), await sharesFor('HAVL', 1_000)];
  const found = await Promise.all([codesOf('ARVN', one, 'a'), codesOf('HAVL', other, 'b')]);
  expect(found.flat()).toEqual([code]);
  expect(t.broker.received).toHaveLength(1);
});

async function sharesFor(symbol: string, value: number): Promise<number> {
  const bars = await t.dependencies.marketData.bars(t.isin(symbol), parseDay('2025-06-01'), signal);
  return Math.floor(value / (bars.at(-1)?.close ?? Number.NaN));
}

it('shares of an average volume are counted over the orders of a day', async () => {
  await open({ VOLUME_SHARE_MAX_RATIO: '0.0000001' });
  expect(await codesOf('ARVN', 10, 'k')).toEqual(['volume-share']);
});

it('a loss of the day ends purchases, and lets sales pass', async () => {
  await open({ DAY_LOSS_MAX: '10' });
  expect(await codesOf('ARVN', 50, 'first')).toEqual([]);
  const { redis: stored } = t.dependencies.database;
  const key = keys.portfolio.valuations('default');
  const [json = ''] = Object.values(await stored.hgetall(key));
  const total = { amount: '25050.00', currency: 'EUR' };
  const yesterday = { ...(JSON.parse(json) as object), day: '2025-06-10', total, hash: undefined };
  await stored.hset(key, '2025-06-10', JSON.stringify(yesterday));
  expect(await codesOf('HAVL', 1, 'second')).toEqual(['day-loss']);
  const sale = { ...order('ARVN', 1), side: 'SELL' };
  expect((await t.call(executeTrade, sale, 'third')).body).toMatchObject({ success: true });
});

it('shares that were delivered and that nobody prices hide no loss', async () => {
  await open({ DAY_LOSS_MAX: '10' });
  expect(await codesOf('ARVN', 50, 'first')).toEqual([]);
  const { redis: stored } = t.dependencies.database;
  const key = keys.portfolio.valuations('default');
  const [json = ''] = Object.values(await stored.hgetall(key));
  const total = { amount: '25050.00', currency: 'EUR' };
  const yesterday = { ...(JSON.parse(json) as object), day: '2025-06-10', total, hash: undefined };
  await stored.hset(key, '2025-06-10', JSON.stringify(yesterday));
  const delivered = {
    ...{ kind: 'transfer-in', isin: 'DE0005190003', symbol: 'UNLISTED', quantity: 100 },
    price: { amount: '10.00', currency: 'EUR' },
  };
  t.clock.advance(1000);
  expect((await t.call(bookMovement, delivered, 'delivered')).status).toBe(200);
  expect(await codesOf('HAVL', 1, 'second')).toEqual(['day-loss']);
  const back = { kind: 'transfer-out', isin: 'DE0005190003', quantity: 100 };
  expect((await t.call(bookMovement, back, 'back')).status).toBe(200);
  expect(await codesOf('HAVL', 1, 'third')).toEqual(['day-loss']);
});

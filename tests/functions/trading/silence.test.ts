/** The dead-man's switch: nothing is sent while a part has been silent for too long. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { HOUR_MS, later } from '#shared/kernel/instant.ts';
import { beat, beatAt, endPulse, redisNow } from '#shared/redis/pulses.ts';
import { openOrderDependencies } from '#shared/trading/order-dependencies.ts';
import { tradeIdOf } from '#shared/trading/order-store.ts';
import { submitOrder, type Hooks } from '#shared/trading/submit.ts';
import type { OrderDraft } from '#shared/trading/model/order-record.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import getState from '../../../functions/trading/get-trading-state/handler.ts';
import syncPrices from '../../../functions/universe/sync-prices/handler.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

const signal = new AbortController().signal;
const MAX_MS = 60_000;
let redis: TestRedis;
let t: TradingFixture;
let orders = 0;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  t = await openTradingFixture(redis);
});
afterEach(() => t.dependencies.close());

const buy = () => ({ isin: t.isin('ARVN'), side: 'BUY', quantity: 1 });

async function silentFor(name: 'connector' | 'board:state', ms: number): Promise<void> {
  const { database } = t.dependencies;
  await beatAt(database, name, later(await redisNow(database), -ms));
}

/** @returns the codes of what refused an order */
async function codesOfOrder(): Promise<string[]> {
  const { body } = await t.call(executeTrade, buy(), `order-${(orders += 1)}`);
  return (body.errors as { code: string }[]).map(({ code }) => code);
}

/** Executed here, instead of waiting for a connector. */
async function sync(body: object = {}): Promise<void> {
  await t.call(syncPrices, body).set('x-run-id', `run-${(orders += 1)}`);
}

async function restrictions(): Promise<{ code: string; message: string }[]> {
  const { body } = await t.call(getState, {});
  return body.restrictions as { code: string; message: string }[];
}

it.each([
  [
    'connector',
    'connector-silent',
    /^the connector has been silent since .*Z, 6[45] s \(at most 60 s\)$/,
  ],
  ['board:state', 'board-silent', /^the board state has been silent since /],
] as const)(
  'a silent %s halts trading, says so, and lifts it when it is back',
  async (name, code, text) => {
    await silentFor(name, MAX_MS - 30_000);
    expect(await codesOfOrder()).toEqual([]);
    await silentFor(name, MAX_MS + 4_000);
    expect(await restrictions()).toEqual([
      { code, state: 'HALTED', message: expect.stringMatching(text) },
    ]);
    expect(await codesOfOrder()).toContain('trading-halted');
    expect(t.broker.received).toHaveLength(1);
    await beat(t.dependencies.database, name);
    expect(await restrictions()).toEqual([]);
  },
);

it('a silent source of prices halts trading until it answers', async () => {
  await sync();
  t.clock.advance(95 * HOUR_MS);
  expect(await restrictions()).toEqual([]);
  t.clock.advance(2 * HOUR_MS);
  expect(await restrictions()).toMatchObject([{ code: 'prices-silent' }]);
  expect(await codesOfOrder()).toContain('trading-halted');
  expect(t.broker.received).toHaveLength(0);
  await sync();
  expect(await restrictions()).toEqual([]);
});

it('a sync in which no security could be fetched is no sign of life', async () => {
  await sync();
  t.clock.advance(97 * HOUR_MS);
  const { marketData } = t.dependencies;
  const away = (): Promise<never> => Promise.reject(new Error('away'));
  Object.assign(marketData, { bars: away, figures: away });
  await sync({ forceRefresh: true });
  expect(await restrictions()).toMatchObject([{ code: 'prices-silent' }]);
});

it('what never was heard of, or has left in order, is not missed', async () => {
  expect(await restrictions()).toEqual([]);
  await silentFor('board:state', 10 * MAX_MS);
  await endPulse(t.dependencies.database, 'board:state');
  expect(await restrictions()).toEqual([]);
});

it('0 switches it off', async () => {
  await t.dependencies.close();
  t = await openTradingFixture(redis, { CONNECTOR_SILENCE_MAX_MS: '0' });
  await silentFor('connector', 100 * MAX_MS);
  expect(await restrictions()).toEqual([]);
});

it.each(['P4-intent', 'P5-submitting'] as const)(
  'silence that begins to count at %s keeps the order from being sent',
  async (at) => {
    const hooks: Hooks = {
      reach: async (point) => {
        if (point === at) await silentFor('connector', 2 * MAX_MS);
      },
      monotonicMs: () => 0,
      submitTimeoutMs: 1_000,
    };
    const draft: OrderDraft = {
      ...{ accountId: DEFAULT_ACCOUNT, isin: t.isin('ARVN'), symbol: '', side: 'BUY' },
      ...{ quantity: Decimal.of(1), orderType: 'MARKET', timeInForce: 'DAY' },
    };
    const tradeId = tradeIdOf(DEFAULT_ACCOUNT, `race-${at}`);
    const order = await submitOrder(
      openOrderDependencies(t.dependencies),
      draft,
      tradeId,
      signal,
      hooks,
    );
    expect(order.state).toBe('DENIED');
    expect(order.errors.map(({ code }) => code)).toEqual(['trading-halted']);
    expect(t.broker.received).toEqual([]);
  },
);

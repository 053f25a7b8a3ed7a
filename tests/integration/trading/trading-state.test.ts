/** HALTED and REDUCING: set, lifted, reported, and never passed by an order. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { trading } from '#shared/contract/trading.ts';
import { ControlStore } from '#shared/trading/control/control-store.ts';
import {
  openOrderDependencies,
  type OrderDependencies,
} from '#shared/trading/order-dependencies.ts';
import { crashPoints, submitOrder, type Hooks } from '#shared/trading/submit.ts';
import { tradeIdOf } from '#shared/trading/order-store.ts';
import { draftOf } from '#shared/trading/trade-wire.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import getState from '../../../functions/trading/get-trading-state/handler.ts';
import setState from '../../../functions/trading/set-trading-state/handler.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

const RACES = 1_000;
const SEED = process.env['SEED'] ?? 'trading-state-1';

let redis: TestRedis;
let t: TradingFixture;
let dataDir: string;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trader-state-'));
  t = await openTradingFixture(redis, { DATA_DIR: dataDir });
});
afterEach(async () => {
  await t.dependencies.close();
  await rm(dataDir, { recursive: true });
});

const buy = () => ({ isin: t.isin('ARVN'), side: 'BUY', quantity: 10 });

describe('the trading state', () => {
  it('is set and lifted by an operation, and names orders in flight', async () => {
    t.broker.submitFault = 'appears-later';
    const { body: sent } = await t.call(executeTrade, buy(), 'k1');
    const { body: halted } = await t.call(setState, { state: 'HALTED', reason: 'drill' }, 'h1');
    expect(halted).toEqual({
      success: true,
      state: 'HALTED',
      restrictions: [{ code: 'set-by-operator', state: 'HALTED', message: 'drill' }],
      message: 'Trading is HALTED, no order is sent: drill.',
      ordersUnderWay: [sent.tradeId],
    });
    expect((await t.call(getState, {})).body).toMatchObject({ state: 'HALTED' });
    const { body: lifted } = await t.call(setState, { state: 'ACTIVE' }, 'h2');
    expect(lifted).toMatchObject({ success: true, state: 'ACTIVE', restrictions: [] });
  });

  it.each(['HALTED', 'REDUCING'])('needs a reason for %s', async (state) => {
    const { status, body } = await t.call(setState, { state }, 'h1');
    expect([status, body.field]).toEqual([400, 'reason']);
    expect((await t.call(getState, {})).body.state).toBe('ACTIVE');
  });

  it.each([
    ['HALTED', 'HALTED'],
    ['HALT', 'HALTED'],
    ['REDUCING', 'REDUCING'],
  ])('follows the file %s, which only its removal lifts', async (file, state) => {
    await writeFile(join(dataDir, file), 'on holiday\nsecond line');
    expect((await t.call(getState, {})).body).toMatchObject({
      state,
      restrictions: [{ code: 'file', state, message: expect.stringMatching(/says: on holiday$/) }],
    });
    expect((await t.call(executeTrade, buy(), 'k1')).body.success).toBe(false);
    const { body: kept } = await t.call(setState, { state: 'ACTIVE' }, 'h1');
    expect(kept).toMatchObject({ success: false, state });
    await rm(join(dataDir, file));
    expect((await t.call(getState, {})).body.state).toBe('ACTIVE');
  });

  it('is the strictest of all reasons', async () => {
    await t.call(setState, { state: 'REDUCING', reason: 'drill' }, 'h1');
    await writeFile(join(dataDir, 'HALTED'), '');
    const { body } = await t.call(getState, {});
    expect(body.state).toBe('HALTED');
    expect(body.restrictions.map((one: { state: string }) => one.state)).toEqual([
      'HALTED',
      'REDUCING',
    ]);
  });
});

describe(`an order against a halt, ${RACES} times (seed ${SEED})`, () => {
  it('is never sent once HALTED is stored, unless it was in flight', async () => {
    const random = seededRandom(SEED);
    const other = connectRedis(redis.url, t.dependencies.settings.redisKeyPrefix);
    const operator = new ControlStore(new Database(other), dataDir);
    const settings = { ...t.dependencies.settings, ordersPerDayMax: 10_000 };
    const orderDependencies = rejecting(openOrderDependencies({ ...t.dependencies, settings }));
    const counts = { sent: 0, denied: 0, underWay: 0 };
    for (let race = 0; race < RACES; race += 1) {
      const outcome = await raceOnce(orderDependencies, operator, race, random);
      counts[outcome] += 1;
      await operator.set('ACTIVE', 'next', t.dependencies.now());
      const { byTime, admissions } = keys.trading;
      const { redis: own } = t.dependencies.database;
      await own.del(byTime(DEFAULT_ACCOUNT), admissions(DEFAULT_ACCOUNT));
    }
    other.disconnect();
    // Each side wins some of the races, or nothing was raced.
    expect(counts.sent + counts.underWay).toBeGreaterThan(RACES / 20);
    expect(counts.denied).toBeGreaterThan(RACES / 20);
  });

  const sentTo: string[] = [];

  /** A broker that takes note of each order and refuses it, so that nothing piles up. */
  function rejecting(orderDependencies: OrderDependencies): OrderDependencies {
    const submit: OrderDependencies['broker']['submit'] = (order) => {
      sentTo.push(order.clientOrderId);
      return Promise.resolve({ kind: 'rejected', reason: 'a drill' });
    };
    const broker = Object.create(orderDependencies.broker, {
      submit: { value: submit },
    }) as OrderDependencies['broker'];
    return { ...orderDependencies, broker };
  }

  async function raceOnce(
    orderDependencies: OrderDependencies,
    operator: ControlStore,
    race: number,
    random: () => number,
  ): Promise<'sent' | 'denied' | 'underWay'> {
    const id = tradeIdOf(DEFAULT_ACCOUNT, `race-${race}`);
    const draft = draftOf(trading.executeTrade.request.parse(buy()));
    const moment = crashPoints[1 + integerBelow(random, 5)];
    const ticks = integerBelow(random, 4);
    let halt: Promise<string | undefined> | undefined;
    const hooks: Hooks = {
      reach: async (point) => {
        if (point === moment) halt ??= haltAfter(ticks);
        await Promise.resolve();
      },
      monotonicMs: () => 0,
      submitTimeoutMs: 5_000,
    };
    const order = await submitOrder(
      orderDependencies,
      draft,
      id,
      new AbortController().signal,
      hooks,
    );
    const stateThen = await (halt ?? haltAfter(0));
    const wasSent = sentTo.includes(order.clientOrderId) && order.clientOrderId !== '';
    if (order.state === 'DENIED') {
      expect(order.errors[0]?.code).toBe('trading-halted');
      expect(wasSent).toBe(false);
      // It was on its way only if it had started before.
      if (order.submittedAt !== undefined) expect(stateThen).not.toBe('INTENT');
      return 'denied';
    }
    expect(order.state).toBe('REJECTED');
    // What was sent had left INTENT before the halt was stored.
    expect(['SUBMITTING', 'REJECTED']).toContain(stateThen);
    return stateThen === 'SUBMITTING' ? 'underWay' : 'sent';

    /** @returns the order's state as the operator sees it once HALTED is stored */
    async function haltAfter(turns: number): Promise<string | undefined> {
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      await operator.set('HALTED', 'race', t.dependencies.now());
      return (await orderDependencies.store.find(DEFAULT_ACCOUNT, id))?.order.state;
    }
  }
});

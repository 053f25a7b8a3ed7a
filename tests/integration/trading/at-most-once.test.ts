/**
 * One order for one key, whatever dies and whatever the broker does. The broker's own log is the
 * judge: what it received and what it accepted, by client order id.
 */
import { DEFAULT_ACCOUNT, type TradeId } from '#shared/kernel/identifiers.ts';
import { keys } from '#shared/redis/keys.ts';
import { trading } from '#shared/contract/trading.ts';
import { ControlStore } from '#shared/trading/control/control-store.ts';
import { openOrderDependencies } from '#shared/trading/order-dependencies.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { crashPoints, submitOrder, type CrashPoint, type Hooks } from '#shared/trading/submit.ts';
import { tradeIdOf } from '#shared/trading/order-store.ts';
import { draftOf } from '#shared/trading/trade-wire.ts';
import type { OrderRecord } from '#shared/trading/model/order-record.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import getTradeStatus from '../../../functions/trading/get-trade-status/handler.ts';
import type { QueryFault, SubmitFault } from '../../support/brokers/faulty-broker.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

const KEY = 'key-1';
const tradeId = tradeIdOf(DEFAULT_ACCOUNT, KEY);

let redis: TestRedis;
let t: TradingFixture;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  t = await openTradingFixture(redis);
});
afterEach(async () => {
  await judge();
  await t.dependencies.close();
});

const body = () => ({ isin: t.isin('ARVN'), side: 'BUY', quantity: 10 });
const execute = (key = KEY) => t.call(executeTrade, body(), key);

/** What the engine's process does, up to a point at which it dies: nothing it does later happens. */
async function dieAt(point: CrashPoint, hooks: Partial<Hooks> = {}): Promise<'dead' | OrderRecord> {
  let dead: (answer: 'dead') => void = () => undefined;
  const death = new Promise<'dead'>((resolve) => (dead = resolve));
  return Promise.race([death, run({ ...hooks, reach: (at) => stopAt(at) })]);

  function stopAt(at: CrashPoint): Promise<void> {
    if (at !== point) return hooks.reach?.(at) ?? Promise.resolve();
    dead('dead');
    return new Promise(() => undefined);
  }
}

function run(hooks: Partial<Hooks> = {}): Promise<OrderRecord> {
  const whole: Hooks = {
    reach: () => Promise.resolve(),
    monotonicMs: () => 0,
    submitTimeoutMs: 5_000,
    ...hooks,
  };
  const draft = draftOf(trading.executeTrade.request.parse(body()));
  return submitOrder(
    openOrderDependencies(t.dependencies),
    draft,
    tradeId,
    new AbortController().signal,
    whole,
  );
}

async function status(): Promise<string> {
  const answer = await t.call(getTradeStatus, { tradeId });
  return answer.body.found ? answer.body.execution.state : 'none';
}

/** Asks as an owner would, until the settling time and two looks are over. */
async function askUntilSettled(): Promise<string> {
  for (const waitMs of [0, 31_000, 6_000, 6_000]) {
    t.clock.advance(waitMs);
    await status();
  }
  return status();
}

/** No number twice, no order at the broker that is not stored here, nothing left behind. */
async function judge(): Promise<void> {
  const { received, accepted } = t.broker;
  expect(new Set(received).size).toBe(received.length);
  expect(new Set(accepted).size).toBe(accepted.length);
  const stored = await new StoredOrders(t.dependencies.database).history(DEFAULT_ACCOUNT);
  const known = stored.map((trade) => trade.clientOrderId);
  expect(known).toEqual(expect.arrayContaining(received));
  const numbers = known.filter((id) => id !== '');
  expect(new Set(numbers).size).toBe(numbers.length);
}

describe('a process that dies', () => {
  const neverSent: readonly CrashPoint[] = ['P5-submitting', 'P6-send'];

  it.each(['P3-checks', 'P4-number', 'P4-intent'] as const)(
    'at %s is resumed by the same key, and the order is sent then',
    async (point) => {
      expect(await dieAt(point)).toBe('dead');
      const { body: answer } = await execute();
      expect(answer).toMatchObject({ success: true, tradeId, execution: { state: 'FILLED' } });
      expect(t.broker.accepted).toHaveLength(1);
    },
  );

  it.each(['P5-submitting', 'P6-send'] as const)(
    'at %s leaves an order that is never sent, and is found absent by a query',
    async (point) => {
      expect(await dieAt(point)).toBe('dead');
      const { body: answer } = await execute();
      expect(answer).toMatchObject({ success: false, status: 'PENDING', tradeId });
      expect(await askUntilSettled()).toBe('ABSENT');
      expect(t.broker.received).toEqual([]);
    },
  );

  it.each([-86_400_000, -6_000])(
    'before the order was sent is found out as soon after the clock was set by %d ms',
    async (byMs) => {
      expect(await dieAt('P6-send')).toBe('dead');
      t.clock.advance(byMs);
      expect(await askUntilSettled()).toBe('ABSENT');
      expect(t.broker.received).toEqual([]);
    },
  );

  it('is found out in time where the clock was set back between two queries', async () => {
    expect(await dieAt('P6-send')).toBe('dead');
    t.clock.advance(31_000);
    expect(await status()).toBe('UNKNOWN');
    t.clock.advance(-86_400_000);
    await status();
    t.clock.advance(29_000);
    expect(await status()).toBe('UNKNOWN');
    t.clock.advance(2_000);
    expect(await status()).toBe('ABSENT');
  });

  it.each(['P8-answered', 'P9-stored', 'P10-filled'] as const)(
    'at %s leaves an order that is found by a query',
    async (point) => {
      expect(await dieAt(point)).toBe('dead');
      const { body: answer } = await execute();
      expect(answer).toMatchObject({ success: true, tradeId, execution: { state: 'FILLED' } });
      expect(t.broker.received).toHaveLength(1);
    },
  );

  it('while the broker acts leaves an order that is found by a query', async () => {
    let dead: (answer: 'dead') => void = () => undefined;
    const death = new Promise<'dead'>((resolve) => (dead = resolve));
    t.broker.onActed = () => {
      dead('dead');
      return new Promise(() => undefined);
    };
    expect(await Promise.race([death, run()])).toBe('dead');
    expect(await status()).toBe('FILLED');
    expect((await execute()).body.execution.state).toBe('FILLED');
    expect(t.broker.received).toHaveLength(1);
  });

  // Later than that the second process only asks, as the cases above show.
  const resumable = ['P3-checks', 'P4-number', 'P4-intent'] as const;

  it.each(resumable.flatMap((first) => crashPoints.map((second) => [first, second] as const)))(
    'at %s and again at %s never leads to a second order',
    async (first, second) => {
      await dieAt(first);
      await dieAt(second);
      await execute();
      const end = await askUntilSettled();
      expect(end).toBe(neverSent.includes(second) ? 'ABSENT' : 'FILLED');
      expect(t.broker.received).toHaveLength(neverSent.includes(second) ? 0 : 1);
    },
  );

  it.each([
    ['without end', 6 * 60_000],
    ['until the clock is where it had been', -6 * 60_000],
  ])('after the checks leaves no order that stays %s', async (_, laterMs) => {
    await dieAt('P4-intent');
    expect(await status()).toBe('INTENT');
    t.clock.advance(laterMs);
    expect(await status()).toBe('DENIED');
    expect((await execute()).body).toMatchObject({ success: false, status: 'FAILED' });
    expect(t.broker.received).toEqual([]);
  });
});

describe('between storing and sending', () => {
  it.each<[string, () => Promise<void>, string]>([
    [
      'trading is halted',
      async () =>
        void (await new ControlStore(t.dependencies.database, '/nonexistent').set(
          'HALTED',
          'drill',
          t.dependencies.now(),
        )),
      'trading-halted',
    ],
    ['more than 5 s pass', async () => t.clock.advance(5_001), 'submit-window'],
    ['the wall clock is set back', async () => t.clock.advance(-3_600_000), 'submit-window'],
    [
      'someone else takes the order over',
      async () => {
        t.clock.advance(5_001);
        await status();
        t.clock.advance(-5_001);
      },
      'superseded',
    ],
  ])('%s, and nothing is sent', async (_what, happens, code) => {
    const order = await run({ reach: (at) => (at === 'P5-submitting' ? happens() : nothing()) });
    expect(order).toMatchObject({ state: 'DENIED', errors: [{ code }] });
    expect(t.broker.received).toEqual([]);
  });

  it('a process that slept by its own clock sends nothing', async () => {
    let ms = 0;
    const order = await run({
      monotonicMs: () => ms,
      reach: (at) => (at === 'P6-send' ? void (ms = 5_001) : undefined, nothing()),
    });
    expect(order.errors.map((error) => error.code)).toEqual(['submit-window']);
    expect(t.broker.received).toEqual([]);
  });
});

describe('a broker', () => {
  it.each<[SubmitFault]>([['accepts-then-throws'], ['accepts-then-answers-garbage']])(
    'that %s is asked, and has one order',
    async (fault) => {
      t.broker.submitFault = fault;
      const { body: answer } = await execute();
      expect(answer.execution.state).toBe('FILLED');
      expect(t.broker.received).toHaveLength(1);
    },
  );

  it('that never had the order is asked twice after the settling time, and then it is ABSENT', async () => {
    t.broker.submitFault = 'throws-before-acting';
    const { body: answer } = await execute();
    expect(answer).toMatchObject({
      success: false,
      status: 'PENDING',
      execution: { state: 'UNKNOWN' },
    });
    t.clock.advance(29_999);
    expect(await status()).toBe('UNKNOWN');
    t.clock.advance(1);
    expect(await status()).toBe('UNKNOWN');
    t.clock.advance(4_999);
    expect(await status()).toBe('UNKNOWN');
    t.clock.advance(1);
    expect(await status()).toBe('ABSENT');
    t.broker.submitFault = 'none';
    expect((await run()).state).toBe('ABSENT');
    expect(t.broker.received).toEqual([]);
  });

  it('that shows the order within the settling time has it', async () => {
    t.broker.submitFault = 'appears-later';
    expect((await execute()).body.execution.state).toBe('UNKNOWN');
    t.clock.advance(20_000);
    await status();
    await t.broker.arrive();
    t.clock.advance(20_000);
    expect(await status()).toBe('FILLED');
    expect(t.broker.received).toHaveLength(1);
  });

  it('that shows the order after all raises an alarm, and its fill is kept', async () => {
    t.broker.submitFault = 'appears-later';
    await execute();
    expect(await askUntilSettled()).toBe('ABSENT');
    await t.broker.arrive();
    const answer = await t.call(getTradeStatus, { tradeId });
    expect(answer.body.execution).toMatchObject({ state: 'ABSENT', quantityFilled: 10 });
    expect(t.warnings).toContain('order-alarm: a fill came after the order was ABSENT');
    expect(t.broker.received).toHaveLength(1);
  });

  it.each<[QueryFault]>([['throws'], ['garbage'], ['other-order']])(
    'whose answer to a query %s is inconclusive, until a person is needed',
    async (fault) => {
      t.broker.submitFault = 'accepts-then-throws';
      t.broker.queryFault = fault;
      expect((await execute()).body.execution.state).toBe('UNKNOWN');
      t.clock.advance(60_000);
      expect(await status()).toBe('UNKNOWN');
      t.clock.advance(15 * 60_000);
      expect(await status()).toBe('NEEDS_HUMAN');
      t.broker.queryFault = 'none';
      expect(await status()).toBe('FILLED');
      expect(t.broker.received).toHaveLength(1);
    },
  );

  it('whose answer cannot be parsed has not accepted, as long as a query does not show the order', async () => {
    t.broker.submitFault = 'accepts-then-answers-garbage';
    t.broker.queryFault = 'throws';
    const { body: answer } = await execute();
    expect(answer).toMatchObject({ success: false, execution: { state: 'UNKNOWN' } });
  });

  it('that cannot prove absence leaves a missing order to a person, and is never sent again', async () => {
    Object.assign(t.broker, { capabilities: { ...t.broker.capabilities, provesAbsence: false } });
    t.broker.submitFault = 'throws-before-acting';
    await execute();
    expect(await askUntilSettled()).toBe('NEEDS_HUMAN');
    expect(t.warnings).toContain('order-needs-human');
    expect((await execute()).body.execution.state).toBe('NEEDS_HUMAN');
    expect(t.broker.received).toEqual([]);
  });

  it('that hides the order but shows its fills in the statement has it', async () => {
    t.broker.submitFault = 'accepts-then-throws';
    t.broker.queryFault = 'hides';
    expect((await execute()).body.execution.state).toBe('UNKNOWN');
    t.clock.advance(31_000);
    expect(await status()).toBe('FILLED');
  });

  it('whose account changed without a movement leaves the order to a person', async () => {
    t.broker.submitFault = 'appears-later';
    await execute('other');
    await t.broker.arrive();
    t.broker.submitFault = 'throws-before-acting';
    const { body: answer } = await t.call(executeTrade, { ...body(), isin: t.isin('HAVL') }, KEY);
    expect(answer.execution.state).toBe('UNKNOWN');
    const statement = t.broker.statement.bind(t.broker);
    t.broker.statement = async (...args) => {
      const shown = await statement(...args);
      return { ...shown, cash: shown.cash.add(shown.cash) };
    };
    expect(await askUntilSettled()).toBe('NEEDS_HUMAN');
  });

  it('that shows a fill twice has it booked once', async () => {
    t.broker.queryFault = 'fills-twice';
    const { body: answer } = await execute();
    expect(answer.execution).toMatchObject({ state: 'FILLED', quantityFilled: 10 });
  });

  it('that fills before it answers has the fill booked once', async () => {
    const seen: string[] = [];
    t.broker.onActed = async () => void seen.push(await status());
    const { body: answer } = await execute();
    expect(seen).toEqual(['FILLED']);
    expect(answer.execution).toMatchObject({
      state: 'FILLED',
      quantityFilled: 10,
      brokerReference: 'paper-1',
    });
  });

  it('that is slower than the time for an answer is asked, and its late answer changes nothing', async () => {
    t.broker.submitFault = 'accepts-slowly';
    // Long enough for the broker to have the order, also on a busy machine.
    const order = await run({ submitTimeoutMs: 2_000 });
    expect(order.state).toBe('FILLED');
    t.broker.answer();
    expect(await status()).toBe('FILLED');
    expect(t.broker.received).toHaveLength(1);
  });

  it('that fills an order without showing the fills yet leaves it open', async () => {
    t.broker.queryFault = 'no-fills';
    expect((await execute()).body.execution.state).toBe('ACCEPTED');
    t.broker.queryFault = 'none';
    expect(await status()).toBe('FILLED');
  });
});

describe('while an outcome is unknown', () => {
  it('nothing else is ordered in that security, and other securities trade on', async () => {
    t.broker.submitFault = 'throws-before-acting';
    await execute();
    t.broker.submitFault = 'none';
    const same = await execute('key-2');
    expect(same.body.errors.map((error: { code: string }) => error.code)).toEqual([
      'frozen-instrument',
    ]);
    const different = await t.call(executeTrade, { ...body(), isin: t.isin('HAVL') }, 'key-3');
    expect(different.body.success).toBe(true);
  });

  it('its cash is reserved', async () => {
    t.broker.submitFault = 'throws-before-acting';
    await execute();
    const [live] = await new StoredOrders(t.dependencies.database).liveOrders(DEFAULT_ACCOUNT);
    expect(live?.tradeId).toBe(tradeId satisfies TradeId);
    expect(live?.reserved.sign).toBe(1);
  });

  it('the next order queries it first', async () => {
    t.broker.submitFault = 'accepts-then-throws';
    t.broker.queryFault = 'throws';
    await execute();
    expect(await status()).toBe('UNKNOWN');
    t.broker.submitFault = 'none';
    t.broker.queryFault = 'none';
    const next = await execute('key-2');
    expect(next.body).toMatchObject({ success: true, execution: { state: 'FILLED' } });
    expect((await new StoredOrders(t.dependencies.database).find(tradeId))?.state).toBe('FILLED');
  });
});

it('a counter that was set back halts trading until a beginning is declared, and is never used again', async () => {
  await execute();
  await t.dependencies.database.redis.del(keys.trading.clientOrderIds(DEFAULT_ACCOUNT));
  const next = await execute('key-2');
  expect(next.body).toMatchObject({ code: 'REFUSED', rule: 'state-lost' });
  expect((await execute('key-3')).body.message).toContain('1000000001');
  await t.dependencies.database.epoch.declare();
  const after = await execute('key-2');
  expect(after.body).toMatchObject({ success: true, orderId: '1001000001' });
});

describe('two processes with the same key at once', () => {
  it.each([1, 2, 3, 4, 5])('send one order (round %i)', async () => {
    const orders = await Promise.all([run(), run(), run()]);
    expect(new Set(orders.map((order) => order.clientOrderId)).size).toBe(1);
    expect(t.broker.received).toHaveLength(1);
    expect(await status()).toBe('FILLED');
  });
});

function nothing(): Promise<void> {
  return Promise.resolve();
}

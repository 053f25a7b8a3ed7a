/** A process that dies among the orders of its plan, and what the next one does with the rest. */
import { gateway } from '#shared/contract/gateway.ts';
import type { FunctionCall, Transport } from '#shared/clients/functions-client.ts';
import type { DailyBar } from '#shared/clients/market-data/market-data.ts';
import type { BrokerFill } from '#shared/clients/broker/broker.ts';
import type { TradingCycleUpdate } from '#protos/gen/gateway.ts';
import type { Plan } from '#protos/gen/planning.ts';
import { CycleStore } from '#shared/gateway/cycle-store.ts';
import { present } from '#shared/kernel/assert.ts';
import { parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT, type CycleId, type PlanId } from '#shared/kernel/identifiers.ts';
import { DAY_MS, later, type Instant } from '#shared/kernel/instant.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import { planMessage } from '#shared/planning/plan-message.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { inProcess } from '../../support/host.ts';
import { losingRedis } from '../../support/lost-redis.ts';
import { RandomMarket } from '../../support/markets/random-market.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

const COLLAR_RATIO = 0.05;

/** Its last bar can be moved, as a source does that corrects it, and its clock runs on. */
class MovingMarket extends RandomMarket {
  factor = 1;
  /** The whole market moves, so nobody takes it for a split. */
  readonly benchmark = parseIsin('DE0000000009');
  aheadMs = 0;
  /** By a clock that nobody sets, where that is not what the wall clock shows. */
  passedMs: number | undefined;

  override async bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    const bars = await super.bars(isin, from);
    return bars.map((bar, index) => (index < bars.length - 1 ? bar : scaled(bar, this.factor)));
  }

  override now(): Instant {
    return later(super.now(), this.aheadMs);
  }
}

function scaled(bar: DailyBar, factor: number): DailyBar {
  const { day, open, high, low, close, adjustedClose, volume } = bar;
  const times = (price: number): number => price * factor;
  return {
    day,
    volume,
    open: times(open),
    high: times(high),
    low: times(low),
    close: times(close),
    adjustedClose: times(adjustedClose),
  };
}

let redis: TestRedis;
let market: MovingMarket;
let env: Record<string, string>;
let prefixes = 0;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  market = new MovingMarket('interrupted-plan-1', 12, parseDay('2026-03-04'));
  env = {
    REDIS_KEY_PREFIX: `interrupted-${process.pid}-${(prefixes += 1)}`,
    CLAIM_LEASE_MS: '100',
    PLAN_ORDERS_MAX: '10',
  };
  const { dependencies } = await openProcess();
  await seedMarket(dependencies, 1.1);
});

const opened: Dependencies[] = [];
afterEach(async () => {
  for (const dependencies of opened.splice(0)) await dependencies.close();
});

type Intercept = (call: FunctionCall) => ReturnType<Transport> | undefined;

async function openProcess(intercept: Intercept = () => undefined) {
  const inside = inProcess();
  const dependencies = await openTestDependencies(redis, env, {
    marketData: market,
    now: () => market.now(),
    steady: () => ({ boot: 'one', ms: market.passedMs ?? market.aheadMs }),
    transport: (call) => intercept(call) ?? inside.transport(call),
  });
  inside.into(dependencies);
  opened.push(dependencies);
  return { dependencies };
}

function cycleOf({ functions }: Dependencies): Promise<TradingCycleUpdate> {
  return functions.call(
    gateway.triggerTradingCycle,
    { dryRun: false, force: false },
    { signal: new AbortController().signal, requestId: 'cycle', idempotencyKey: 'cycle' },
  );
}

/** Dies at the call that would send an order after so many; nothing it does later reaches Redis. */
async function killedAfter(orders: number): Promise<Plan> {
  let sent = 0;
  let die: () => void = () => undefined;
  const { dependencies } = await openProcess((call) => {
    if (call.name !== 'trading-execute-trade' || (sent += 1) <= orders) return undefined;
    die();
    return Promise.reject(new Failure('UNAVAILABLE', 'The process is gone.', { sent: 'no' }));
  });
  die = () => losingRedis(dependencies).lose();
  await expect(cycleOf(dependencies)).rejects.toThrow();
  return planOf();
}

async function planOf(): Promise<Plan> {
  const { dependencies } = await openProcess();
  const [key] = await dependencies.database.redis.keys(`*cycle-*`);
  const id = /cycle-[0-9a-z]+/.exec(key ?? '')?.[0] as CycleId;
  const record = await new CycleStore(dependencies.database).find(id);
  const planId = present(record?.planId, 'the cycle has planned') as PlanId;
  const plan = await new StoredPlans(dependencies.database).find(planId);
  return planMessage(present(plan, 'the plan is stored'));
}

async function restarted(): Promise<{ last: TradingCycleUpdate; fills: readonly BrokerFill[] }> {
  const { dependencies } = await openProcess();
  const last = await cycleOf(dependencies);
  const signal = new AbortController().signal;
  const { fills } = await dependencies.broker.statement(DEFAULT_ACCOUNT, signal);
  return { last, fills };
}

function expectInsideCollar(fills: readonly BrokerFill[], plan: Plan): void {
  for (const { isin, price } of fills) {
    const action = plan.actions.find((one) => one.isin === isin);
    const planned = Number(present(action?.estimatedPrice, 'it was planned').amount);
    expect(Math.abs(price.toEstimate() / planned - 1)).toBeLessThanOrEqual(COLLAR_RATIO);
  }
}

const ordersFilled = (fills: readonly BrokerFill[]): number =>
  new Set(fills.map(({ clientOrderId }) => clientOrderId)).size;

describe('killed after 3 orders of its plan', () => {
  it.each([1.5, 1 / 1.5])(
    'fills nothing away from the plan when closes are times %d',
    async (factor) => {
      const plan = await killedAfter(3);
      expect(plan.actions.length).toBeGreaterThan(4);
      market.factor = factor;
      market.aheadMs = 120_000;
      const { last, fills } = await restarted();
      expectInsideCollar(fills, plan);
      expect(ordersFilled(fills)).toBe(3);
      const trades = present(last.result, 'it ends with a result').trades;
      expect(trades).toHaveLength(plan.actions.length);
      for (const { success, error } of trades.slice(3))
        expect([success, error]).toEqual([
          false,
          expect.stringMatching(/^Not sent: its price is /),
        ]);
      expect(last.message).toMatch(/^The interrupted plan \S+ went on\./);
    },
    60_000,
  );

  it('sends nothing ten days later', async () => {
    const plan = await killedAfter(3);
    market.aheadMs = 10 * DAY_MS;
    const { last, fills } = await restarted();
    expect(ordersFilled(fills)).toBe(3);
    for (const { error } of present(last.result, 'it ends with a result').trades.slice(3))
      expect(error).toMatch(/^Not sent: the plan was valid until 2026-03-04T(16:30|21:00):00/);
    expect(last.result?.plan?.id).toBe(plan.id);
  });

  it('sends nothing when the clock was set back to before the plan', async () => {
    await killedAfter(3);
    market.aheadMs = -DAY_MS;
    market.passedMs = 120_000;
    const { last, fills } = await restarted();
    expect(ordersFilled(fills)).toBe(3);
    for (const { error } of present(last.result, 'it ends with a result').trades.slice(3))
      expect(error).toMatch(/^Not sent: the plan was made at .*, and the clock shows 2026-03-03T/);
  });

  it('sends the rest ten days later where PLAN_VALID_DAYS allows it', async () => {
    env = { ...env, PLAN_VALID_DAYS: '12' };
    const plan = await killedAfter(3);
    market.aheadMs = 10 * DAY_MS;
    const { fills } = await restarted();
    expect(ordersFilled(fills)).toBe(plan.actions.length);
  });
});

describe('killed before any order of its plan', () => {
  it.each([
    ['prices moved', 1.5, 120_000, /its price is/],
    ['the plan expired', 1, DAY_MS, /the plan was valid until/],
  ])(
    'plans anew and says so when %s',
    async (_what, factor, aheadMs, why) => {
      const plan = await killedAfter(0);
      market.factor = factor;
      market.aheadMs = aheadMs;
      const { last, fills } = await restarted();
      const anew = present(last.result?.plan, 'it has planned');
      expect(anew.id).not.toBe(plan.id);
      expect(last.message).toContain(`The interrupted plan ${plan.id} was replaced`);
      expect(last.message).toMatch(why);
      expectInsideCollar(fills, anew);
      expect(last.result?.trades.map(({ error }) => error)).toEqual(anew.actions.map(() => ''));
      expect(anew.actions.length).toBeGreaterThan(2);
      expect(ordersFilled(fills)).toBe(anew.actions.length);
      const { dependencies } = await openProcess();
      const old = await new StoredPlans(dependencies.database).find(plan.id as PlanId);
      expect(old?.status).toBe('CANCELLED');
    },
    60_000,
  );
});

it('fills nothing away from the plan when the price moves after the last check', async () => {
  const { dependencies } = await openProcess((call) => {
    if (call.name === 'trading-execute-trade') market.factor = 1.5;
    return undefined;
  });
  const last = await cycleOf(dependencies);
  expect(last.result?.plan?.actions.length).toBeGreaterThan(0);
  const { fills, openOrders } = await dependencies.broker.statement(
    DEFAULT_ACCOUNT,
    new AbortController().signal,
  );
  expect(fills).toEqual([]);
  expect(openOrders.length).toBeGreaterThan(0);
});

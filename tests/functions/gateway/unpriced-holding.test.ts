import supertest from 'supertest';
import type { FunctionHandler } from '#template/function.ts';
import type { Position } from '#protos/gen/common/position.ts';
import type { TradingCycleUpdate } from '#protos/gen/gateway.ts';
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import type { PlanUpdate } from '#protos/gen/planning.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

/** The universe has the one, without a price; the other it has not even. */
const [LISTED, FOREIGN] = [parseIsin('US0378331005'), parseIsin('DE0007164600')];
const eur = (amount: string) => ({ amount, currency: 'EUR' });

describe('an account with holdings that nobody prices', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let priced: ListedSecurity;
  let cycle: TradingCycleUpdate;
  let calls = 0;
  const clock = steppingClock('2024-06-27T09:00:00Z');
  const host = inProcess();

  /** What an operation answers; of a stream, the last message. */
  async function ask<T = Record<string, never>>(name: string, body: object = {}): Promise<T> {
    const [service = '', ...operation] = name.split('-');
    const file = `../../../functions/${service}/${operation.join('-')}/handler.ts`;
    const { default: handler } = (await import(file)) as { default: FunctionHandler };
    const run = `run-${(calls += 1)}`;
    const answer = await supertest(endpointOf(handler, dependencies))
      .post('/')
      .set({ 'x-run-id': run, 'idempotency-key': run })
      .send(body);
    if (answer.status !== 200) throw new Error(`${name}: ${answer.text}`);
    return answer.body as T;
  }

  async function addUnpriced(): Promise<void> {
    const named = { isin: LISTED, symbol: 'GONE', name: 'Gone Inc' };
    const security = { ...priced, ...named, lot: Decimal.one, addedAt: dependencies.now() };
    await new SecurityStore(dependencies.database).add(security, 'seed-unpriced');
  }

  beforeAll(async () => {
    redis = await startTestRedis();
    const small = { PLAN_ORDERS_MAX: '5', PAPER_OPENING_CASH: '20000' };
    const around = { now: clock.now, transport: host.transport };
    dependencies = await openTestDependencies(redis, small, around);
    host.into(dependencies);
    const seeded = await seedMarket(dependencies, 4, (_listed, index) => index < 12);
    const inEuros = seeded.find(({ currency }) => currency === 'EUR');
    priced = present(inEuros, 'the sample lists one in EUR');
    await addUnpriced();
    await ask('portfolio-update-positions', { forceSync: true });
    const shares = { symbol: 'PRIV', quantity: 10, price: eur('150') };
    await ask('portfolio-book-movement', { kind: 'transfer-in', isin: FOREIGN, ...shares });
    await ask('portfolio-book-movement', { kind: 'transfer-in', isin: LISTED, quantity: 4 });
    cycle = await ask<TradingCycleUpdate>('gateway-trigger-trading-cycle');
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  test('goes through a whole cycle, and its orders are executed', () => {
    expect(cycle).toMatchObject({ error: '', complete: true, result: { success: true } });
    expect(cycle.result?.tradesExecuted).toBeGreaterThan(0);
  });

  test('is planned around them: they count, are not traded, and are named', async () => {
    const { plan } = await ask<PlanUpdate>('planning-create-plan');
    expect(plan?.portfolioValue).toEqual((await ask('portfolio-get-summary')).totalValue);
    const traded = new Set(cycle.result?.plan?.actions.map(({ isin }) => isin));
    expect([traded.has(FOREIGN), traded.has(LISTED)]).toEqual([false, false]);
    const kept = plan?.notTaken.filter(({ rule }) => rule === 'unpriced');
    expect(kept?.map(({ symbol }) => symbol)).toEqual(['GONE', 'PRIV']);
    expect(plan?.warnings).toEqual(
      expect.arrayContaining([
        'PRIV is held and is not in the universe; it is kept, counts at what it cost, and is not traded.',
      ]),
    );
  });

  test('is planned for towards stated weights, and with what is stated of it', async () => {
    const towards = await ask<PlanUpdate>('planning-create-plan', {
      targetWeights: { [priced.isin]: 0.1 },
    });
    expect(towards.plan?.portfolioValue).toEqual((await ask('portfolio-get-summary')).totalValue);
    expect(towards.plan?.notTaken.map(({ symbol }) => symbol).sort()).toEqual(['GONE', 'PRIV']);
    const positions = [{ isin: FOREIGN, symbol: 'PRIV', quantity: 10, averagePrice: eur('150') }];
    const stated = { positions, availableCash: eur('500.00') };
    const whatIf = await ask<PlanUpdate>('planning-create-plan', stated);
    expect(whatIf.plan?.portfolioValue).toEqual(eur('2000.00'));
  });

  test('is valued with them at what they cost, and marked, wherever it is shown', async () => {
    const { positions } = await ask<{ positions: Position[] }>('portfolio-get-positions');
    const marked = positions.filter(({ pricedAtCost }) => pricedAtCost);
    expect(marked.map(({ symbol, marketValue }) => [symbol, marketValue])).toEqual([
      ['GONE', eur('0.00')],
      ['PRIV', eur('1500.00')],
    ]);
    const warnings = ['GONE', 'PRIV'].map(
      (symbol) => `${symbol} has no price; it counts at what it cost.`,
    );
    expect(await ask('portfolio-get-summary')).toMatchObject({ warnings });
    expect(await ask('portfolio-get-performance')).toMatchObject({ warnings });
    const { holdings, value, standing } = await ask<GetOverviewResponse>('gateway-get-overview');
    expect(value?.missing).toBe('');
    expect(standing?.code).not.toBe('prices-old');
    expect(value?.oldestPriceDay).toBe(value?.pricesDay);
    const shown = holdings.filter(({ pricedAtCost }) => pricedAtCost);
    expect(shown.map(({ symbol }) => symbol).sort()).toEqual(['GONE', 'PRIV']);
  });

  test('is scored, optimised and rebalanced with them', async () => {
    const { portfolioMetrics } = await ask<{ portfolioMetrics: Record<string, number> }>(
      'scoring-score-portfolio',
    );
    expect(portfolioMetrics.scoredRatio).toBeCloseTo(portfolioMetrics.measuredRatio ?? 0, 9);
    expect(portfolioMetrics.scoredRatio).toBeLessThan(1);
    const allocation = await ask<{
      targetWeights: Record<string, number>;
      changes: { isin: string }[];
    }>('optimization-optimize-allocation', { accountId: 'default' });
    expect(allocation.targetWeights[FOREIGN]).toBeGreaterThan(0.05);
    expect(allocation.changes.some(({ isin }) => isin === FOREIGN || isin === LISTED)).toBe(false);
    const rebalancing = await ask<{ needsRebalancing: boolean; changes: { isin: string }[] }>(
      'optimization-calculate-rebalancing',
      { targetAllocations: [{ isin: priced.isin, targetWeight: 0.5 }] },
    );
    expect(rebalancing.needsRebalancing).toBe(true);
    expect(rebalancing.changes.some(({ isin }) => isin === FOREIGN)).toBe(false);
  });
});

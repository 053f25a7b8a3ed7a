import type { OptimizeExecutionResponse } from '#protos/gen/optimization.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import handler from '../../../functions/optimization/optimize-execution/handler.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { answerOf, openOptimizationFixture, post } from './optimization-fixture.ts';

describe('optimization-optimize-execution', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let security: ListedSecurity;

  const ask = (body: object) => answerOf<OptimizeExecutionResponse>(handler, dependencies, body);
  const order = (over: object = {}) => ({
    ...{ isin: security.isin, side: 'BUY', quantity: 10 },
    ...over,
  });

  beforeAll(async () => {
    redis = await startTestRedis();
    const opened = await openOptimizationFixture(redis);
    ({ dependencies } = opened);
    security = opened.listed.find(({ currency }) => currency === 'EUR') ?? security;
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  it('leaves a small order whole, and sends it at once', async () => {
    const { success, executionPlans, totalCost, totalImpact } = await ask({ orders: [order()] });
    expect(success).toBe(true);
    expect(executionPlans).toMatchObject([
      { isin: security.isin, slices: [{ quantity: 10, strategy: 'SINGLE' }] },
    ]);
    expect(executionPlans[0]?.slices[0]?.executeAt?.seconds).toBe(
      String(Date.parse('2024-06-28T20:00:00Z') / 1000),
    );
    expect(Number(totalCost?.amount)).toBeGreaterThan(Number(totalImpact?.amount));
  });

  it('slices a large order over trading days, exactly', async () => {
    const { executionPlans } = await ask({ orders: [order({ quantity: 500_000, side: 'SELL' })] });
    const slices = executionPlans[0]?.slices ?? [];
    expect(slices.length).toBeGreaterThan(1);
    expect(slices.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(500_000);
    expect(new Set(slices.map(({ strategy }) => strategy))).toEqual(new Set(['ALMGREN_CHRISS']));
    const days = slices.map(({ executeAt }) =>
      new Date(Number(executeAt?.seconds) * 1000).getUTCDay(),
    );
    expect(days.some((day) => day === 0 || day === 6)).toBe(false);
    // The last slice is what is left, and moves the price less.
    const prices = slices.slice(0, -1).map(({ estimatedPrice }) => Number(estimatedPrice?.amount));
    expect([...prices].sort((a, b) => b - a)).toEqual(prices);
  });

  it('never estimates past a limit price', async () => {
    const limitPrice = { amount: '1', currency: 'EUR' };
    const { executionPlans } = await ask({ orders: [order({ limitPrice })] });
    expect(executionPlans[0]?.slices).toMatchObject([
      { estimatedPrice: { amount: '1', currency: 'EUR' }, strategy: 'SINGLE_LIMIT' },
    ]);
  });

  it('says when stated cash does not pay for the purchases and their costs', async () => {
    const poor = { orders: [order()], availableCash: { amount: '1', currency: 'EUR' } };
    expect((await ask(poor)).success).toBe(false);
    const rich = { ...poor, availableCash: { amount: '100000', currency: 'EUR' } };
    expect((await ask(rich)).success).toBe(true);
  });

  it('has nothing to do without orders', async () => {
    expect(await ask({})).toEqual({
      success: true,
      executionPlans: [],
      totalCost: { amount: '0.00', currency: 'EUR' },
      totalImpact: { amount: '0.00', currency: 'EUR' },
      ...{ rates: [], warnings: [] },
    });
  });

  it('names the rates of what is ordered, and their days', async () => {
    const { rates } = await ask({
      orders: [order()],
      availableCash: { amount: '9', currency: 'USD' },
    });
    expect(rates).toMatchObject([{ from: 'USD', to: 'EUR', day: '2024-06-28' }]);
  });

  it.each([
    [{ isin: 'US0378331005' }, 'orders[0].isin'],
    [{ isin: 'US0378331006' }, 'orders[0].isin'],
    [{ side: 'TRADE_SIDE_UNSPECIFIED' }, 'orders[0].side'],
    [{ quantity: 0 }, 'orders[0].quantity'],
    [{ limitPrice: { amount: '1', currency: 'JPY' } }, 'orders[0].limitPrice.currency'],
  ])('refuses %j, naming the field', async (over, field) => {
    const answer = await post(handler, dependencies, { orders: [order(over)] });
    expect([answer.status, answer.body]).toMatchObject([400, { code: 'INVALID_REQUEST', field }]);
  });
});

import type { CalculateRebalancingResponse } from '#protos/gen/optimization.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { orderCost } from '#shared/kernel/costs.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import handler from '../../../functions/optimization/calculate-rebalancing/handler.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { answerOf, openOptimizationFixture, post } from './optimization-fixture.ts';

describe('optimization-calculate-rebalancing', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let euros: readonly ListedSecurity[];

  const ask = (body: object) => answerOf<CalculateRebalancingResponse>(handler, dependencies, body);
  const eur = (amount: number) => ({ amount: amount.toFixed(2), currency: 'EUR' });
  const isin = (i: number): string => euros[i]?.isin ?? '';

  /** Positions worth about so much each, and the rest of 100 000 in cash. */
  async function account(values: readonly number[]) {
    const quotes = await new StoredMarket(dependencies.database).quotes(
      euros.map((one) => one.isin),
    );
    let cash = 100_000;
    const currentPositions = values.map((value, i) => {
      const price = quotes.get(euros[i]?.isin ?? ('' as never))?.price.toEstimate() ?? NaN;
      const quantity = Math.round(value / price);
      cash -= quantity * price;
      return { isin: isin(i), quantity };
    });
    return { currentPositions, availableCash: eur(cash) };
  }

  beforeAll(async () => {
    redis = await startTestRedis();
    const opened = await openOptimizationFixture(redis);
    ({ dependencies } = opened);
    euros = opened.listed.filter(({ currency }) => currency === 'EUR');
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  const half = () => [0, 1].map((i) => ({ isin: isin(i), targetWeight: 0.45 }));

  it('leaves an account inside the band alone', async () => {
    const answer = await ask({ ...(await account([46_000, 44_000])), targetAllocations: half() });
    expect(answer).toMatchObject({ needsRebalancing: false, changes: [] });
    expect(answer.estimatedCost).toEqual({ amount: '0.00', currency: 'EUR' });
    expect(answer.totalDriftPct).toBeCloseTo(1, 0);
    expect(answer.largestDriftPct).toBeCloseTo(1, 0);
  });

  it('stops inside the band, and costs what the cost model says', async () => {
    const answer = await ask({ ...(await account([55_000, 35_000])), targetAllocations: half() });
    expect(answer.needsRebalancing).toBe(true);
    expect(answer.totalDriftPct).toBeCloseTo(10, 0);
    expect(answer.changes.map(({ side }) => side)).toEqual(['BUY', 'SELL']);
    for (const { targetWeight, isin: one } of answer.changes)
      expect(Math.abs(targetWeight - 0.45)).toBeCloseTo(0.015, one === isin(0) ? 2 : 2);
    const cost = answer.changes.reduce(
      (all, { valueChange, side }) => {
        const value = Money.parse((valueChange?.amount ?? '').replace('-', ''), 'EUR');
        return all.add(
          orderCost(dependencies.settings, side === 'BUY' ? 'BUY' : 'SELL', value).total,
        );
      },
      Money.parse('0', 'EUR'),
    );
    expect(answer.estimatedCost).toEqual(cost.toJSON());
  });

  it('uses cash first and sells nothing when cash suffices', async () => {
    const answer = await ask({ ...(await account([45_000, 25_000])), targetAllocations: half() });
    expect(answer.needsRebalancing).toBe(true);
    expect(answer.changes.map(({ side, isin: one }) => [side, one])).toEqual([['BUY', isin(1)]]);
  });

  it('sells holdings that are not among the targets', async () => {
    const answer = await ask({
      ...(await account([45_000, 45_000, 8_000])),
      targetAllocations: half(),
    });
    expect(answer.changes).toMatchObject([{ isin: isin(2), side: 'SELL' }]);
  });

  it('applies a position’s own bounds', async () => {
    const targetAllocations = [{ isin: isin(0), targetWeight: 0.2, maxWeight: 0.205 }];
    const answer = await ask({ ...(await account([22_000])), targetAllocations });
    expect(answer.needsRebalancing).toBe(true);
    expect(answer.changes).toMatchObject([{ isin: isin(0), side: 'SELL' }]);
  });

  it('measures drift from the account’s own objective without given targets', async () => {
    const answer = await ask({ availableCash: eur(50_000) });
    expect(answer.needsRebalancing).toBe(true);
    expect(answer.changes.every(({ side }) => side === 'BUY')).toBe(true);
  });

  it('finds no drift in an account without value', async () => {
    const answer = await ask({ availableCash: eur(0), targetAllocations: half() });
    expect(answer).toMatchObject({ needsRebalancing: false, totalDriftPct: 0, changes: [] });
  });

  it('refuses targets that contradict themselves, naming the field', async () => {
    const targetAllocations = [{ isin: isin(0), minWeight: 0.5, maxWeight: 0.1 }];
    const answer = await post(handler, dependencies, { availableCash: eur(10), targetAllocations });
    expect([answer.status, answer.body]).toMatchObject([
      400,
      { code: 'INVALID_REQUEST', field: 'targetAllocations[0].minWeight' },
    ]);
  });
});

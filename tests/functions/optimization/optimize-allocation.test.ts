import type { OptimizeAllocationResponse } from '#protos/gen/optimization.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { Money } from '#shared/kernel/money.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { bookEntries } from '#shared/portfolio/model/booking.ts';
import { PortfolioStore } from '#shared/portfolio/portfolio-store.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import handler from '../../../functions/optimization/optimize-allocation/handler.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import { answerOf, CASH, openOptimizationFixture, post } from './optimization-fixture.ts';

const UNKNOWN = 'US0378331005';

const sum = (weights: Iterable<number>): number => [...weights].reduce((a, b) => a + b, 0);

describe('optimization-optimize-allocation', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let listed: readonly ListedSecurity[];
  const isin = (i: number): string => listed[i]?.isin ?? '';
  const symbol = (i: number): string => listed[i]?.symbol ?? '';

  const ask = (body: object) => answerOf<OptimizeAllocationResponse>(handler, dependencies, body);
  const refusal = async (body: object) => {
    const answer = await post(handler, dependencies, body);
    return {
      status: answer.status,
      ...(answer.body as { code: string; field?: string; rule?: string }),
    };
  };

  beforeAll(async () => {
    redis = await startTestRedis();
    ({ dependencies, listed } = await openOptimizationFixture(redis));
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  it.each([
    ['MINIMUM_VOLATILITY', {}],
    ['MAXIMUM_SHARPE', {}],
    ['QUADRATIC_UTILITY', {}],
    ['BLACK_LITTERMAN', {}],
    ['MAXIMUM_DIVERSIFICATION', {}],
    ['RISK_PARITY', {}],
    ['HRP', {}],
    ['TARGET_RETURN', { targetReturnRatio: 0.04 }],
    ['TARGET_RISK', { targetVolatilityRatio: 0.1 }],
  ])('keeps every limit of the account and proves its optimum: %s', async (objective, figures) => {
    const answer = await ask({ availableCash: CASH, objective, ...figures });
    const weights = Object.values(answer.targetWeights);
    expect(answer).toMatchObject({ success: true, solverStatus: 'optimal', objective });
    expect(answer.kktResidual).toBeLessThan(1e-8);
    expect(Math.max(...weights)).toBeLessThanOrEqual(0.15 + 1e-8);
    expect(sum(weights) + answer.cashWeight).toBeCloseTo(1, 9);
    expect(answer.cashWeight).toBeGreaterThanOrEqual(0.02 - 1e-8);
    const groups = new Map<string, number>();
    for (const { isin: one, sector = '', country = '' } of listed)
      for (const group of [`sector ${sector}`, `country ${country}`])
        groups.set(group, (groups.get(group) ?? 0) + (answer.targetWeights[one] ?? 0));
    for (const [group, weight] of groups)
      expect(weight).toBeLessThanOrEqual((group.startsWith('sector') ? 0.4 : 0.7) + 1e-8);
    const { expectedReturn = 0, expectedVolatility = 0, sharpeRatio } = answer.metrics ?? {};
    expect(sharpeRatio).toBeCloseTo(expectedReturn / expectedVolatility, 9);
    if (objective === 'TARGET_RETURN') expect(expectedReturn).toBeGreaterThan(0.04 - 1e-8);
    if (objective === 'TARGET_RISK') expect(expectedVolatility).toBeLessThanOrEqual(0.1 + 1e-8);
  });

  it('takes the configured objective where none is named', async () => {
    const answer = await ask({ availableCash: CASH });
    expect(answer.objective).toBe('QUADRATIC_UTILITY');
  });

  it('turns weights into whole lots that never spend the reserve', async () => {
    const answer = await ask({ availableCash: CASH });
    expect(answer.changes.length).toBeGreaterThan(3);
    const spent = answer.changes.reduce(
      (all, { valueChange }) => all.add(Money.parse(valueChange?.amount ?? '', 'EUR')),
      Money.parse('0', 'EUR'),
    );
    expect(spent.toEstimate()).toBeLessThanOrEqual(25_000 * 0.98);
    for (const { quantityChange, side, currentWeight, targetWeight } of answer.changes) {
      expect(Number.isInteger(quantityChange)).toBe(true);
      expect([side, quantityChange > 0, currentWeight]).toEqual(['BUY', true, 0]);
      expect(targetWeight).toBeGreaterThan(0);
    }
  });

  it('trades parts of shares when that is allowed', async () => {
    const answer = await ask({ availableCash: CASH, constraints: { allowFractional: true } });
    expect(answer.changes.some(({ quantityChange }) => !Number.isInteger(quantityChange))).toBe(
      true,
    );
  });

  it('shows real changes only: none for an account at its targets', async () => {
    const first = await ask({ availableCash: CASH });
    const currentPositions = first.changes.map((change) => ({
      isin: change.isin,
      quantity: change.quantityChange,
    }));
    const spent = first.changes.reduce((all, c) => all + Number(c.valueChange?.amount), 0);
    const availableCash = { amount: (25_000 - spent).toFixed(2), currency: 'EUR' };
    const second = await ask({ currentPositions, availableCash });
    expect(second.targetWeights).toEqual(
      Object.fromEntries(
        Object.entries(first.targetWeights).map(([key, weight]) => [
          key,
          expect.closeTo(weight, 9),
        ]),
      ),
    );
    expect(second.changes).toEqual([]);
  });

  it('tracks given target weights and buys nothing else', async () => {
    const targetAllocations = [0, 1, 2].map((i) => ({ isin: isin(i), targetWeight: 0.1 }));
    const answer = await ask({ availableCash: CASH, targetAllocations });
    expect(answer).toMatchObject({ success: true, objective: 'OBJECTIVE_UNSPECIFIED' });
    expect(answer.targetWeights).toEqual(
      Object.fromEntries(targetAllocations.map((one) => [one.isin, expect.closeTo(0.1, 9)])),
    );
    expect(answer.metrics?.trackingError).toBeLessThan(1e-9);
  });

  it('keeps given bounds, and leaves out what is bounded by nothing but zeros', async () => {
    const targetAllocations = [
      { isin: isin(0), minWeight: 0.12 },
      { isin: isin(1), minWeight: 0.01, maxWeight: 0.02 },
      { isin: isin(2) },
    ];
    const { targetWeights } = await ask({
      availableCash: CASH,
      objective: 'RISK_PARITY',
      targetAllocations,
    });
    expect(targetWeights[isin(0)]).toBeGreaterThan(0.12 - 1e-8);
    expect(targetWeights[isin(1)]).toBeLessThan(0.02 + 1e-8);
    expect(targetWeights[isin(2)]).toBeUndefined();
  });

  it('keeps to a number and a size of positions, and to a turnover', async () => {
    const sized = await ask({
      availableCash: CASH,
      objective: 'MINIMUM_VOLATILITY',
      constraints: { maxPositions: 8, minPositionSize: { amount: '1000', currency: 'EUR' } },
    });
    const weights = Object.values(sized.targetWeights);
    expect(weights.length).toBeLessThanOrEqual(8);
    expect(Math.min(...weights)).toBeGreaterThan(0.04 - 1e-8);
    const slow = await ask({ availableCash: CASH, constraints: { maxTurnoverPct: 20 } });
    expect(sum(Object.values(slow.targetWeights))).toBeLessThanOrEqual(0.2 + 1e-8);
  });

  it('names the smallest set of limits that cannot hold together', async () => {
    const answer = await ask({
      availableCash: CASH,
      targetAllocations: [{ isin: isin(0), minWeight: 0.3 }],
      sectorLimits: { [listed[0]?.sector ?? '']: 0.25 },
    });
    expect(answer).toMatchObject({ success: false, solverStatus: 'infeasible', changes: [] });
    expect(answer.targetWeights).toEqual({});
    expect(answer.conflicts).toEqual([
      `${symbol(0)} takes at least 30 %`,
      `sector ${listed[0]?.sector} takes at most 25 %`,
    ]);
  });

  it.each([
    ['the cap of a security', '5000', {}, 'no security takes more than 15 %'],
    ['a largest position', '1000', { maxPositionSize: '900' }, 'no position is larger than 3.6 %'],
    ['all that may be invested', '1000000', {}, 'no security takes more than 15 %'],
  ])(
    'finds a smallest position above %s infeasible instead of selling everything',
    async (_what, least, { maxPositionSize }: { maxPositionSize?: string }, conflict) => {
      const euros = (amount: string) => ({ amount, currency: 'EUR' });
      const answer = await ask({
        availableCash: CASH,
        constraints: {
          minPositionSize: euros(least),
          ...(maxPositionSize !== undefined && { maxPositionSize: euros(maxPositionSize) }),
        },
      });
      expect(answer).toMatchObject({ success: false, solverStatus: 'infeasible', changes: [] });
      expect(answer.conflicts).toHaveLength(2);
      expect(answer.conflicts).toContain(conflict);
      expect(answer.conflicts.join()).toContain('no position is smaller than');
    },
  );

  it('uses the book where neither positions nor cash are stated', async () => {
    const store = new PortfolioStore(dependencies.database, dependencies.baseCurrency);
    const before = await store.load(DEFAULT_ACCOUNT);
    const { book } = before;
    const at = { happenedAt: dependencies.now(), recordedAt: dependencies.now() };
    const entries: LedgerEntry[] = [
      { id: 'd', kind: 'deposit', cash: Money.parse('9000', 'EUR'), ...at },
      {
        ...{ id: 's', kind: 'external-in', isin: listed[0]?.isin, symbol: symbol(0) },
        ...{ quantity: Decimal.of(40), cash: Money.zero(book.currency), ...at },
      },
    ];
    await store.save(before, bookEntries(book, entries), entries, undefined);
    const answer = await ask({
      targetAllocations: [{ isin: isin(0), maxWeight: 0.01 }],
    });
    expect(answer.changes.find((change) => change.isin === isin(0))).toMatchObject({
      side: 'SELL',
    });
    expect(answer.changes.some(({ side }) => side === 'BUY')).toBe(true);
  });

  it.each([
    [
      'minWeight above maxWeight',
      { targetAllocations: [{ minWeight: 0.3, maxWeight: 0.2 }] },
      'targetAllocations[0].minWeight',
    ],
    [
      'targetWeight below minWeight',
      { targetAllocations: [{ minWeight: 0.3, targetWeight: 0.2 }] },
      'targetAllocations[0].targetWeight',
    ],
    [
      'targetWeight above maxWeight',
      { targetAllocations: [{ maxWeight: 0.1, targetWeight: 0.2 }] },
      'targetAllocations[0].targetWeight',
    ],
    ['a repeated security', { targetAllocations: [{}, {}] }, 'targetAllocations[1].isin'],
    [
      'a security nobody knows',
      { targetAllocations: [{ isin: UNKNOWN }] },
      'targetAllocations[0].isin',
    ],
    [
      'a weight above 1',
      { targetAllocations: [{ maxWeight: 1.2 }] },
      'targetAllocations[0].maxWeight',
    ],
  ])('refuses %s, naming the field', async (_name, body, field) => {
    const targetAllocations = body.targetAllocations.map((entry) => ({ isin: isin(0), ...entry }));
    expect(await refusal({ availableCash: CASH, targetAllocations })).toMatchObject({
      ...{ status: 400, code: 'INVALID_REQUEST', field },
    });
  });

  it.each([
    [{ objective: 'TARGET_RISK' }, 'targetVolatilityRatio'],
    [{ objective: 'TARGET_RETURN' }, 'targetReturnRatio'],
    [{ objective: 'FASTEST' }, 'objective'],
    [{ sectorLimits: { Astrology: 0.1 } }, 'sectorLimits.Astrology'],
    [{ countryLimits: { XX: 0.1 } }, 'countryLimits.XX'],
    [{ currentPositions: [{ isin: UNKNOWN, quantity: 1 }] }, 'currentPositions[0].isin'],
    [{ cashReserveRatio: 1.5 }, 'cashReserveRatio'],
    [
      { constraints: { minPositionSize: { amount: '1', currency: 'USD' } } },
      'constraints.minPositionSize.currency',
    ],
    [{ colour: 'red' }, 'colour'],
  ])('refuses %j, naming the field', async (body, field) => {
    expect(await refusal({ availableCash: CASH, ...body })).toMatchObject({
      ...{ status: 400, code: 'INVALID_REQUEST', field },
    });
  });

  it('refuses more than the whole as targets', async () => {
    const targetAllocations = [0, 1].map((i) => ({ isin: isin(i), targetWeight: 0.6 }));
    expect(await refusal({ availableCash: CASH, targetAllocations })).toMatchObject({
      ...{ status: 400, field: 'targetAllocations' },
    });
  });

  it('says that there is no data while the universe is empty', async () => {
    const empty = await openTestDependencies(redis);
    const answer = await answerOf<OptimizeAllocationResponse>(handler, empty, {
      availableCash: CASH,
    });
    expect(answer).toMatchObject({ success: false, solverStatus: 'no-data', changes: [] });
    await empty.close();
  });
});

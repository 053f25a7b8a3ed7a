import { Failure } from '#shared/kernel/failure.ts';
import { allocate, type RequestedGoal } from '#shared/optimization/model/allocate.ts';
import type { AllocationLimits } from '#shared/optimization/model/constraints.ts';
import { hierarchicalRiskParity } from '#shared/quant/allocation/hierarchical-risk-parity.ts';
import type { Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { mostDiversified } from '#shared/quant/allocation/most-diversified.ts';
import { riskParity } from '#shared/quant/allocation/risk-parity.ts';
import {
  inverseVarianceWeights,
  inverseVolatilityWeights,
  minimumCorrelationWeights,
} from '#shared/quant/allocation/simple-weights.ts';
import { isinOf } from '../../support/markets/market-views.ts';

const rowsOf = (matrix: readonly (readonly number[])[]): Rows =>
  matrix.map((row) => Float64Array.from(row));

const withConstant = rowsOf([
  [0.04, 0.012, 0, 0.009],
  [0.012, 0.0625, 0, 0.02],
  [0, 0, 0, 0],
  [0.009, 0.02, 0, 0.0324],
]);

function refusal(work: () => unknown): Failure {
  try {
    work();
  } catch (thrown) {
    return Failure.from(thrown);
  }
  throw new Failure('BUG', 'nothing was refused');
}

describe('a security without variance', () => {
  test.each<[string, (covariance: Rows) => unknown]>([
    ['HRP', (rows) => hierarchicalRiskParity(rows)],
    ['HRP by deviation', (rows) => hierarchicalRiskParity(rows, { risk: 'deviation' })],
    ['risk parity', (rows) => riskParity(rows)],
    ['budgeted risk parity', (rows) => riskParity(rows, [0.3, 0.3, 0.1, 0.3])],
    ['maximum diversification', (rows) => mostDiversified(rows)],
    ['inverse volatility', inverseVolatilityWeights],
    ['inverse variance', inverseVarianceWeights],
    ['minimum correlation', minimumCorrelationWeights],
  ])('is refused by %s, which names its row', (_name, weigh) => {
    const failure = refusal(() => weigh(withConstant));
    expect(failure.facts).toMatchObject({
      rule: 'zero-variance',
      securities: ['covariance[2][2]'],
    });
  });

  const kinds = ['MINIMUM_VOLATILITY', 'MAXIMUM_SHARPE', 'MAXIMUM_DIVERSIFICATION', 'RISK_PARITY'];
  test.each([...kinds, 'HRP'])('is refused by %s, which names its ISIN', (kind) => {
    const isins = [0, 1, 2, 3].map(isinOf);
    const moments = { isins, expected: new Float64Array(4).fill(0.05), covariance: withConstant };
    const limits = (maxWeight: number | undefined): AllocationLimits => ({
      securities: isins.map((isin, i) => ({
        ...{ isin, symbol: isin, currentWeight: 0 },
        maxWeight: i === 2 ? maxWeight : undefined,
      })),
      ...{ cashReserveRatio: 0, frozenWeight: 0, weightMaxRatio: 1 },
      ...{ sectorLimits: new Map(), countryLimits: new Map() },
      ...{ sectorMaxRatio: 1, countryMaxRatio: 1 },
    });
    const goal = { kind } as RequestedGoal;
    const failure = refusal(() => allocate(goal, moments, limits(undefined)));
    expect(failure.message).toContain(isins[2]);
    expect(allocate(goal, moments, limits(0)).weights[2]).toBe(0);
  });
});

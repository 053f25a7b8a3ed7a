import fc from 'fast-check';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { boundedRiskParity } from '#shared/quant/allocation/bounded-risk-parity.ts';
import { sampleCovariance } from '#shared/quant/estimation/covariance.ts';
import { sum, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import {
  diversificationRatio,
  mostDiversified,
} from '#shared/quant/allocation/most-diversified.ts';
import { riskContributions, riskParity, riskShares } from '#shared/quant/allocation/risk-parity.ts';
import {
  cleanedWeights,
  equalWeights,
  inverseVarianceWeights,
  inverseVolatilityWeights,
  limitedWeights,
  minimumCorrelationWeights,
  proportionalMinimumVarianceWeights,
} from '#shared/quant/allocation/simple-weights.ts';
import { richard, roncalli } from './published-portfolios.ts';

const rowsOf = (matrix: readonly (readonly number[])[]): Rows =>
  matrix.map((row) => Float64Array.from(row));

function expectWeights(
  got: Float64Array | undefined,
  expected: readonly number[],
  within: number,
): void {
  expect(got).toBeDefined();
  expected.forEach((value, i) =>
    expect(Math.abs((got?.[i] ?? NaN) - value)).toBeLessThanOrEqual(within),
  );
}

function covarianceOf(seed: string, count: number): Rows {
  const random = seededRandom(seed);
  const market = Array.from({ length: 60 }, () => normal(random));
  return sampleCovariance(
    Array.from({ length: count }, () =>
      Float64Array.from(market, (move) => 0.01 * (move + normal(random))),
    ),
  );
}

type Bounds = { lower: number[]; upper: number[] };

describe('risk budgets', () => {
  const table1 = rowsOf(richard.covariance);

  it('spread the risk as Maillard, Roncalli, Teiletche, example 2', () => {
    const covariance = rowsOf([
      [0.01, 0.016, 0, 0],
      [0.016, 0.04, 0, 0],
      [0, 0, 0.09, -0.06],
      [0, 0, -0.06, 0.16],
    ]);
    expectWeights(riskParity(covariance).weights, [0.384, 0.192, 0.243, 0.182], 5.1e-4);
  });

  it('are met as Richard and Roncalli, table 1', () => {
    const { weights } = riskParity(table1, [0.3, 0.3, 0.195, 0.205]);
    expectWeights(weights, [0.4505, 0.3004, 0.1467, 0.1024], 1e-4);
  });

  it('follow the closed formula without correlation (Bruder, Roncalli 2012)', () => {
    const diagonal = rowsOf([
      [0.04, 0, 0],
      [0, 0.01, 0],
      [0, 0, 0.09],
    ]);
    const budgets = [0.5, 0.3, 0.2];
    const raw = budgets.map((budget, i) => Math.sqrt(budget) / ([0.2, 0.1, 0.3][i] ?? NaN));
    const total = raw.reduce((a, b) => a + b, 0);
    expectWeights(
      riskParity(diagonal, budgets).weights,
      raw.map((value) => value / total),
      1e-12,
    );
  });

  it('are met by any covariance and any budgets', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 0, max: 1e6 }),
        (budgets, seed) => {
          const covariance = covarianceOf(`budget ${seed}`, budgets.length);
          const { weights } = riskParity(covariance, budgets);
          const total = budgets.reduce((a, b) => a + b, 0);
          expectWeights(
            riskShares(covariance, weights),
            budgets.map((budget) => budget / total),
            1e-9,
          );
          const volatility = sum(riskContributions(covariance, weights));
          expect(volatility).toBeGreaterThan(0);
        },
      ),
      { numRuns: 40, seed: 3 },
    );
  });

  // portfolio_allocation_js b687956, tests of the equal risk contributions and budgeting portfolios.
  it.each<[string, number[][], Bounds, number[] | undefined, number[], number]>([
    [
      'all at most 30 %',
      richard.covariance.map((row) => [...row]),
      { lower: [0, 0, 0, 0], upper: [0.3, 0.3, 0.3, 0.3] },
      undefined,
      [0.3, 0.3, 0.24, 0.16],
      1e-3,
    ],
    [
      'budgets, all at most 30 %',
      richard.covariance.map((row) => [...row]),
      { lower: [0, 0, 0, 0], upper: [0.3, 0.3, 0.3, 0.3] },
      [0.3, 0.3, 0.195, 0.205],
      [0.3, 0.3, 0.2356, 0.1643],
      1e-3,
    ],
    [
      'table 6 of Richard and Roncalli',
      [
        [0.0225, 0.003, 0.015, 0.0225, 0.0075],
        [0.003, 0.04, 0.035, 0.024, 0.008],
        [0.015, 0.035, 0.0625, 0.06, 0.00125],
        [0.0225, 0.024, 0.06, 0.09, 0.003],
        [0.0075, 0.008, 0.00125, 0.003, 0.01],
      ],
      { lower: [0.2, 0.2, 0.05, 0.05, 0.25], upper: [0.3, 0.3, 0.15, 0.15, 0.35] },
      undefined,
      [0.2289, 0.2, 0.1169, 0.1042, 0.35],
      1e-4,
    ],
    [
      'one answer only',
      [
        [1, -0.38998515536757905],
        [-0.38998515536757905, 1],
      ],
      { lower: [0, 0.8213735428258124], upper: [0.17862645717418746, 1] },
      undefined,
      [0.17862645717418746, 0.8213735428258124],
      1e-8,
    ],
  ])('within fixed bounds: %s', (_title, matrix, bounds, budgets, expected, within) => {
    const answer = boundedRiskParity(rowsOf(matrix), bounds, budgets);
    expectWeights(answer?.weights, expected, within);
    expect(sum(answer?.weights ?? [])).toBeCloseTo(1, 9);
  });

  it('have no answer where no budgeted portfolio of the bounds sums to 1', () => {
    const covariance = rowsOf([
      [1, 0.074, -0.7],
      [0.074, 1, -0.69],
      [-0.7, -0.69, 1],
    ]);
    const lower = [0, 0.4, 0];
    expect(boundedRiskParity(covariance, { lower, upper: [1, 1, 1] })).toBeUndefined();
    const tight = { lower: [0, 0, 0], upper: [0.2, 0.2, 0.2] };
    expect(boundedRiskParity(covariance, tight)).toBeUndefined();
  });

  it('within scaled bounds are the least of the barrier among random portfolios in them', () => {
    const covariance = covarianceOf('scaled', 6);
    const bounds = { lower: [0.3, 0, 0, 0, 0, 0], upper: [1, 1, 0.05, 1, 1, 1] };
    const answer = boundedRiskParity(covariance, { ...bounds, convention: 'scaled' });
    const merit = (w: ArrayLike<number>): number => {
      let variance = 0;
      let logs = 0;
      covariance.forEach((row, i) => {
        row.forEach((value, j) => (variance += value * (w[i] ?? 0) * (w[j] ?? 0)));
        logs += Math.log(w[i] ?? 0) / 6;
      });
      return Math.log(variance) / 2 - logs;
    };
    const best = merit(answer?.weights ?? []);
    expect(answer?.weights[0]).toBeCloseTo(0.3, 8);
    expect(answer?.weights[2]).toBeCloseTo(0.05, 8);
    const random = seededRandom('scaled bounds');
    for (let k = 0; k < 300; k += 1) {
      const others = Array.from({ length: 4 }, () => random() + 0.01);
      const [first, third] = [0.3 + 0.2 * random(), 0.05 * (0.2 + 0.8 * random())];
      const share = (1 - first - third) / others.reduce((a, b) => a + b, 0);
      const [b = 0, c = 0, d = 0, e = 0] = others.map((value) => value * share);
      expect(merit([first, b, third, c, d, e])).toBeGreaterThan(best);
    }
  });
});

describe('the most diversified portfolio', () => {
  // Choueifaty, Froidure, Reynier (2011), pages 9 to 11; Choueifaty, Coignard (2008), page 41.
  it.each<[number[][], number[], number]>([
    [
      [
        [0.04, 0.01],
        [0.01, 0.01],
      ],
      [1 / 3, 2 / 3],
      1e-9,
    ],
    [
      [
        [0.04, 0.01, 0.0225],
        [0.01, 0.01, 0.0075],
        [0.0225, 0.0075, 0.0131],
      ],
      [0.33, 0.67, 0],
      0.01,
    ],
    [
      [
        [0.01, 0.009, 0.001],
        [0.009, 0.01, 0.001],
        [0.001, 0.001, 0.01],
      ],
      [0.257, 0.257, 0.486],
      5.1e-4,
    ],
  ])('is the published one (%#)', (matrix, expected, within) => {
    expectWeights(mostDiversified(rowsOf(matrix))?.weights, expected, within);
  });

  it('respects bounds (portfolio_allocation_js, Roncalli’s four securities)', () => {
    const answer = mostDiversified(rowsOf(roncalli.covariance), { upper: [0.4, 0.4, 0.4, 0.4] });
    expectWeights(answer?.weights, [0.4, 0.4, 0, 0.2], 1e-8);
    const none = mostDiversified(rowsOf(roncalli.covariance), { upper: [0.2, 0.2, 0.2, 0.2] });
    expect(none).toBeUndefined();
  });

  it('is more diversified than any simple portfolio', () => {
    const covariance = covarianceOf('diverse', 7);
    const best = mostDiversified(covariance)?.ratio ?? NaN;
    for (const weights of [
      equalWeights(7),
      inverseVolatilityWeights(covariance),
      riskParity(covariance).weights,
    ])
      expect(diversificationRatio(covariance, weights)).toBeLessThanOrEqual(best + 1e-12);
  });
});

describe('simple weights', () => {
  it('follow the minimum correlation paper and the minimum variance sheet of Varadi', () => {
    const three = rowsOf([
      [0.0196, 0.02268, 0.02618],
      [0.02268, 0.0324, 0.02772],
      [0.02618, 0.02772, 0.0484],
    ]);
    expectWeights(minimumCorrelationWeights(three), [0.21, 0.31, 0.48], 0.01);
    const four = rowsOf([
      [0.00009, 0.000044, 0.000028, 0.000034],
      [0.000044, 0.000084, 0.000068, 0.000039],
      [0.000028, 0.000068, 0.000101, 0.000036],
      [0.000034, 0.000039, 0.000036, 0.000039],
    ]);
    expectWeights(proportionalMinimumVarianceWeights(four), [0.18, 0.07, 0.07, 0.68], 0.01);
  });

  it('are in inverse proportion to risk', () => {
    const covariance = rowsOf([
      [0.04, 0],
      [0, 0.01],
    ]);
    expectWeights(inverseVolatilityWeights(covariance), [1 / 3, 2 / 3], 1e-15);
    expectWeights(inverseVarianceWeights(covariance), [0.2, 0.8], 1e-15);
  });

  it('of two securities by minimum correlation are those by inverse volatility', () => {
    const covariance = covarianceOf('two', 2);
    expect(minimumCorrelationWeights(covariance)).toEqual(inverseVolatilityWeights(covariance));
  });

  it('are limited as ffn does (test_limit_weights)', () => {
    const first = Float64Array.from([0.3, 0.1, 0.05, 0.05, 0.5]);
    expectWeights(limitedWeights(first, 0.3), [0.3, 0.2, 0.1, 0.1, 0.3], 1e-12);
    const second = Float64Array.from([0.29, 0.1, 0.06, 0.05, 0.5]);
    expectWeights(limitedWeights(second, 0.3), [0.3, 0.19, 0.114, 0.095, 0.3], 6e-4);
    expect(limitedWeights(first, 0.15)).toBeUndefined();
  });

  it('limited sum to what they did, with none above the limit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 4, maxLength: 12 }),
        (raw) => {
          const total = raw.reduce((a, b) => a + b, 0);
          const weights = Float64Array.from(raw, (value) => value / total);
          const limited = limitedWeights(weights, 0.3) ?? new Float64Array(0);
          expect(sum(limited)).toBeCloseTo(1, 12);
          expect(Math.max(...limited)).toBeLessThanOrEqual(0.3);
        },
      ),
      { numRuns: 100, seed: 11 },
    );
  });

  it('are cleaned: the smallest to 0, the others rounded', () => {
    const weights = Float64Array.from([0.123456789, -0.00001, 0.5]);
    expect([...cleanedWeights(weights)]).toEqual([0.12346, 0, 0.5]);
  });
});

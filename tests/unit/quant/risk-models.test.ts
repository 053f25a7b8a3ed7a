import fc from 'fast-check';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import {
  correlationOf,
  covarianceOf,
  deviations,
  sampleCorrelation,
  sampleCovariance,
} from '#shared/quant/estimation/covariance.ts';
import { crossProducts } from '#shared/quant/linear-algebra/cross-products.ts';
import { cell, spectrum, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import {
  oracleApproximatingCovariance,
  shrunkBy,
  shrunkCovariance,
  type ShrinkageTarget,
} from '#shared/quant/estimation/shrinkage.ts';
import {
  decayOf,
  recentCovariance,
  semicovariance,
} from '#shared/quant/estimation/weighted-covariance.ts';
import { simpleReturns } from '#shared/quant/measures/returns.ts';

const columns = (rows: readonly (readonly number[])[]): Float64Array[] =>
  rows.map((row) => Float64Array.from(row));

function expectRows(matrix: Rows, expected: readonly (readonly number[])[], digits = 12): void {
  expected.forEach((row, i) =>
    row.forEach((value, j) => expect(cell(matrix, i, j)).toBeCloseTo(value, digits)),
  );
}

/** PyPortfolioOpt 65cabce, tests/test_risk_models.py: three securities, five prices each. */
const dummy = columns([
  [4, 4.2, 3.9, 4.3, 4.1],
  [2, 2.1, 2, 2.1, 2.2],
  [0.6, 0.59, 0.58, 0.62, 0.63],
]).map((prices) => simpleReturns(prices));

/** portfolio_allocation_js b687956, test/tests_covmatrix_dist.js: three series of four. */
const four = columns([
  [1, 2, -1, -2],
  [2, 4, 6, 2],
  [3, 5, 9, 17],
]);

function panel(seed: string, count: number, periods: number): Float64Array[] {
  const random = seededRandom(seed);
  const market = Array.from({ length: periods }, () => normal(random));
  return Array.from({ length: count }, () =>
    Float64Array.from(market, (move) => 0.01 * (move + normal(random))),
  );
}

describe('sample covariance', () => {
  it('is the published one of PyPortfolioOpt (test_sample_cov_dummy)', () => {
    expectRows(sampleCovariance(dummy), [
      [0.006661687937656102, 0.00264970955585574, 0.0020849735375206195],
      [0.00264970955585574, 0.0023450491307634215, 0.00096770864287974],
      [0.0020849735375206195, 0.00096770864287974, 0.0016396416271856837],
    ]);
  });

  it('measures each pair over the periods in which both have a return', () => {
    const gaps = columns([
      [NaN, 0.01, -0.02, 0.03, 0.01],
      [0.02, 0.02, NaN, -0.01, 0.04],
    ]);
    const both = columns([
      [0.01, 0.03, 0.01],
      [0.02, -0.01, 0.04],
    ]);
    const whole = sampleCovariance(gaps);
    expect(cell(whole, 0, 1)).toBeCloseTo(cell(sampleCovariance(both), 0, 1), 15);
    const known = columns([[0.01, -0.02, 0.03, 0.01]]);
    expect(cell(whole, 0, 0)).toBeCloseTo(cell(sampleCovariance(known), 0, 0), 15);
    expect(cell(sampleCorrelation(gaps), 0, 1)).toBeCloseTo(
      cell(correlationOf(sampleCovariance(both)), 0, 1),
      15,
    );
  });

  it('knows no covariance of two securities that never have a return together', () => {
    const apart = columns([
      [0.01, 0.02, NaN, NaN],
      [NaN, NaN, 0.01, 0.03],
    ]);
    expect(cell(sampleCovariance(apart), 0, 1)).toBeNaN();
  });

  it.each([1, 3, 4, 5, 9])('multiplies %i columns as one by one', (count) => {
    const whole = panel(`products ${count}`, count, 37);
    const products = crossProducts(whole);
    whole.forEach((a, i) =>
      whole.forEach((b, j) =>
        expect(cell(products, i, j)).toBeCloseTo(
          a.reduce((all, x, t) => all + x * (b[t] ?? NaN), 0),
          15,
        ),
      ),
    );
  });

  it('comes back from its correlation and deviations', () => {
    const whole = sampleCovariance(panel('back', 6, 50));
    const again = covarianceOf(correlationOf(whole), deviations(whole));
    expectRows(
      again,
      whole.map((row) => Array.from(row)),
      15,
    );
  });
});

describe('shrinkage', () => {
  // portfolio_allocation_js b687956, test/tests_covmatrix_dist.js, "Covariance matrix creation".
  it.each<[ShrinkageTarget, number, number[][]]>([
    [
      'two-parameter',
      0,
      [
        [6.525679576617755, -1.3292338224681264, -5.4112039932643725],
        [-1.3292338224681264, 6.661745248977629, -2.0095621842675007],
        [-5.4112039932643725, -2.0095621842675007, 20.812575174404618],
      ],
    ],
    [
      'diagonal',
      0,
      [
        [2.5, 0, -4.32972972972973],
        [0, 2.75, -0.7216216216216218],
        [-4.32972972972973, -0.7216216216216218, 28.75],
      ],
    ],
    [
      'constant-correlation',
      1,
      [
        [3.333333333333333, -0.9955990054728224, -4.8859840643561725],
        [-0.9955990054728224, 3.666666666666666, -3.654051336659059],
        [-4.8859840643561725, -3.654051336659059, 38.33333333333333],
      ],
    ],
    [
      'two-parameter',
      1,
      [
        [9.302812153826505, -1.9710543275213308, -6.902628913895051],
        [-1.9710543275213308, 9.467197973372297, -2.7929834252502843],
        [-6.902628913895051, -2.7929834252502843, 26.563323206134523],
      ],
    ],
    [
      'diagonal',
      1,
      [
        [3.333333333333333, 0, -5.495195195195195],
        [0, 3.6666666666666665, -0.9158658658658657],
        [-5.495195195195195, -0.9158658658658657, 38.33333333333333],
      ],
    ],
  ])('towards %s with ddof %i is the published matrix', (target, ddof, expected) => {
    expectRows(shrunkCovariance(four, target, { ddof }).covariance, expected, 10);
  });

  const everyTarget = [
    'constant-correlation',
    'identity',
    'single-factor',
    'two-parameter',
    'diagonal',
  ] as const;

  it.each(everyTarget)(
    'towards %s has an intensity of 0 to 1 and does not mind the unit',
    (target) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 2, max: 6 }),
          fc.integer({ min: 3, max: 20 }),
          fc.integer({ min: 0, max: 1_000_000 }),
          (count, periods, seed) => {
            const returns = panel(`intensity ${seed}`, count, periods);
            const { intensity, covariance } = shrunkCovariance(returns, target);
            expect(intensity).toBeGreaterThanOrEqual(0);
            expect(intensity).toBeLessThanOrEqual(1);
            const percent = shrunkCovariance(
              returns.map((column) => column.map((value) => value * 100)),
              target,
            );
            expect(percent.intensity).toBeCloseTo(intensity, 8);
            expect(cell(percent.covariance, 0, 1)).toBeCloseTo(cell(covariance, 0, 1) * 1e4, 8);
          },
        ),
        { numRuns: 40, seed: 5 },
      );
    },
  );

  it('approximates the oracle: all target when all is noise, less with more periods', () => {
    const short = oracleApproximatingCovariance(panel('oas', 8, 10)).intensity;
    const long = oracleApproximatingCovariance(panel('oas', 8, 1000)).intensity;
    expect(short).toBeGreaterThan(long);
    expect(long).toBeGreaterThan(0);
    const published = oracleApproximatingCovariance(panel('oas', 8, 10), 'published').intensity;
    expect(published).not.toBe(short);
    expect(published).toBeLessThanOrEqual(1);
  });

  it('has the intensity of the formula of scikit-learn, by hand for two securities', () => {
    const returns = columns([
      [1, -1, 2, -2],
      [1, 1, -1, -1],
    ]);
    // S = diag(2.5, 1) without covariance: tr S^2 = 7.25, (tr S)^2 = 12.25, n = 4, p = 2.
    const intensity = (7.25 + 12.25) / ((4 + 1) * (7.25 - 12.25 / 2));
    expect(oracleApproximatingCovariance(returns).intensity).toBe(Math.min(1, intensity));
  });

  it('mixes by a given intensity, and keeps the total variance', () => {
    const whole = sampleCovariance(dummy);
    const mixed = shrunkBy(whole, 0.2);
    const trace = (of: Rows): number => of.reduce((all, row, i) => all + (row[i] ?? 0), 0);
    expect(trace(mixed)).toBeCloseTo(trace(whole), 15);
    expect(cell(mixed, 0, 1)).toBeCloseTo(0.8 * cell(whole, 0, 1), 15);
  });
});

describe('recent and downside covariance', () => {
  it('counts a span, a half-life and a centre of mass as pandas does', () => {
    expect(decayOf({ span: 180 })).toBeCloseTo(1 - 2 / 181, 15);
    expect(decayOf({ halfLife: 1 })).toBe(0.5);
    expect(decayOf({ centreOfMass: 3 })).toBe(0.75);
  });

  it('weighs the last period most, by hand', () => {
    const [one = new Float64Array(0)] = columns([[0.02, -0.01, 0.03]]);
    const squares = [0.25 * 0.02 ** 2, 0.5 * 0.01 ** 2, 0.03 ** 2];
    const expected = squares.reduce((a, b) => a + b, 0) / 1.75;
    const recent = recentCovariance([one], { decay: 0.5 }, { centre: 'zero' });
    expect(cell(recent, 0, 0)).toBeCloseTo(expected, 15);
  });

  it('tends to the sample covariance as the memory grows (PyPortfolioOpt, test_exp_cov_limits)', () => {
    const returns = panel('memory', 4, 200);
    const sample = sampleCovariance(returns, { ddof: 0 });
    expectRows(
      recentCovariance(returns, { span: 1e12 }),
      sample.map((row) => Array.from(row)),
      12,
    );
  });

  it('passes over missing returns as over no period, in any order of the securities', () => {
    const returns = panel('gaps', 3, 60);
    returns[1]?.fill(NaN, 0, 20);
    const forth = recentCovariance(returns, { span: 30 });
    const back = recentCovariance([...returns].reverse(), { span: 30 });
    expect(cell(forth, 0, 1)).toBe(cell(back, 2, 1));
    const full = recentCovariance(panel('gaps', 3, 60), { span: 30 });
    expect(cell(forth, 0, 2)).toBeCloseTo(cell(full, 0, 2), 15);
  });

  it('sees no downside below every return, and more the higher the benchmark', () => {
    const returns = panel('down', 4, 100);
    expect(cell(semicovariance(returns, -0.5), 0, 0)).toBe(0);
    const [low, high] = [semicovariance(returns, 0), semicovariance(returns, 0.01)];
    expect(cell(high, 0, 0)).toBeGreaterThan(cell(low, 0, 0));
    expect(spectrum(low).values[0]).toBeGreaterThan(-1e-18);
  });
});

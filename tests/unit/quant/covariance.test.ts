import {
  annualisedCovariance,
  correlationOf,
  sampleCovariance,
} from '#shared/quant/estimation/covariance.ts';
import { repaired } from '#shared/quant/estimation/definiteness.ts';
import { cell, quadratic, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { shrunkCovariance } from '#shared/quant/estimation/shrinkage.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';

const columns = (rows: readonly (readonly number[])[]) => rows.map((row) => Float64Array.from(row));
const plain = (matrix: Rows) => matrix.map((row) => Array.from(row));

function expectRows(matrix: Rows, expected: readonly (readonly number[])[], digits = 12): void {
  expected.forEach((row, i) =>
    row.forEach((value, j) => expect(cell(matrix, i, j)).toBeCloseTo(value, digits)),
  );
}

describe('covariance', () => {
  it('divides by T or by T-1 as asked', () => {
    const returns = columns([
      [0.05, 0.01, 0.01],
      [-0.05, 0.03, -0.01],
    ]);
    // portfolio_allocation_js b687956, tests_covmatrix: population covariance.
    expectRows(sampleCovariance(returns, { ddof: 0 }), [
      [0.0003555555555555556, -0.0005333333333333334],
      [-0.0005333333333333334, 0.0010666666666666667],
    ]);
    expect(cell(sampleCovariance(returns), 0, 0)).toBeCloseTo(0.0003555555555555556 * 1.5);
  });

  it('shrinks to constant correlation as the published example', () => {
    const returns = columns([
      [1, 2, -1, -2],
      [2, 4, 6, 2],
      [3, 5, 9, 17],
    ]);
    // portfolio_allocation_js b687956, tests_covmatrix: Ledoit-Wolf, constant correlation.
    expectRows(shrunkCovariance(returns).covariance, [
      [2.5, -0.7147951569608585, -3.8283673413445896],
      [-0.7147951569608585, 2.75, -2.6768525072041105],
      [-3.8283673413445896, -2.6768525072041105, 28.75],
    ]);
  });

  it('shrinks to a multiple of the identity as the published example', () => {
    const returns = columns([
      [1, 2, 3],
      [2, 4, 5],
    ]);
    // portfolio_allocation_js b687956, tests_covmatrix: Ledoit-Wolf, constant variance.
    expectRows(shrunkCovariance(returns, 'identity').covariance, [
      [0.8193967163039326, 0.6563573883161513],
      [0.6563573883161513, 1.4028255059182893],
    ]);
  });

  it.each(['constant-correlation', 'identity', 'single-factor'] as const)(
    'stays symmetric, positive definite and between sample and target (%s) with few observations',
    (target) => {
      const random = seededRandom(`few ${target}`);
      const returns = Array.from({ length: 30 }, () =>
        Float64Array.from({ length: 20 }, () => normal(random) / 100),
      );
      const { covariance, intensity } = shrunkCovariance(returns, target);
      expect(intensity).toBeGreaterThan(0);
      expect(intensity).toBeLessThanOrEqual(1);
      covariance.forEach((row, i) =>
        row.forEach((value, j) => expect(value).toBe(cell(covariance, j, i))),
      );
      const whole = repaired(covariance);
      for (let k = 0; k < 20; k += 1) {
        const vector = Float64Array.from({ length: 30 }, () => normal(random));
        expect(quadratic(whole, vector)).toBeGreaterThan(0);
      }
    },
  );

  it('counts a year as 252 days', () => {
    expect(plain(annualisedCovariance(columns([[0.0001]])))).toEqual([[0.0252]]);
  });

  it('lifts negative eigenvalues and leaves a definite matrix as it is', () => {
    const broken = columns([
      [1, 0.9, 0.2],
      [0.9, 1, 0.9],
      [0.2, 0.9, 1],
    ]);
    const direction = Float64Array.from([1, -1.5, 1]);
    expect(quadratic(repaired(broken), direction)).toBeGreaterThan(0);
    const good = columns([
      [2, 1],
      [1, 2],
    ]);
    expect(repaired(good)).toBe(good);
  });

  it('gives a series without variance no correlation', () => {
    expectRows(
      correlationOf(
        columns([
          [1, 0],
          [0, 0],
        ]),
      ),
      [
        [1, 0],
        [0, 1],
      ],
    );
  });
});

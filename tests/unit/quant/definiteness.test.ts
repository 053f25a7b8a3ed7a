import { normal, seededRandom } from '#shared/kernel/random.ts';
import {
  correlationOf,
  deviations,
  sampleCovariance,
} from '#shared/quant/estimation/covariance.ts';
import {
  clipped,
  clippedCorrelation,
  diagonallyLifted,
  isPositiveSemidefinite,
  mixedCorrelation,
  nearestCorrelation,
} from '#shared/quant/estimation/definiteness.ts';
import {
  denoisedCovariance,
  detonedCovariance,
  noiseBand,
  noiseDensity,
} from '#shared/quant/estimation/denoising.ts';
import {
  build,
  cell,
  fromSpectrum,
  inverted,
  spectrum,
  type Rows,
} from '#shared/quant/linear-algebra/matrix.ts';
import { isDefiniteAbove, isPositiveDefinite } from '#shared/quant/linear-algebra/cholesky.ts';

const rowsOf = (matrix: readonly (readonly number[])[]): Rows =>
  matrix.map((row) => Float64Array.from(row));

function expectRows(matrix: Rows, expected: readonly (readonly number[])[], within: number): void {
  expected.forEach((row, i) =>
    row.forEach((value, j) =>
      expect(Math.abs(cell(matrix, i, j) - value)).toBeLessThanOrEqual(within),
    ),
  );
}

const least = (matrix: Rows): number => spectrum(matrix).values[0] ?? NaN;

describe('repair of a matrix', () => {
  it.each([
    // Rebonato, Jäckel, "The most general methodology to create a valid correlation matrix" (1999).
    [
      [
        [1, 0.9, 0.7],
        [0.9, 1, 0.3],
        [0.7, 0.3, 1],
      ],
      [
        [1, 0.89402, 0.69632],
        [0.89402, 1, 0.301],
        [0.69632, 0.301, 1],
      ],
    ],
    // Joubert, Langdell, "Fixing a broken correlation matrix".
    [
      [
        [1, 0.95, 0],
        [0.95, 1, 0.95],
        [0, 0.95, 1],
      ],
      [
        [1, 0.73454, 0.07908],
        [0.73454, 1, 0.73454],
        [0.07908, 0.73454, 1],
      ],
    ],
  ])('clips the spectrum as published (%#)', (broken, expected) => {
    expectRows(clippedCorrelation(rowsOf(broken)), expected, 1e-4);
  });

  it('finds the nearest correlation matrices of Higham (2002)', () => {
    const first = rowsOf([
      [1, 1, 0],
      [1, 1, 1],
      [0, 1, 1],
    ]);
    expectRows(
      nearestCorrelation(first),
      [
        [1, 0.7607, 0.1573],
        [0.7607, 1, 0.7607],
        [0.1573, 0.7607, 1],
      ],
      1e-4,
    );
    const second = rowsOf([
      [2, -1, 0, 0],
      [-1, 2, -1, 0],
      [0, -1, 2, -1],
      [0, 0, -1, 2],
    ]);
    expectRows(
      nearestCorrelation(second),
      [
        [1, -0.8084, 0.1916, 0.1068],
        [-0.8084, 1, -0.6562, 0.1916],
        [0.1916, -0.6562, 1, -0.8084],
        [0.1068, 0.1916, -0.8084, 1],
      ],
      1e-4,
    );
  });

  it('keeps every eigenvalue above the floor (Higham, Strabic 2016, by portfolio_allocation_js)', () => {
    const seven = rowsOf([
      [1, 0.18, -0.13, -0.26, 0.19, -0.25, -0.12],
      [0.18, 1, 0.22, -0.14, 0.31, 0.16, 0.09],
      [-0.13, 0.22, 1, 0.06, -0.08, 0.04, 0.04],
      [-0.26, -0.14, 0.06, 1, 0.85, 0.85, 0.85],
      [0.19, 0.31, -0.08, 0.85, 1, 0.85, 0.85],
      [-0.25, 0.16, 0.04, 0.85, 0.85, 1, 0.85],
      [-0.12, 0.09, 0.04, 0.85, 0.85, 0.85, 1],
    ]);
    const nearest = nearestCorrelation(seven, { minEigenvalue: 0.1 });
    expect(cell(nearest, 0, 1)).toBeCloseTo(0.192428, 5);
    expect(cell(nearest, 3, 4)).toBeCloseTo(0.759191, 5);
    expect(cell(nearest, 5, 6)).toBeCloseTo(0.857818, 5);
    expect(least(nearest)).toBeGreaterThan(0.1 - 1e-6);
  });

  it('mixes as little as it must with a target (Higham, Strabic, Sego 2016)', () => {
    const broken = rowsOf([
      [1, 0.9, 0.45, 0.3, 0.225],
      [0.9, 1, 0.9, 0.45, 0.3],
      [0.45, 0.9, 1, 0.9, 0.45],
      [0.3, 0.45, 0.9, 1, 0.9],
      [0.225, 0.3, 0.45, 0.9, 1],
    ]);
    const target = rowsOf([
      [1, 0.9, 0, 0, 0],
      [0.9, 1, 0, 0, 0],
      [0, 0, 1, 0, 0.45],
      [0, 0, 0, 1, 0.45],
      [0, 0, 0.45, 0.45, 1],
    ]);
    expectRows(
      mixedCorrelation(broken, target),
      [
        [1, 0.9, 0.343, 0.228, 0.171],
        [0.9, 1, 0.685, 0.343, 0.228],
        [0.343, 0.685, 1, 0.685, 0.45],
        [0.228, 0.343, 0.685, 1, 0.793],
        [0.171, 0.228, 0.45, 0.793, 1],
      ],
      1e-3,
    );
  });

  it('lifts PyPortfolioOpt’s broken pair by its spectrum or its diagonal', () => {
    const broken = rowsOf([
      [0.03818144, 0.04182824],
      [0.04182824, 0.04149209],
    ]);
    expect(isPositiveSemidefinite(broken)).toBe(false);
    expect(least(clipped(broken))).toBeCloseTo(0, 15);
    expect(isPositiveSemidefinite(diagonallyLifted(broken))).toBe(true);
    expect(cell(diagonallyLifted(broken), 0, 1)).toBe(0.04182824);
  });

  it('leaves a valid matrix as it is', () => {
    const good = rowsOf([
      [1, 0.5],
      [0.5, 1],
    ]);
    expect(clipped(good)).toBe(good);
    expect(diagonallyLifted(good)).toBe(good);
    expectRows(
      nearestCorrelation(good),
      [
        [1, 0.5],
        [0.5, 1],
      ],
      1e-12,
    );
    expectRows(
      mixedCorrelation(good),
      [
        [1, 0.5],
        [0.5, 1],
      ],
      1e-12,
    );
    expect(isPositiveSemidefinite(rowsOf([[0]]))).toBe(true);
  });

  it('takes a matrix apart and puts it together again', () => {
    const whole = rowsOf([
      [2, -0.3, 0.1],
      [-0.3, 1, 0.4],
      [0.1, 0.4, 3],
    ]);
    expectRows(
      fromSpectrum(spectrum(whole)),
      whole.map((row) => [...row]),
      1e-14,
    );
    const unit = inverted(whole).map((row) =>
      whole.map((_, j) => row.reduce((all, value, k) => all + value * cell(whole, k, j), 0)),
    );
    expectRows(
      rowsOf(unit),
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      1e-14,
    );
  });
});

describe('noise in correlations', () => {
  it('lies in the band of Marčenko and Pastur, whose density sums to 1', () => {
    const { least: low, most: high } = noiseBand(4, 1);
    expect([low, high]).toEqual([0.25, 2.25]);
    const steps = 20_000;
    const width = (high - low) / steps;
    let total = 0;
    for (let k = 0; k < steps; k += 1) total += noiseDensity(low + (k + 0.5) * width, 4) * width;
    expect(total).toBeCloseTo(1, 4);
    expect(noiseDensity(3, 4)).toBe(0);
  });

  const random = seededRandom('noise');
  const market = Array.from({ length: 400 }, () => normal(random));
  const returns = Array.from({ length: 20 }, () =>
    Float64Array.from(market, (move) => 0.01 * (move + normal(random))),
  );
  const sample = sampleCovariance(returns);

  it('gives all noise one eigenvalue and keeps the variances', () => {
    const smooth = denoisedCovariance(sample, 400);
    deviations(smooth).forEach((value, i) =>
      expect(value).toBeCloseTo(deviations(sample)[i] ?? NaN, 14),
    );
    const values = spectrum(correlationOf(smooth)).values;
    expect((values[18] ?? 0) / (values[0] ?? 1)).toBeLessThan(1.2);
    expect(values[19]).toBeGreaterThan(8);
  });

  it('takes the market out', () => {
    const rest = correlationOf(detonedCovariance(sample));
    const mean = rest.reduce((all, row) => all + row.reduce((a, b) => a + b, 0) - 1, 0) / 380;
    expect(Math.abs(mean)).toBeLessThan(0.1);
  });
});

describe('definiteness by factors', () => {
  const pair = (rho: number): Rows => [Float64Array.of(1, rho), Float64Array.of(rho, 1)];

  it.each([
    [0.999, 0, true],
    [1, 0, false],
    [1, 1e-9, true],
    [1.001, 0, false],
  ])('of a correlation of %d with a ridge of %d: %s', (rho, ridge, expected) => {
    expect(isPositiveDefinite(pair(rho), ridge)).toBe(expected);
  });

  it('knows the smallest eigenvalue, 0.1, of a correlation of 0.9', () => {
    expect(isDefiniteAbove(pair(0.9), 0.0999)).toBe(true);
    expect(isDefiniteAbove(pair(0.9), 0.1001)).toBe(false);
  });

  it('finds the eigenvalues of a path, 2 - 2 cos(k pi/(n + 1)), and its inverse, to 1e-10', () => {
    const n = 30;
    const path = build(n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));
    const { values } = spectrum(path);
    const inverse = inverted(path);
    for (let i = 0; i < n; i += 1) {
      const known = 2 - 2 * Math.cos(((i + 1) * Math.PI) / (n + 1));
      expect(Math.abs((values[i] ?? NaN) - known)).toBeLessThan(1e-10);
      const entry = ((i + 1) * (n - i)) / (n + 1);
      expect(Math.abs((inverse[i]?.[i] ?? NaN) - entry)).toBeLessThan(1e-10);
    }
  });
});

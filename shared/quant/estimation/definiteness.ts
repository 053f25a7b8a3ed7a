/**
 * What makes a symmetric matrix positive semidefinite, or a correlation matrix, when pairwise
 * estimates, opinions or rounding left it indefinite.
 */
import { isDefiniteAbove, isPositiveDefinite } from '#shared/quant/linear-algebra/cholesky.ts';
import { correlationOf } from './covariance.ts';
import {
  at,
  build,
  buildSymmetric,
  cell,
  fromSpectrum,
  largest,
  spectrum,
  type Rows,
} from '#shared/quant/linear-algebra/matrix.ts';

/** By Cholesky's factors of the matrix with `ridge` on its diagonal, as PyPortfolioOpt asks. */
export function isPositiveSemidefinite(matrix: Rows, ridge = 1e-16): boolean {
  return isPositiveDefinite(matrix, ridge);
}

/**
 * Lifts eigenvalues below `floorRatio` of the largest to that floor (spectral clipping), so that
 * the matrix is positive definite; one that already is comes back unchanged. No eigenvalue is larger
 * than the largest sum of a row's sizes, so factors of the matrix less that floor settle most cases.
 */
export function repaired(matrix: Rows, floorRatio = 1e-8): Rows {
  const ceiling = Math.max(0, ...matrix.map(sizeOf));
  if (ceiling > 0 && isDefiniteAbove(matrix, floorRatio * ceiling)) return matrix;
  const whole = spectrum(matrix);
  return clipped(matrix, floorRatio * Math.max(whole.values.at(-1) ?? 0, Number.MIN_VALUE), whole);
}

/** Lifts eigenvalues below the floor to it; without one below, the matrix comes back unchanged. */
export function clipped(matrix: Rows, floor = 0, whole = spectrum(matrix)): Rows {
  if (whole.values.every((value) => value >= floor)) return matrix;
  return fromSpectrum({ ...whole, values: whole.values.map((value) => Math.max(value, floor)) });
}

/**
 * Adds `factor` times the size of the smallest eigenvalue to the diagonal, where that is negative
 * (PyPortfolioOpt's `diag`, factor 1.1).
 */
export function diagonallyLifted(matrix: Rows, factor = 1.1): Rows {
  const least = spectrum(matrix).values[0] ?? 0;
  if (least >= 0) return matrix;
  return build(matrix.length, (i, j) => cell(matrix, i, j) - (i === j ? factor * least : 0));
}

/**
 * A correlation matrix by clipping eigenvalues at the floor and scaling the diagonal back to 1
 * (Rebonato, Jäckel, "The most general methodology to create a valid correlation matrix for risk
 * management and option pricing purposes", 1999).
 */
export function clippedCorrelation(matrix: Rows, floor = 0): Rows {
  const fixed = clipped(matrix, floor);
  return fixed === matrix ? matrix : correlationOf(fixed);
}

export interface NearestOptions {
  /** No eigenvalue is below this; 0 to 1. */
  readonly minEigenvalue?: number | undefined;
  /** Ends when no entry moves by more. */
  readonly tolerance?: number | undefined;
  readonly iterationsMax?: number | undefined;
}

/**
 * The correlation matrix nearest to a symmetric one in the sum of squared differences, by alternating
 * projections with Dykstra's correction (Higham, "Computing the nearest correlation matrix: a problem
 * from finance", IMA Journal of Numerical Analysis 22/3, 2002), at last scaled to a diagonal of 1.
 */
export function nearestCorrelation(matrix: Rows, options: NearestOptions = {}): Rows {
  const { minEigenvalue = 1e-8, tolerance = 1e-11, iterationsMax = 20_000 } = options;
  const n = matrix.length;
  let unit: Rows = matrix;
  let correction = build(n, () => 0);
  for (let round = 0; round < iterationsMax; round += 1) {
    const corrected = difference(unit, correction);
    const whole = clipped(corrected, minEigenvalue);
    correction = difference(whole, corrected);
    const next = build(n, (i, j) => (i === j ? 1 : cell(whole, i, j)));
    const moved = Math.max(0, ...difference(next, unit).map(largest));
    unit = next;
    if (moved <= tolerance) break;
  }
  return correlationOf(clipped(unit, minEigenvalue));
}

/**
 * The least mixture with a target correlation matrix that has no eigenvalue below the floor (Higham,
 * Strabic, Sego, "Restoring definiteness via shrinking, with an application to correlation matrices
 * with a fixed block", SIAM Review 58/2, 2016), by bisection.
 *
 * @param target a correlation matrix within the floor; the identity where none is given
 */
export function mixedCorrelation(
  matrix: Rows,
  target = build(matrix.length, (i, j) => (i === j ? 1 : 0)),
  minEigenvalue = 0,
): Rows {
  const mixed = (share: number): Rows =>
    buildSymmetric(
      matrix.length,
      (i, j) => share * cell(target, i, j) + (1 - share) * cell(matrix, i, j),
    );
  const least = (share: number): number => spectrum(mixed(share)).values[0] ?? 0;
  let [low, high] = [0, least(0) >= minEigenvalue ? 0 : 1];
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (least(middle) >= minEigenvalue) high = middle;
    else low = middle;
  }
  return mixed(high);
}

/** Sum of the absolute values of a row. */
function sizeOf(row: Float64Array): number {
  let size = 0;
  for (let j = 0; j < row.length; j += 1) size += Math.abs(row[j] ?? 0);
  return size;
}

function difference(a: Rows, b: Rows): Rows {
  return a.map((row, i) => row.map((value, j) => value - at(b[i] ?? [], j)));
}

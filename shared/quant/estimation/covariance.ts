/**
 * Covariance of returns as it was observed. Columns are returns of one security each, all of one
 * length; NaN is a return that is missing. All figures are per period; `annualised` makes them yearly.
 *
 * Missing returns: the covariance of two securities is that of the periods in which both have a
 * return, each measured from its mean over just those periods (pairwise complete observations, as
 * pandas' `DataFrame.cov`). Such a matrix need not be positive semidefinite: see `definiteness.ts`.
 */
import { TRADING_DAYS_A_YEAR } from '#shared/quant/measures/returns.ts';
import { columnMeans } from '#shared/quant/linear-algebra/column-means.ts';
import { crossProducts } from '#shared/quant/linear-algebra/cross-products.ts';
import {
  at,
  build,
  buildSymmetric,
  cell,
  diagonal,
  emptyRows,
  multiplied,
  type Rows,
} from '#shared/quant/linear-algebra/matrix.ts';

export interface SampleOptions {
  /** Taken off the number of periods before dividing: 1 (default) is unbiased, 0 divides by T. */
  readonly ddof?: number | undefined;
  /** Returns are measured from 0 and not from their mean. */
  readonly assumeCentred?: boolean | undefined;
}

/** Covariance per period. A pair without enough common periods has NaN. */
export function sampleCovariance(
  columns: readonly Float64Array[],
  options: SampleOptions = {},
): Rows {
  const means = columnMeans(columns);
  // A mean is NaN where a return is, which saves another pass over all of them.
  if (means.some(Number.isNaN) && columns.some(hasGaps))
    return pairwiseCovariance(columns, options);
  const count = (columns[0]?.length ?? 0) - (options.ddof ?? 1);
  const centres = options.assumeCentred ? undefined : means;
  return crossProducts(columns, { centres, divisor: count });
}

function pairwiseCovariance(
  columns: readonly Float64Array[],
  { ddof = 1, assumeCentred = false }: SampleOptions,
): Rows {
  return buildSymmetric(columns.length, (i, j) => {
    const pair = commonOf(columns[i] ?? new Float64Array(0), columns[j] ?? new Float64Array(0));
    const [first, second] = assumeCentred ? [0, 0] : [pair.first, pair.second];
    let total = 0;
    for (const t of pair.periods)
      total += (at(columns[i] ?? [], t) - first) * (at(columns[j] ?? [], t) - second);
    return pair.periods.length > ddof ? total / (pair.periods.length - ddof) : NaN;
  });
}

/**
 * Correlation over the periods in which both securities have a return, variances included (pandas'
 * `DataFrame.corr`); without missing returns, that of the sample covariance.
 */
export function sampleCorrelation(columns: readonly Float64Array[]): Rows {
  if (!columns.some(hasGaps)) return correlationOf(sampleCovariance(columns));
  return buildSymmetric(columns.length, (i, j) => {
    const [a, b] = [columns[i] ?? new Float64Array(0), columns[j] ?? new Float64Array(0)];
    const pair = commonOf(a, b);
    const both = [a, b].map((column) => Float64Array.from(pair.periods, (t) => at(column, t)));
    return i === j ? 1 : cell(correlationOf(sampleCovariance(both)), 0, 1);
  });
}

interface Common {
  readonly periods: readonly number[];
  /** Means over the common periods. */
  readonly first: number;
  readonly second: number;
}

function commonOf(a: Float64Array, b: Float64Array): Common {
  const periods: number[] = [];
  let [first, second] = [0, 0];
  for (let t = 0; t < a.length; t += 1) {
    const [x, y] = [a[t] ?? NaN, b[t] ?? NaN];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    periods.push(t);
    first += x;
    second += y;
  }
  return { periods, first: first / periods.length, second: second / periods.length };
}

export function annualisedCovariance(covariance: Rows, periodsPerYear = TRADING_DAYS_A_YEAR): Rows {
  return multiplied(covariance, periodsPerYear);
}

/** Standard deviations; 0 where rounding made a variance negative. */
export function deviations(covariance: Rows): Float64Array {
  return diagonal(covariance).map((variance) => Math.sqrt(Math.max(0, variance)));
}

/** A series without variance has no correlation with any other (0). */
export function correlationOf(covariance: Rows): Rows {
  const deviation = deviations(covariance);
  const result = emptyRows(covariance.length);
  // Written out: a call for each entry takes several times as long.
  for (const [i, row] of result.entries()) {
    const [from, own] = [covariance[i] ?? row, at(deviation, i)];
    row[i] = 1;
    for (let j = i + 1; j < row.length; j += 1) {
      const scale = own * (deviation[j] ?? 0);
      const one = scale > 0 ? Math.min(1, Math.max(-1, (from[j] ?? 0) / scale)) : 0;
      row[j] = one;
      const mirror = result[j];
      if (mirror) mirror[i] = one;
    }
  }
  return result;
}

export function covarianceOf(correlations: Rows, deviation: ArrayLike<number>): Rows {
  return build(
    correlations.length,
    (i, j) => cell(correlations, i, j) * at(deviation, i) * at(deviation, j),
  );
}

export function hasGaps(column: Float64Array): boolean {
  for (let t = 0; t < column.length; t += 1) if (Number.isNaN(column[t])) return true;
  return false;
}

/** Missing returns become 0, which is how the shrinkage estimators of PyPortfolioOpt take them. */
export function gapsAsZero(columns: readonly Float64Array[]): Float64Array[] {
  return columns.map((column) => column.map((value) => (Number.isNaN(value) ? 0 : value)));
}

/**
 * Covariance shrunk towards a structured target, `d F + (1 - d) S`. The intensity `d` minimises the
 * expected squared error (Ledoit and Wolf), approximates the best one under normality (Chen and
 * others), or is given.
 *
 * Targets:
 * - `constant-correlation`: Ledoit, Wolf, "Honey, I shrunk the sample covariance matrix", Journal of
 *   Portfolio Management 30/4 (2004). The default: shares of one universe are alike in correlation,
 *   not in volatility, and the target keeps each variance as observed.
 * - `identity`: the mean variance times the identity; Ledoit, Wolf, "A well-conditioned estimator for
 *   large-dimensional covariance matrices", Journal of Multivariate Analysis 88/2 (2004).
 * - `single-factor`: Ledoit, Wolf, "Improved estimation of the covariance matrix of stock returns
 *   with an application to portfolio selection", Journal of Empirical Finance 10/5 (2003); the
 *   factor is the equally weighted mean return.
 * - `two-parameter`: the mean variance and the mean covariance (De Nard, "Oops! I shrunk the sample
 *   covariance matrix again", Journal of Financial Econometrics 20/4, 2022), its rho neglected.
 * - `diagonal`: the variances as observed and no correlation (Schäfer, Strimmer, "A shrinkage
 *   approach to large-scale covariance matrix estimation", 2005, target D).
 */
import { correlationOf, deviations } from './covariance.ts';
import { columnMeans, measuredFrom } from '#shared/quant/linear-algebra/column-means.ts';
import { crossProducts } from '#shared/quant/linear-algebra/cross-products.ts';
import {
  at,
  build,
  cell,
  diagonal,
  dot,
  emptyRows,
  sum,
  times,
  type Rows,
} from '#shared/quant/linear-algebra/matrix.ts';

export type ShrinkageTarget =
  'constant-correlation' | 'identity' | 'single-factor' | 'two-parameter' | 'diagonal';

export interface ShrunkCovariance {
  readonly covariance: Rows;
  /** 0 is the sample covariance, 1 the target. */
  readonly intensity: number;
}

export interface ShrinkageOptions {
  /** Every mean over periods is a sum over T - ddof; 0 (default) as published. */
  readonly ddof?: number | undefined;
  /** Shrinks this matrix; the sample covariance of the columns where none is given. */
  readonly sample?: Rows | undefined;
  /** Returns are measured from 0 and not from their mean. */
  readonly assumeCentred?: boolean | undefined;
}

interface Sample {
  /** Columns of deviations from the mean. */
  readonly deviations: readonly Float64Array[];
  /** What sums over periods are divided by. */
  readonly count: number;
  readonly periods: number;
  /** The matrix that is shrunk, S. */
  readonly covariance: Rows;
  /** Sums of products of deviations, divided by the count. */
  readonly products: Rows;
  /** Sum of the asymptotic variances of all entries times T: means of (x_i x_j - s_ij)^2. */
  readonly variance: number;
  /** Those of the entries of the diagonal. */
  readonly ownVariances: Float64Array;
}

/** Squares of relative differences below this are those of doubles. */
const ROUNDING = 1e-28;

/** @param columns a column of returns for each security, all of one length above 1, none missing */
export function shrunkCovariance(
  columns: readonly Float64Array[],
  target: ShrinkageTarget = 'constant-correlation',
  options: ShrinkageOptions = {},
): ShrunkCovariance {
  const sample = sampleOf(columns, options);
  const { aim, covarianceWithAim } = targets[target](sample);
  const distance = squaredDistance(aim, sample.covariance);
  // Two securities have no other constant correlation than their own: what is left is rounding.
  const alike = distance <= ROUNDING * sumOfSquares(aim);
  const optimal = alike ? 0 : (sample.variance - covarianceWithAim) / distance / sample.count;
  const intensity = Math.min(1, Math.max(0, optimal));
  return { intensity, covariance: mixed(aim, sample.covariance, intensity) };
}

/**
 * Oracle approximating shrinkage towards the identity target (Chen, Wiesel, Eldar, Hero, "Shrinkage
 * algorithms for MMSE covariance estimation", IEEE Transactions on Signal Processing 58/10, 2010).
 * - `scikit-learn` (default): as its `OAS` computes it, without the factor 1 - 2/p, which its
 *   documentation says the published formula (23) has by mistake in the multivariate case.
 * - `published`: formula (23) of the paper.
 *
 * @param columns as for `shrunkCovariance`
 */
export function oracleApproximatingCovariance(
  columns: readonly Float64Array[],
  formula: 'scikit-learn' | 'published' = 'scikit-learn',
  options: Pick<ShrinkageOptions, 'assumeCentred'> = {},
): ShrunkCovariance {
  const n = columns.length;
  const periods = columns[0]?.length ?? 0;
  const products = crossProducts(columns, {
    centres: options.assumeCentred ? undefined : columnMeans(columns),
  });
  const covariance = divided(products, periods);
  const squares = sumOfSquares(covariance);
  const trace = sum(diagonal(covariance));
  const over = (formula === 'published' ? (1 - 2 / n) * squares : squares) + trace ** 2;
  const under = (periods + (formula === 'published' ? 1 - 2 / n : 1)) * (squares - trace ** 2 / n);
  const intensity = under > 0 ? Math.min(1, over / under) : 1;
  return { intensity, covariance: mixed(identityTarget(covariance), covariance, intensity) };
}

/** Shrinks towards the mean variance times the identity with an intensity that is given. */
export function shrunkBy(covariance: Rows, intensity: number): Rows {
  return mixed(identityTarget(covariance), covariance, intensity);
}

interface Target {
  readonly aim: Rows;
  /** Sum over all entries of the asymptotic covariance of target and sample, times T (rho). */
  readonly covarianceWithAim: number;
}

const targets: Record<ShrinkageTarget, (sample: Sample) => Target> = {
  identity: ({ covariance }) => ({ aim: identityTarget(covariance), covarianceWithAim: 0 }),
  'two-parameter': ({ covariance }) => {
    const n = covariance.length;
    const variance = sum(diagonal(covariance));
    const mean = n > 1 ? (total(covariance) - variance) / (n * (n - 1)) : 0;
    return { aim: build(n, (i, j) => (i === j ? variance / n : mean)), covarianceWithAim: 0 };
  },
  diagonal: ({ covariance, ownVariances }) => ({
    aim: build(covariance.length, (i, j) => (i === j ? cell(covariance, i, i) : 0)),
    covarianceWithAim: sum(ownVariances),
  }),
  'constant-correlation': constantCorrelation,
  'single-factor': singleFactor,
};

function identityTarget(covariance: Rows): Rows {
  const mean = sum(diagonal(covariance)) / covariance.length;
  return build(covariance.length, (i, j) => (i === j ? mean : 0));
}

function constantCorrelation(sample: Sample): Target {
  const { covariance, products, count, periods, ownVariances } = sample;
  const n = covariance.length;
  const deviation = deviations(covariance);
  const inverse = deviation.map((one) => (one > 0 ? 1 / one : 0));
  const mean = n > 1 ? (total(correlationOf(covariance)) - n) / (n * (n - 1)) : 0;
  const cubes = combined(sample.deviations, inverse, 3);
  // Sum over i and j of sd_j / sd_i times theta_ij, the mean of (x_i^2 - s_ii)(x_i x_j - s_ij).
  let theta = dot(cubes, combined(sample.deviations, deviation)) / count;
  for (let i = 0; i < n; i += 1) {
    const [own, ofProduct] = [cell(covariance, i, i), cell(products, i, i)];
    for (let j = 0; j < n; j += 1) {
      const both = cell(covariance, i, j);
      const rest = (own * both * periods) / count - both * ofProduct - own * cell(products, i, j);
      theta += at(inverse, i) * at(deviation, j) * rest;
    }
    // theta_ii is the variance of the entry itself.
    if (own > 0) theta -= at(ownVariances, i);
  }
  const aim = emptyRows(n);
  for (const [i, row] of aim.entries()) {
    const scale = mean * at(deviation, i);
    for (let j = 0; j < n; j += 1) row[j] = scale * (deviation[j] ?? 0);
    row[i] = cell(covariance, i, i);
  }
  return { aim, covarianceWithAim: sum(ownVariances) + mean * theta };
}

function singleFactor(sample: Sample): Target {
  const { covariance, count, deviations: columns, ownVariances } = sample;
  const n = covariance.length;
  const market = combined(columns, new Float64Array(n).fill(1 / n));
  const withMarket = Float64Array.from(columns, (x) => dot(x, market) / count);
  const variance = dot(market, market) / count;
  const beta = withMarket.map((value) => (variance > 0 ? value / variance : 0));
  const moved = combined(columns, beta).map((value, t) => value * at(market, t));
  const ones = new Float64Array(n).fill(1);
  const squares = combined(columns, ones, 2);
  // Sums over i and j of 2 beta_j first_ij - beta_i beta_j both_ij, then less their diagonal.
  const pull = times(covariance, beta);
  let rho = sum(ownVariances);
  rho += 2 * (dot(squares, moved) / count - dot(withMarket, pull));
  rho -= dot(moved, moved) / count - variance * dot(beta, pull);
  columns.forEach((x, i) => {
    const [own, slope] = [cell(covariance, i, i), at(beta, i)];
    let [cubed, squared] = [0, 0];
    for (let t = 0; t < x.length; t += 1) {
      const step = (x[t] ?? 0) * (market[t] ?? 0);
      cubed += (x[t] ?? 0) * (x[t] ?? 0) * step;
      squared += step * step;
    }
    rho -= 2 * slope * (cubed / count - at(withMarket, i) * own);
    rho += slope * slope * (squared / count - variance * own);
  });
  const aim = build(n, (i, j) =>
    i === j ? cell(covariance, i, i) : at(beta, i) * at(withMarket, j),
  );
  return { aim, covarianceWithAim: rho };
}

function sampleOf(columns: readonly Float64Array[], options: ShrinkageOptions): Sample {
  const means = options.assumeCentred ? undefined : columnMeans(columns);
  const fromMean = means ? columns.map((x, i) => measuredFrom(x, at(means, i))) : columns;
  const periods = columns[0]?.length ?? 0;
  const count = periods - (options.ddof ?? 0);
  const sums = crossProducts(fromMean);
  const products = divided(sums, count);
  const covariance = options.sample ?? products;
  const squares = combined(fromMean, new Float64Array(columns.length).fill(1), 2);
  const spread = spreadOf(covariance, products, periods, count);
  const ownVariances = Float64Array.from(
    fromMean,
    (x, i) => sumOfFourthPowers(x) / count + cell(spread, i, i),
  );
  const variance = dot(squares, squares) / count + total(spread);
  return { deviations: fromMean, count, periods, covariance, products, variance, ownVariances };
}

/** Written out, as what follows: a call for each entry takes several times as long. */
function divided(matrix: Rows, by: number): Rows {
  const result = emptyRows(matrix.length);
  for (const [i, row] of result.entries()) {
    const from = matrix[i] ?? row;
    for (let j = 0; j < row.length; j += 1) row[j] = (from[j] ?? 0) / by;
  }
  return result;
}

function spreadOf(covariance: Rows, products: Rows, periods: number, count: number): Rows {
  const result = emptyRows(covariance.length);
  for (const [i, row] of result.entries()) {
    const [entries, product] = [covariance[i] ?? row, products[i] ?? row];
    for (let j = 0; j < row.length; j += 1) {
      const entry = entries[j] ?? 0;
      row[j] = (entry * entry * periods) / count - 2 * entry * (product[j] ?? 0);
    }
  }
  return result;
}

/** For each period the sum over the columns of weight times the value to a power. */
function combined(
  columns: readonly Float64Array[],
  weights: ArrayLike<number>,
  power: 1 | 2 | 3 = 1,
): Float64Array {
  const result = new Float64Array(columns[0]?.length ?? 0);
  columns.forEach((column, i) => {
    const weight = at(weights, i);
    for (let t = 0; t < result.length; t += 1) {
      const value = column[t] ?? 0;
      const raised = power === 1 ? value : power === 2 ? value * value : value * value * value;
      result[t] = (result[t] ?? 0) + weight * raised;
    }
  });
  return result;
}

function sumOfFourthPowers(column: Float64Array): number {
  let total = 0;
  for (let t = 0; t < column.length; t += 1) {
    const square = (column[t] ?? 0) * (column[t] ?? 0);
    total += square * square;
  }
  return total;
}

function mixed(aim: Rows, covariance: Rows, intensity: number): Rows {
  const result = emptyRows(covariance.length);
  for (const [i, row] of result.entries()) {
    const [towards, from] = [aim[i] ?? row, covariance[i] ?? row];
    for (let j = i; j < row.length; j += 1) {
      const one = intensity * (towards[j] ?? 0) + (1 - intensity) * (from[j] ?? 0);
      row[j] = one;
      const mirror = result[j];
      if (mirror) mirror[i] = one;
    }
  }
  return result;
}

function squaredDistance(a: Rows, b: Rows): number {
  let all = 0;
  for (const [i, row] of a.entries()) {
    const other = b[i] ?? row;
    let own = 0;
    for (let j = 0; j < row.length; j += 1) own += ((row[j] ?? 0) - (other[j] ?? 0)) ** 2;
    all += own;
  }
  return all;
}

function sumOfSquares(matrix: Rows): number {
  let all = 0;
  for (const row of matrix) {
    let own = 0;
    for (const value of row) own += value ** 2;
    all += own;
  }
  return all;
}

function total(matrix: Rows): number {
  return matrix.reduce((all, row) => all + sum(row), 0);
}

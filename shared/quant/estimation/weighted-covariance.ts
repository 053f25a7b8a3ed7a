/** Covariance of recent periods before old ones, and of losses alone. Columns as in covariance.ts. */
import { power } from '#shared/kernel/power.ts';
import { at, buildSymmetric, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { hasGaps } from './covariance.ts';
import { crossProducts } from '#shared/quant/linear-algebra/cross-products.ts';

/** How fast a weight falls, in one of the words in use; each period back multiplies by the decay. */
export type Memory =
  | { readonly decay: number }
  | { readonly span: number }
  | { readonly halfLife: number }
  | { readonly centreOfMass: number };

/**
 * Decay of a span is 1 - 2/(span + 1), of a half-life 2^(-1/h), of a centre of mass c/(1 + c).
 * @internal exported for its tests
 */
export function decayOf(memory: Memory): number {
  if ('decay' in memory) return memory.decay;
  if ('span' in memory) return 1 - 2 / (memory.span + 1);
  if ('halfLife' in memory) return power(2, -1 / memory.halfLife);
  return memory.centreOfMass / (1 + memory.centreOfMass);
}

/** Weights of T periods, the last one 1; not normalised. */
function recencyWeights(periods: number, memory: Memory): Float64Array {
  const decay = decayOf(memory);
  return new Float64Array(periods).map((_, t) => power(decay, periods - 1 - t));
}

export interface RecencyOptions {
  /**
   * What returns are measured from: each column's plain mean (`mean`, default, as PyPortfolioOpt's
   * `exp_cov`), 0 (`zero`, as RiskMetrics and skfolio's `EWCovariance`), or its mean by the same
   * weights (`weighted-mean`, as pandas' `ewm().cov(bias=True)`).
   */
  readonly centre?: 'mean' | 'zero' | 'weighted-mean' | undefined;
}

/**
 * Exponentially weighted covariance per period: the weighted mean of the products over the periods in
 * which both securities have a return; a period keeps its weight where others miss it.
 */
export function recentCovariance(
  columns: readonly Float64Array[],
  memory: Memory,
  { centre = 'mean' }: RecencyOptions = {},
): Rows {
  const weights = recencyWeights(columns[0]?.length ?? 0, memory);
  const measured = columns.map((column) => {
    const from = centre === 'zero' ? 0 : weightedMean(column, centre === 'mean' ? [] : weights);
    return column.map((value) => value - from);
  });
  if (!columns.some(hasGaps)) {
    const total = weights.reduce((all, weight) => all + weight, 0);
    const scaled = measured.map((x) => x.map((value, t) => value * Math.sqrt(at(weights, t))));
    const products = crossProducts(scaled);
    return buildSymmetric(columns.length, (i, j) => at(products[i] ?? [], j) / total);
  }
  return buildSymmetric(columns.length, (i, j) =>
    weightedProduct(measured[i] ?? weights, measured[j] ?? weights, weights),
  );
}

/** Exponentially weighted mean of each column over the returns it has. */
export function recentMeans(columns: readonly Float64Array[], memory: Memory): Float64Array {
  const weights = recencyWeights(columns[0]?.length ?? 0, memory);
  return Float64Array.from(columns, (column) => weightedMean(column, weights));
}

/** Mean of the values there are; without weights (`[]`) the plain one. */
function weightedMean(column: Float64Array, weights: ArrayLike<number>): number {
  let [total, weight] = [0, 0];
  column.forEach((value, t) => {
    if (Number.isNaN(value)) return;
    const own = weights.length > 0 ? at(weights, t) : 1;
    total += own * value;
    weight += own;
  });
  return total / weight;
}

function weightedProduct(a: Float64Array, b: Float64Array, weights: Float64Array): number {
  let [total, weight] = [0, 0];
  for (let t = 0; t < a.length; t += 1) {
    const product = at(a, t) * at(b, t);
    if (Number.isNaN(product)) continue;
    total += product * at(weights, t);
    weight += at(weights, t);
  }
  return total / weight;
}

/** Daily return of 2 % a year: PyPortfolioOpt's benchmark of the semicovariance. */
export const SEMICOVARIANCE_BENCHMARK = 0.000079;

/**
 * Semicovariance per period: D'D/T with D = min(r - benchmark, 0) (Estrada, "Mean-semivariance
 * optimization: a heuristic approach", Journal of Applied Finance 18/1, 2008). A missing return is
 * no loss: 0, and counts among the T periods.
 */
export function semicovariance(
  columns: readonly Float64Array[],
  benchmark = SEMICOVARIANCE_BENCHMARK,
): Rows {
  const losses = columns.map((column) =>
    column.map((value) => (value < benchmark ? value - benchmark : 0)),
  );
  const periods = columns[0]?.length ?? 0;
  const products = crossProducts(losses);
  return buildSymmetric(columns.length, (i, j) => at(products[i] ?? [], j) / periods);
}

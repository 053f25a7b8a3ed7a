/** Weights by a rule of thumb, and what is done to weights afterwards. */
import { normalCumulative } from '#shared/quant/measures/distributions.ts';
import { correlationOf, deviations } from '#shared/quant/estimation/covariance.ts';
import {
  at,
  cell,
  diagonal,
  scaled,
  sum,
  times,
  type Rows,
} from '#shared/quant/linear-algebra/matrix.ts';
import { requireVariances } from '#shared/quant/estimation/positive-variances.ts';

export function equalWeights(size: number): Float64Array {
  return new Float64Array(size).fill(1 / size);
}

/** w_i proportional to 1/deviation_i. @throws Failure REFUSED zero-variance */
export function inverseVolatilityWeights(covariance: Rows): Float64Array {
  requireVariances(covariance, 'Inverse volatility');
  return normalised(deviations(covariance).map(inverse));
}

/** w_i proportional to 1/variance_i. @throws Failure REFUSED zero-variance */
export function inverseVarianceWeights(covariance: Rows): Float64Array {
  requireVariances(covariance, 'Inverse variance');
  return normalised(diagonal(covariance).map(inverse));
}

/**
 * Minimum correlation heuristic: correlations become 1 - N(z), securities are ranked by the mean of
 * theirs, ranks weigh the adjusted correlations, and the outcome is divided by the volatility (Varadi,
 * Kapler, Bee, Rittenhouse, "The minimum correlation algorithm", 2012). Two securities or one: inverse
 * volatility.
 * @throws Failure REFUSED zero-variance
 */
export function minimumCorrelationWeights(covariance: Rows): Float64Array {
  requireVariances(covariance, 'Minimum correlation');
  const n = covariance.length;
  if (n <= 2) return inverseVolatilityWeights(covariance);
  const rho = correlationOf(covariance);
  const pairs = rho.flatMap((row, i) => Array.from(row.subarray(i + 1)));
  const { mean, deviation } = spreadOf(pairs);
  const adjusted = rho.map((row, i) =>
    row.map((value, j) => (i === j ? 0 : 1 - normalCumulative((value - mean) / deviation))),
  );
  const means = adjusted.map((row) => sum(row) / (n - 1));
  const ranks = normalised(Float64Array.from(means, (value) => rankOf(value, means)));
  const raw = normalised(times(adjusted, ranks));
  const volatility = deviations(covariance);
  return normalised(raw.map((value, i) => value / at(volatility, i)));
}

/**
 * Proportional minimum variance heuristic: 1 - N(z) of each security's mean covariance, divided by its
 * variance (Varadi, Kapler, "Minimum variance algorithm", 2013).
 */
export function proportionalMinimumVarianceWeights(covariance: Rows): Float64Array {
  const means = covariance.map((row) => sum(row) / covariance.length);
  const { mean, deviation } = spreadOf(means);
  const raw = Float64Array.from(means, (value) => 1 - normalCumulative((value - mean) / deviation));
  return normalised(raw.map((value, i) => value / cell(covariance, i, i)));
}

/**
 * Weights above the limit are cut to it; the excess goes to those below in proportion to what they
 * have, again until none is above (ffn's `limit_weights`).
 *
 * @returns undefined when the limit is too low for all the weights together
 */
export function limitedWeights(weights: Float64Array, limit: number): Float64Array | undefined {
  if (limit * weights.length < sum(weights) - 1e-12) return undefined;
  let limited = weights;
  while (limited.some((weight) => weight > limit)) {
    const excess = sum(limited.map((weight) => Math.max(0, weight - limit)));
    const room = sum(limited.filter((weight) => weight < limit));
    limited = limited.map((weight) => {
      if (weight >= limit) return limit;
      return room > 0 ? weight + (weight / room) * excess : weight;
    });
  }
  return limited;
}

/** Weights smaller than the cutoff in size become 0, the others are rounded (PyPortfolioOpt). */
export function cleanedWeights(
  weights: Float64Array,
  { cutoff = 1e-4, digits = 5 }: { cutoff?: number; digits?: number | undefined } = {},
): Float64Array {
  const unit = 10 ** digits;
  return weights.map((weight) =>
    Math.abs(weight) < cutoff ? 0 : Math.round(weight * unit) / unit,
  );
}

export function normalised(values: Float64Array): Float64Array {
  return scaled(values, 1 / sum(values));
}

function inverse(value: number): number {
  return 1 / value;
}

/** 1 for the largest; equal values have the best of their ranks. */
function rankOf(value: number, among: readonly number[]): number {
  return 1 + among.filter((other) => other > value).length;
}

function spreadOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = sum(values) / values.length;
  const squares = values.reduce((all, value) => all + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

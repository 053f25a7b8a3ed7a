/**
 * Weights whose parts of the portfolio's risk are equal: w_i (Sw)_i is the same for all (Maillard,
 * Roncalli, Teiletche 2010). They are the normalised minimum of x'Sx/2 - sum of log(x_i)/n (Spinu,
 * "An algorithm for computing risk parity weights", 2013), found by cyclical coordinate descent
 * (Griveau-Billion, Richard, Roncalli, "A fast algorithm for computing high-dimensional risk parity
 * portfolios", 2013).
 */
import { at, dot, quadratic, sum, times, type Rows } from './matrix.ts';

const SWEEPS_MAX = 2_000;
const TOLERANCE = 1e-13;

export interface RiskParity {
  /** Positive, summing to 1. */
  readonly weights: Float64Array;
  /** Largest deviation of a share of the risk from 1/n. */
  readonly residual: number;
  readonly iterations: number;
}

/** @param covariance positive definite */
export function riskParity(covariance: Rows): RiskParity {
  const n = covariance.length;
  const x = Float64Array.from(covariance, (row, i) => 1 / Math.sqrt(at(row, i) * n));
  let iterations = 0;
  let residual = Infinity;
  while (iterations < SWEEPS_MAX && residual > TOLERANCE) {
    covariance.forEach((row, i) => {
      const own = at(row, i);
      const others = dot(row, x) - own * at(x, i);
      x[i] = (Math.sqrt(others ** 2 + (4 * own) / n) - others) / (2 * own);
    });
    iterations += 1;
    residual = unevenness(covariance, x);
  }
  const total = sum(x);
  return { weights: x.map((value) => value / total), residual, iterations };
}

/** Each security's share of the variance; they sum to 1. */
export function riskShares(covariance: Rows, weights: Float64Array): Float64Array {
  const variance = quadratic(covariance, weights);
  return times(covariance, weights).map((value, i) => (value * at(weights, i)) / variance);
}

function unevenness(covariance: Rows, x: Float64Array): number {
  const shares = riskShares(covariance, x);
  return shares.reduce((worst, share) => Math.max(worst, Math.abs(share - 1 / shares.length)), 0);
}

/**
 * Weights whose parts of the portfolio's risk are in given proportions: w_i (Sw)_i = b_i w'Sw, all
 * budgets alike for equal risk contributions (Maillard, Roncalli, Teiletche 2010; Bruder, Roncalli,
 * "Managing risk exposures using the risk budgeting approach", 2012). They are the normalised minimum
 * of x'Sx/2 - sum of b_i log(x_i) (Spinu, "An algorithm for computing risk parity weights", 2013),
 * found by cyclical coordinate descent (Griveau-Billion, Richard, Roncalli, "A fast algorithm for
 * computing high-dimensional risk parity portfolios", 2013).
 */
import { invalidRequest } from '#shared/kernel/failure.ts';
import { at, dot, quadratic, sum, times, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { requireVariances } from '#shared/quant/estimation/positive-variances.ts';

const SWEEPS_MAX = 2_000;
const TOLERANCE = 1e-13;

export interface RiskParity {
  /** Not negative, summing to 1; positive where the budget is. */
  readonly weights: Float64Array;
  /** Largest deviation of a share of the risk from its budget. */
  readonly residual: number;
  readonly iterations: number;
}

/**
 * @param covariance positive definite
 * @param budgets shares of the risk, not negative; scaled to a sum of 1; equal if none
 * @throws Failure REFUSED zero-variance; INVALID_REQUEST naming a budget (`budgetShares`)
 */
export function riskParity(covariance: Rows, budgets?: ArrayLike<number>): RiskParity {
  requireVariances(covariance, 'Risk parity');
  const shares = budgetShares(covariance.length, budgets);
  const x = initialWeights(covariance, shares);
  let iterations = 0;
  let residual = Infinity;
  while (iterations < SWEEPS_MAX && residual > TOLERANCE) {
    sweep(covariance, x, shares);
    iterations += 1;
    residual = dispersion(covariance, x, shares);
  }
  const total = sum(x);
  return { weights: x.map((value) => value / total), residual, iterations };
}

/** Each security's share of the variance; they sum to 1. */
export function riskShares(covariance: Rows, weights: Float64Array): Float64Array {
  const variance = quadratic(covariance, weights);
  return times(covariance, weights).map((value, i) => (value * at(weights, i)) / variance);
}

/** Each security's part of the volatility; they sum to it. */
export function riskContributions(covariance: Rows, weights: Float64Array): Float64Array {
  const volatility = Math.sqrt(quadratic(covariance, weights));
  return riskShares(covariance, weights).map((share) => share * volatility);
}

/**
 * The budgets with a sum of 1; equal ones where none are given.
 * @throws Failure INVALID_REQUEST for a budget that is negative or no number (with one,
 * x'Sx/2 - sum of b_i log(x_i) is not convex), for other than one a security, or for none above 0
 */
export function budgetShares(size: number, budgets?: ArrayLike<number>): Float64Array {
  const given = budgets ? Float64Array.from(budgets) : new Float64Array(size).fill(1);
  if (given.length !== size)
    throw invalidRequest({
      field: 'budgets',
      message: `needs ${size} values, has ${given.length}`,
    });
  given.forEach((budget, i) => {
    if (!(budget >= 0 && budget < Infinity))
      throw invalidRequest({
        field: `budgets[${i}]`,
        message: `${budget} is below 0 or no number`,
      });
  });
  const total = sum(given);
  if (size > 0 && total === 0)
    throw invalidRequest({ field: 'budgets', message: 'needs one above 0' });
  return given.map((budget) => budget / total);
}

/** The answer for securities that do not move together. */
export function initialWeights(covariance: Rows, shares: Float64Array): Float64Array {
  return Float64Array.from(covariance, (row, i) => Math.sqrt(at(shares, i) / at(row, i)));
}

/**
 * Sets each x_i in turn to the best for the others, within bounds if given: the minimum of
 * x'Sx/2 - weight x sum of b_i log(x_i).
 */
export function sweep(
  covariance: Rows,
  x: Float64Array,
  shares: Float64Array,
  weight = 1,
  bounds?: { readonly lower: ArrayLike<number>; readonly upper: ArrayLike<number> },
): void {
  covariance.forEach((row, i) => {
    const own = at(row, i);
    const others = dot(row, x) - own * at(x, i);
    const best = (Math.sqrt(others ** 2 + 4 * own * weight * at(shares, i)) - others) / (2 * own);
    x[i] = bounds ? Math.min(at(bounds.upper, i), Math.max(at(bounds.lower, i), best)) : best;
  });
}

function dispersion(covariance: Rows, x: Float64Array, budgets: Float64Array): number {
  const shares = riskShares(covariance, x);
  return shares.reduce((worst, share, i) => Math.max(worst, Math.abs(share - at(budgets, i))), 0);
}

/**
 * The portfolio with the most of a linear merit for its volatility, max m'w / sqrt(w'Sw): the most
 * diversified one where the merits are the volatilities (Choueifaty, Coignard, "Toward maximum
 * diversification", Journal of Portfolio Management 35/1, 2008).
 */
import { deviations } from '#shared/quant/estimation/covariance.ts';
import { at, dot, quadratic, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { mostSharpe } from './mean-variance.ts';
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { requireVariances } from '#shared/quant/estimation/positive-variances.ts';

export interface BestRatio {
  /** Not negative, summing to 1. */
  readonly weights: Float64Array;
  /** m'w / sqrt(w'Sw); for the volatilities, the diversification ratio. */
  readonly ratio: number;
  readonly kktResidual: number;
}

export interface WeightBounds {
  readonly lower?: ArrayLike<number> | undefined;
  readonly upper?: ArrayLike<number> | undefined;
}

/**
 * @returns undefined when no weights within the bounds sum to 1
 * @throws Failure REFUSED zero-variance
 */
export function mostDiversified(
  covariance: Rows,
  bounds: WeightBounds = {},
): BestRatio | undefined {
  requireVariances(covariance, 'Maximum diversification');
  return bestRatio(covariance, deviations(covariance), bounds);
}

/** w'deviations / sqrt(w'Sw): 1 for a single security, more the less they move together. */
export function diversificationRatio(covariance: Rows, weights: ArrayLike<number>): number {
  return dot(deviations(covariance), weights) / Math.sqrt(quadratic(covariance, weights));
}

/**
 * The best ratio of merits to volatility: `mostSharpe`, with merits in place of returns.
 *
 * @param merits some weights within the bounds have a positive one
 */
export function bestRatio(
  covariance: Rows,
  merits: Float64Array,
  { lower, upper }: WeightBounds = {},
): BestRatio | undefined {
  const n = covariance.length;
  const rows = Array.from({ length: n }, (_, i): LinearRow[] => [
    { coefficients: unit(n, i), relation: '>=', bound: lower ? at(lower, i) : 0 },
    ...(upper && at(upper, i) < 1
      ? [{ coefficients: unit(n, i), relation: '<=', bound: at(upper, i) } as const]
      : []),
  ]).flat();
  const best = mostSharpe({ expected: merits, covariance, variables: n, rows }, 1);
  return best && { weights: best.weights, ratio: -best.loss, kktResidual: best.kktResidual };
}

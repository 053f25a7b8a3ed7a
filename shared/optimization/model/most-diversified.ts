/**
 * The portfolio with the most of a linear merit for its volatility, max m'w / sqrt(w'Sw): the most
 * diversified one where the merits are the volatilities (Choueifaty, Coignard, "Toward maximum
 * diversification", Journal of Portfolio Management 35/1, 2008).
 */
import { deviations } from './covariance.ts';
import { at, dot, quadratic, scaled, sum, type Rows } from './matrix.ts';
import { solveQuadratic } from './quadratic.ts';
import type { LinearRow } from './quadratic-program.ts';

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

/** @returns undefined when no weights within the bounds sum to 1 */
export function mostDiversified(
  covariance: Rows,
  bounds: WeightBounds = {},
): BestRatio | undefined {
  return bestRatio(covariance, deviations(covariance), bounds);
}

/** w'deviations / sqrt(w'Sw): 1 for a single security, more the less they move together. */
export function diversificationRatio(covariance: Rows, weights: ArrayLike<number>): number {
  return dot(deviations(covariance), weights) / Math.sqrt(quadratic(covariance, weights));
}

/**
 * As a quadratic program in y, w = y / sum(y): minimise y'Sy where m'y = 1; a bound on w_i is one on
 * y_i's share of the sum (Cornuejols and Tutuncu, "Optimization methods in finance", 2007, section 8.2).
 *
 * @param merits some weights within the bounds have a positive one
 */
export function bestRatio(
  covariance: Rows,
  merits: Float64Array,
  { lower, upper }: WeightBounds = {},
): BestRatio | undefined {
  const n = covariance.length;
  const share = (i: number, bound: number): Float64Array =>
    new Float64Array(n).map((_, j) => (i === j ? 1 - bound : -bound));
  const rows = Array.from({ length: n }, (_, i): LinearRow[] => [
    {
      coefficients: share(i, lower ? at(lower, i) : 0),
      relation: '>=',
      bound: 0,
    },
    ...(upper && at(upper, i) < 1
      ? [{ coefficients: share(i, at(upper, i)), relation: '<=', bound: 0 } as const]
      : []),
  ]).flat();
  const answer = solveQuadratic({
    quadratic: covariance,
    linear: new Float64Array(n),
    rows: [{ coefficients: merits, relation: '=', bound: 1 }, ...rows],
  });
  if (!answer || sum(answer.x) <= 0) return undefined;
  const weights = scaled(answer.x, 1 / sum(answer.x));
  const ratio = dot(merits, weights) / Math.sqrt(quadratic(covariance, weights));
  return { weights, ratio, kktResidual: answer.kktResidual };
}

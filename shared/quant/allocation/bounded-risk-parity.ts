/**
 * Risk budgets within bounds on the weights. Two conventions are in use, and they differ wherever a
 * bound binds:
 * - `fixed`: the minimum of x'Sx/2 - lambda x sum of b_i log(x_i) within the bounds, with the lambda
 *   that makes it sum to 1 (Richard, Roncalli, "Constrained risk budgeting portfolios", 2019). The
 *   securities between their bounds keep their risks in the proportions of their budgets.
 * - `scaled`: the minimum of x'Sx/2 - sum of b_i log(x_i) where each bound is one on the share x_i of
 *   the sum of x, normalised afterwards (skfolio's `RiskBudgeting`).
 */
import {
  at,
  build,
  cell,
  dot,
  largest,
  plus,
  scaled,
  sum,
  times,
  type Rows,
} from '#shared/quant/linear-algebra/matrix.ts';
import { solveQuadratic } from '#shared/quant/solvers/quadratic.ts';
import type { LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { budgetShares, riskParity, riskShares, initialWeights, sweep } from './risk-parity.ts';
import type { RiskParity } from './risk-parity.ts';

export interface RiskBounds {
  /** Not negative. */
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
  readonly convention?: 'fixed' | 'scaled' | undefined;
}

const INNER_TOLERANCE = 1e-15;
const INNER_MAX = 5_000;

/** @returns undefined when no weights within the bounds sum to 1 with every budgeted one positive */
export function boundedRiskParity(
  covariance: Rows,
  bounds: RiskBounds,
  budgets?: ArrayLike<number>,
): RiskParity | undefined {
  const [least, most] = [sum(bounds.lower), sum(bounds.upper)];
  if (least > 1 + 1e-12 || most < 1 - 1e-12) return undefined;
  const free = riskParity(covariance, budgets);
  if (within(free.weights, bounds)) return free;
  const shares = budgetShares(covariance.length, budgets);
  if (bounds.convention === 'scaled') return scaledBounds(covariance, shares, bounds);
  return fixedBounds(covariance, shares, bounds);
}

function within(weights: Float64Array, { lower, upper }: RiskBounds): boolean {
  return weights.every((weight, i) => weight >= at(lower, i) && weight <= at(upper, i));
}

function fixedBounds(
  covariance: Rows,
  shares: Float64Array,
  bounds: RiskBounds,
): RiskParity | undefined {
  let iterations = 0;
  const x = initialWeights(covariance, shares);
  const sumAt = (lambda: number): number => {
    for (let round = 0; round < INNER_MAX; round += 1) {
      const before = x.slice();
      sweep(covariance, x, shares, lambda, bounds);
      iterations += 1;
      if (largest(plus(x, before, -1)) <= INNER_TOLERANCE) break;
    }
    return sum(x);
  };
  // The sum rises with lambda, between the sums of the bounds.
  let [low, high] = [1e-18, 1];
  while (sumAt(high) < 1 && high < 1e18) high *= 8;
  if (sumAt(low) > 1 + 1e-9) return undefined;
  while (high / low > 1 + 1e-15) {
    const middle = Math.sqrt(low * high);
    if (middle <= low || middle >= high) break;
    if (sumAt(middle) < 1) low = middle;
    else high = middle;
  }
  sumAt(high);
  return answerOf(covariance, x, shares, bounds, iterations);
}

const STEPS_MAX = 200;

/** Newton's method, each step a quadratic program within the bounds. */
function scaledBounds(
  covariance: Rows,
  shares: Float64Array,
  bounds: RiskBounds,
): RiskParity | undefined {
  const rows = coneRows(bounds, shares.length);
  const whole = solveQuadratic({
    quadratic: build(shares.length, (i, j) => (i === j ? 1 : 0)),
    linear: new Float64Array(shares.length).fill(-1 / shares.length),
    rows: [...rows, { coefficients: shares.map(() => 1), relation: '=', bound: 1 }],
  });
  if (!whole) return undefined;
  const objective = (x: Float64Array): number =>
    dot(x, times(covariance, x)) / 2 -
    x.reduce((all, value, i) => all + at(shares, i) * Math.log(value), 0);
  let x = scaled(whole.x, 1 / Math.sqrt(dot(whole.x, times(covariance, whole.x))));
  let iterations = 0;
  for (; iterations < STEPS_MAX; iterations += 1) {
    const here = x;
    const slope = times(covariance, here).map((value, i) => value - at(shares, i) / at(here, i));
    const curved = build(here.length, (i, j) => {
      const barrier = i === j ? at(shares, i) / at(here, i) ** 2 : 0;
      return cell(covariance, i, j) + barrier;
    });
    const linear = plus(slope, times(curved, here), -1);
    const step = solveQuadratic({ quadratic: curved, linear, rows });
    if (!step) return undefined;
    const move = plus(step.x, here, -1);
    let length = 1;
    const start = objective(here);
    const next = (): Float64Array => plus(here, move, length);
    while (length > 1e-12 && !(objective(next()) < start)) length /= 2;
    if (length <= 1e-12) break;
    x = next();
  }
  return answerOf(covariance, x, shares, bounds, iterations);
}

/** lower_i sum(x) <= x_i <= upper_i sum(x). */
function coneRows({ lower, upper }: RiskBounds, size: number): LinearRow[] {
  const row = (i: number, bound: number): Float64Array =>
    new Float64Array(size).map((_, j) => (i === j ? 1 - bound : -bound));
  return Array.from({ length: size }, (_, i): LinearRow[] => [
    { coefficients: row(i, at(lower, i)), relation: '>=', bound: 0 },
    ...(at(upper, i) < 1
      ? [{ coefficients: row(i, at(upper, i)), relation: '<=', bound: 0 } as const]
      : []),
  ]).flat();
}

/** The residual is over the securities between their bounds, among themselves. */
function answerOf(
  covariance: Rows,
  x: Float64Array,
  budgets: Float64Array,
  { lower, upper, convention }: RiskBounds,
  iterations: number,
): RiskParity {
  const weights = scaled(x, 1 / sum(x));
  const shares = riskShares(covariance, weights);
  const free = [...weights.keys()].filter(
    (i) => at(weights, i) > at(lower, i) + 1e-9 && at(weights, i) < at(upper, i) - 1e-9,
  );
  const [risk, budget] = [shares, budgets].map((of) => sum(free.map((i) => at(of, i))));
  const residual =
    convention === 'scaled'
      ? 0
      : free.reduce((worst, i) => {
          const gap = at(shares, i) / (risk ?? 1) - at(budgets, i) / (budget ?? 1);
          return Math.max(worst, Math.abs(gap));
        }, 0);
  return { weights, residual, iterations };
}

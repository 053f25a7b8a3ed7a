/** Portfolios on an efficient frontier given by its turning points, most return first. */
import type { CriticalLineProgram, TurningPoint } from './critical-line.ts';
import { at, dot, quadratic } from '#shared/quant/linear-algebra/matrix.ts';

/** The efficient portfolio between two neighbours; `share` 0 is the first. */
function between(a: TurningPoint, b: TurningPoint, share: number): Float64Array {
  return a.weights.map((value, i) => value + share * (at(b.weights, i) - value));
}

/** The efficient portfolio with this return; undefined outside what is efficient. */
export function frontierAtReturn(
  { expected }: CriticalLineProgram,
  points: readonly TurningPoint[],
  target: number,
): Float64Array | undefined {
  const slack = 1e-12 * Math.max(1, Math.abs(target));
  for (let k = 0; k < points.length; k += 1) {
    const [from, to] = [points[k], points[k + 1] ?? points[k]];
    if (!from || !to) return undefined;
    const [high, low] = [dot(expected, from.weights), dot(expected, to.weights)];
    if (target > high + slack) return undefined;
    if (target >= low - slack)
      return between(from, to, high > low ? Math.min(1, (high - target) / (high - low)) : 0);
  }
  return undefined;
}

/** The efficient portfolio with this volatility; undefined outside what is efficient. */
export function frontierAtVolatility(
  { covariance }: CriticalLineProgram,
  points: readonly TurningPoint[],
  target: number,
): Float64Array | undefined {
  const aim = target * target;
  for (let k = 0; k + 1 < points.length; k += 1) {
    const [from, to] = [points[k], points[k + 1]];
    if (!from || !to) return undefined;
    const high = quadratic(covariance, from.weights);
    if (aim > high * (1 + 1e-12)) return undefined;
    if (aim < quadratic(covariance, to.weights) * (1 - 1e-12)) continue;
    const step = to.weights.map((value, i) => value - at(from.weights, i));
    const curve = quadratic(covariance, step);
    const slope = covariance.reduce((all, row, i) => all + dot(row, step) * at(from.weights, i), 0);
    const root = Math.sqrt(Math.max(0, slope * slope - curve * (high - aim)));
    // Of the two, the root that loses no digits; the variance falls from the first point on.
    const share = (high - aim) / (-slope + root);
    return between(from, to, Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0);
  }
  return undefined;
}

/** The portfolio of the frontier with the best Sharpe ratio; undefined when none earns more than cash. */
export function frontierMaxSharpe(
  { expected, covariance, total }: CriticalLineProgram,
  points: readonly TurningPoint[],
  riskFree = 0,
): Float64Array | undefined {
  let best: Float64Array | undefined;
  let most = 0;
  const excess = (weights: Float64Array) => dot(expected, weights) - riskFree * total;
  points.forEach((from, k) => {
    const to = points[k + 1] ?? from;
    const step = to.weights.map((value, i) => value - at(from.weights, i));
    const gain = dot(expected, step);
    const variance = quadratic(covariance, from.weights);
    const slope = covariance.reduce((all, row, i) => all + dot(row, step) * at(from.weights, i), 0);
    const curve = quadratic(covariance, step);
    const share =
      (gain * variance - excess(from.weights) * slope) /
      (excess(from.weights) * curve - slope * gain);
    const weights = between(from, to, Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0);
    const ratio = excess(weights) / Math.sqrt(quadratic(covariance, weights));
    if (ratio > most) [best, most] = [weights, ratio];
  });
  return best;
}

/** Efficient portfolios at returns in equal steps, from the least variance to the most return. */
export function frontierPoints(
  program: CriticalLineProgram,
  points: readonly TurningPoint[],
  count: number,
): Float64Array[] {
  const [rich, safe] = [points[0], points[points.length - 1]];
  if (!rich || !safe) return [];
  const [high, low] = [dot(program.expected, rich.weights), dot(program.expected, safe.weights)];
  return Array.from({ length: count }, (_, k) => {
    if (k === 0) return safe.weights;
    if (k === count - 1) return rich.weights;
    const target = low + ((high - low) * k) / (count - 1);
    return frontierAtReturn(program, points, target) ?? safe.weights;
  });
}

/** The efficient portfolio argmin w'Sw/2 - lambda mu'w. */
export function frontierAtLambda(
  points: readonly TurningPoint[],
  lambda: number,
): Float64Array | undefined {
  const later = points.findIndex((point) => point.lambda <= lambda);
  const [from, to] = [points[later - 1], points[later]];
  if (!to) return undefined;
  if (!from || !Number.isFinite(from.lambda)) return to.weights;
  return between(from, to, (from.lambda - lambda) / (from.lambda - to.lambda));
}

/**
 * Hierarchical risk parity (Lopez de Prado, "Building diversified portfolios that outperform out of
 * sample", Journal of Portfolio Management 42/4, 2016): single linkage on the correlation distance
 * sqrt((1 - rho)/2), securities in the order of the tree, and recursive bisection in which the two
 * halves share by inverse variance.
 */
import { correlationOf } from '#shared/quant/estimation/covariance.ts';
import { optimalLeaves } from './leaf-ordering.ts';
import { joins, leavesOf, type Linkage } from './linkage.ts';
import { at, build, buildSymmetric, cell, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { requireVariances } from '#shared/quant/estimation/positive-variances.ts';

export type LeafOrder = 'depth-first' | 'optimal';

export interface HierarchicalOptions {
  readonly linkage?: Linkage | undefined;
  /**
   * `depth-first` (default): left child first, as the tree was joined; `optimal`: the sides of joins
   * turned so that neighbours are near (optimal leaf ordering).
   */
  readonly leafOrder?: LeafOrder | undefined;
  /** Distance between securities, where it is not the one of this covariance. */
  readonly distance?: Rows | undefined;
  /**
   * What halves share by, and securities within a half: the inverse of the `variance` (default) or
   * of the `deviation`.
   */
  readonly risk?: 'variance' | 'deviation' | undefined;
  /**
   * Bounds of each weight. A half gets no less than its lower bounds and no more than its upper ones
   * allow (Pfitzinger, Katzke, "A constrained hierarchical risk parity algorithm with cluster-based
   * capital allocation", 2019), the right half's bounds last.
   */
  readonly lower?: ArrayLike<number> | undefined;
  readonly upper?: ArrayLike<number> | undefined;
}

/**
 * @param covariance of positive variances
 * @returns weights, not negative, summing to 1 where the bounds allow
 * @throws Failure REFUSED zero-variance
 */
export function hierarchicalRiskParity(
  covariance: Rows,
  options: HierarchicalOptions = {},
): Float64Array {
  requireVariances(covariance, 'HRP');
  const distance = options.distance ?? correlationDistance(covariance);
  const order = leafOrder(distance, options.linkage, options.leafOrder);
  const inOrder = Int32Array.from(order);
  const sorted = build(order.length, (i, j) => cell(covariance, at(inOrder, i), at(inOrder, j)));
  const weights = new Float64Array(order.length).fill(order.length > 0 ? 1 : 0);
  const inverse = inverseRisks(sorted, options.risk ?? 'variance');
  bisect({ sorted, inverse, inOrder, options, weights }, 0, order.length);
  const answer = new Float64Array(order.length);
  order.forEach((security, k) => (answer[security] = at(weights, k)));
  return answer;
}

/** sqrt((1 - rho)/2), from 0 for what moves alike to 1 for opposites. */
export function correlationDistance(covariance: Rows, rho = correlationOf(covariance)): Rows {
  return buildSymmetric(rho.length, (i, j) => Math.sqrt(Math.max(0, (1 - cell(rho, i, j)) / 2)));
}

/** Order of the leaves in the tree of the linkage. */
export function leafOrder(
  distance: Rows,
  linkage: Linkage = 'single',
  order: LeafOrder = 'depth-first',
): readonly number[] {
  const tree = joins(distance, linkage);
  return order === 'optimal' ? optimalLeaves(distance, tree) : leavesOf(tree, distance.length);
}

/** Variance of securities held by inverse variance. */
export function clusterVariance(covariance: Rows, members: readonly number[]): number {
  const part = build(members.length, (i, j) =>
    cell(covariance, members[i] ?? -1, members[j] ?? -1),
  );
  return rangeVariance(part, inverseRisks(part, 'variance'), 0, members.length);
}

interface Bisection {
  /** The covariance in the order of the leaves. */
  readonly sorted: Rows;
  readonly inverse: Float64Array;
  readonly inOrder: Int32Array;
  readonly options: HierarchicalOptions;
  readonly weights: Float64Array;
}

function bisect(of: Bisection, from: number, to: number): void {
  if (to - from < 2) return;
  const middle = from + Math.floor((to - from) / 2);
  const [left, right] = [rangeRisk(of, from, middle), rangeRisk(of, middle, to)];
  const share = boundedShare(of, [from, middle, to], right / (left + right));
  for (let k = from; k < to; k += 1)
    of.weights[k] = at(of.weights, k) * (k < middle ? share : 1 - share);
  bisect(of, from, middle);
  bisect(of, middle, to);
}

function boundedShare(
  { options: { lower, upper }, inOrder, weights }: Bisection,
  [from, middle, to]: readonly [number, number, number],
  share: number,
): number {
  if (!lower && !upper) return share;
  const clamp = (proposed: number, start: number, end: number): number => {
    let [least, most] = [0, 0];
    for (let k = start; k < end; k += 1) {
      least += lower ? at(lower, at(inOrder, k)) : 0;
      most += upper ? at(upper, at(inOrder, k)) : 1;
    }
    const whole = at(weights, start);
    return Math.min(most / whole, Math.max(least / whole, proposed));
  };
  return 1 - clamp(1 - clamp(share, from, middle), middle, to);
}

function rangeRisk({ sorted, inverse, options }: Bisection, from: number, to: number): number {
  const variance = rangeVariance(sorted, inverse, from, to);
  return options.risk === 'deviation' ? Math.sqrt(variance) : variance;
}

function inverseRisks(covariance: Rows, risk: 'variance' | 'deviation'): Float64Array {
  return Float64Array.from(covariance, (row, i) =>
    risk === 'variance' ? 1 / at(row, i) : 1 / Math.sqrt(at(row, i)),
  );
}

/** w'Sw of the rows from `from` to before `to`, held in the proportion of `inverse`. */
function rangeVariance(sorted: Rows, inverse: Float64Array, from: number, to: number): number {
  let [variance, total] = [0, 0];
  for (let i = from; i < to; i += 1) {
    const row = sorted[i] ?? inverse;
    let withOthers = 0;
    for (let j = from; j < i; j += 1) withOthers += at(row, j) * at(inverse, j);
    const own = at(inverse, i);
    variance += own * (2 * withOthers + own * at(row, i));
    total += own;
  }
  return variance / total ** 2;
}

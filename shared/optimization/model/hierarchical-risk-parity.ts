/**
 * Hierarchical risk parity (Lopez de Prado, "Building diversified portfolios that outperform out of
 * sample", Journal of Portfolio Management 42/4, 2016): single linkage on the correlation distance
 * sqrt((1 - rho)/2), securities in the order of the tree, and recursive bisection in which the two
 * halves share by inverse variance.
 */
import { correlation } from './covariance.ts';
import { at, build, cell, diagonal, quadratic, submatrix, sum, type Rows } from './matrix.ts';

/**
 * @param covariance positive definite
 * @param distance between securities, where it is not the one of this covariance
 * @returns weights, positive, summing to 1
 */
export function hierarchicalRiskParity(
  covariance: Rows,
  distance = correlationDistance(covariance),
): Float64Array {
  const order = leafOrder(distance);
  const weights = new Float64Array(covariance.length).fill(1);
  bisect(covariance, order, weights);
  return weights;
}

export function correlationDistance(covariance: Rows): Rows {
  const rho = correlation(covariance);
  return build(rho.length, (i, j) => Math.sqrt(Math.max(0, (1 - cell(rho, i, j)) / 2)));
}

interface Cluster {
  /** Leaves count from 0, joined clusters on from there in the order of joining. */
  readonly number: number;
  readonly leaves: readonly number[];
}

/**
 * Order of the leaves in the tree of single linkage. Joins go by distance, then by the lower
 * numbers; of two joined clusters the one with the lower number stands first.
 */
export function leafOrder(distance: Rows): readonly number[] {
  let clusters: Cluster[] = distance.map((_, i) => ({ number: i, leaves: [i] }));
  const size = distance.length;
  const gaps = distance.map((row) => Array.from(row));
  for (let number = size; clusters.length > 1; number += 1) {
    const [first, second] = nearestPair(clusters, gaps);
    const joined = { number, leaves: [...first.leaves, ...second.leaves] };
    clusters = clusters.filter((cluster) => cluster !== first && cluster !== second);
    const row: number[] = [];
    for (const { number: other } of clusters) {
      const gap = Math.min(cell(gaps, first.number, other), cell(gaps, second.number, other));
      row[other] = gap;
      const mirror = gaps[other];
      if (mirror) mirror[number] = gap;
    }
    gaps[number] = row;
    clusters.push(joined);
  }
  return clusters[0]?.leaves ?? [];
}

function nearestPair(clusters: readonly Cluster[], gaps: readonly number[][]): [Cluster, Cluster] {
  let best: [Cluster, Cluster] | undefined;
  let least = Infinity;
  clusters.forEach((first, i) => {
    for (const second of clusters.slice(i + 1)) {
      const gap = cell(gaps, first.number, second.number);
      if (best && gap >= least) continue;
      best = [first, second];
      least = gap;
    }
  });
  const none: Cluster = { number: 0, leaves: [] };
  return best ?? [none, none];
}

function bisect(covariance: Rows, order: readonly number[], weights: Float64Array): void {
  if (order.length < 2) return;
  const half = Math.floor(order.length / 2);
  const [left, right] = [order.slice(0, half), order.slice(half)];
  const [risky, other] = [clusterVariance(covariance, left), clusterVariance(covariance, right)];
  const share = other / (risky + other);
  for (const i of left) weights[i] = at(weights, i) * share;
  for (const i of right) weights[i] = at(weights, i) * (1 - share);
  bisect(covariance, left, weights);
  bisect(covariance, right, weights);
}

/** Variance of a cluster that is held by inverse variance. */
function clusterVariance(covariance: Rows, members: readonly number[]): number {
  const part = submatrix(covariance, members);
  const inverse = diagonal(part).map((variance) => 1 / variance);
  const total = sum(inverse);
  return quadratic(
    part,
    inverse.map((value) => value / total),
  );
}

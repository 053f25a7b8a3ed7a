/**
 * Hierarchical clustering of a matrix of distances: who joins whom, and the order of the leaves.
 *
 * Single linkage is the minimum spanning tree (Prim), joined from its shortest edge (Gower, Ross,
 * "Minimum spanning trees and single linkage cluster analysis", 1969); complete, average, weighted and
 * Ward's go along chains of nearest neighbours (Murtagh 1983); centroid and median, whose distances
 * may fall again, always join the nearest pair. All but the last two take O(n^2). Distances of joined
 * clusters: Lance, Williams, "A general theory of classificatory sorting strategies", 1967.
 *
 * Ties and sides are those of scipy's `linkage`: joins of equal distance stay in the order found, and
 * of two joined clusters the one with the lower number stands first.
 */
import { at, cell, type Rows } from '#shared/quant/linear-algebra/matrix.ts';

export type Linkage =
  'single' | 'complete' | 'average' | 'weighted' | 'ward' | 'centroid' | 'median';

export interface Join {
  /** Leaves count from 0, joined clusters on from there in the order of joining; the lower first. */
  readonly first: number;
  readonly second: number;
  readonly distance: number;
  /** Leaves in it. */
  readonly size: number;
}

/** An edge between one leaf of each of two clusters. */
interface Edge {
  readonly from: number;
  readonly to: number;
  readonly distance: number;
}

/** @returns n - 1 joins, nearest first (but for centroid and median) */
export function joins(distance: Rows, linkage: Linkage = 'single'): readonly Join[] {
  if (distance.length < 2) return [];
  if (linkage === 'single') return numbered(spanningTree(distance));
  const merge = merges[linkage];
  if (linkage === 'centroid' || linkage === 'median') return nearestPairs(distance, merge);
  return numbered(nearestNeighbourChain(distance, merge));
}

/** Leaves from left to right in the tree of these joins. */
export function leavesOf(tree: readonly Join[], count: number): readonly number[] {
  const leaves: number[] = [];
  const open = [count > 0 ? count + tree.length - 1 : -1];
  for (let node = open.pop(); node !== undefined && node >= 0; node = open.pop()) {
    const join = tree[node - count];
    if (join) open.push(join.second, join.first);
    else leaves.push(node);
  }
  return leaves;
}

function spanningTree(distance: Rows): readonly Edge[] {
  const n = distance.length;
  const nearest = new Float64Array(n).fill(Infinity);
  const joined = new Uint8Array(n);
  const edges: Edge[] = [];
  let from = 0;
  while (edges.length < n - 1) {
    joined[from] = 1;
    const row = distance[from];
    let to = -1;
    for (let i = 0; i < n; i += 1) {
      if (joined[i]) continue;
      if (row && at(row, i) < at(nearest, i)) nearest[i] = at(row, i);
      if (to < 0 || at(nearest, i) < at(nearest, to)) to = i;
    }
    edges.push({ from, to, distance: at(nearest, to) });
    from = to;
  }
  return edges;
}

/** What a cluster of `sizes[2]` leaves is away from the join of two others. */
type Merge = (
  toFirst: number,
  toSecond: number,
  between: number,
  sizes: readonly [number, number, number],
) => number;

const merges: Record<Exclude<Linkage, 'single'>, Merge> = {
  complete: (toFirst, toSecond) => Math.max(toFirst, toSecond),
  average: (toFirst, toSecond, _between, [a, b]) => (a * toFirst + b * toSecond) / (a + b),
  weighted: (toFirst, toSecond) => (toFirst + toSecond) / 2,
  ward: (toFirst, toSecond, between, [a, b, c]) => {
    const squared = (a + c) * toFirst ** 2 + (b + c) * toSecond ** 2 - c * between ** 2;
    return Math.sqrt(Math.max(0, squared) / (a + b + c));
  },
  centroid: (toFirst, toSecond, between, [a, b]) => {
    const squared = a * toFirst ** 2 + b * toSecond ** 2 - (a * b * between ** 2) / (a + b);
    return Math.sqrt(Math.max(0, squared) / (a + b));
  },
  median: (toFirst, toSecond, between) =>
    Math.sqrt(Math.max(0, (toFirst ** 2 + toSecond ** 2) / 2 - between ** 2 / 4)),
};

interface Clusters {
  readonly gaps: readonly Float64Array[];
  /** Leaves of the cluster that is kept in this place; 0 where it went into another. */
  readonly sizes: Int32Array;
}

function clustersOf(distance: Rows): Clusters {
  return {
    gaps: distance.map((row) => row.slice()),
    sizes: new Int32Array(distance.length).fill(1),
  };
}

/** The joined cluster takes the higher of the two places. */
function joinInto({ gaps, sizes }: Clusters, gone: number, kept: number, merge: Merge): void {
  const between = cell(gaps, gone, kept);
  for (let i = 0; i < sizes.length; i += 1) {
    if (at(sizes, i) === 0 || i === gone || i === kept) continue;
    const counts = [at(sizes, gone), at(sizes, kept), at(sizes, i)] as const;
    const gap = merge(cell(gaps, gone, i), cell(gaps, kept, i), between, counts);
    const [row, mirror] = [gaps[kept], gaps[i]];
    if (row) row[i] = gap;
    if (mirror) mirror[kept] = gap;
  }
  sizes[kept] = at(sizes, kept) + at(sizes, gone);
  sizes[gone] = 0;
}

function nearestNeighbourChain(distance: Rows, merge: Merge): readonly Edge[] {
  const clusters = clustersOf(distance);
  const edges: Edge[] = [];
  const chain: number[] = [];
  while (edges.length < distance.length - 1) {
    if (chain.length === 0) chain.push(clusters.sizes.findIndex((size) => size > 0));
    const last = chain.at(-1) ?? 0;
    const previous = chain.at(-2);
    const next = nearestTo(clusters, last, previous);
    if (next !== previous) {
      chain.push(next);
      continue;
    }
    chain.length -= 2;
    const [from, to] = [Math.min(last, next), Math.max(last, next)];
    edges.push({ from, to, distance: cell(clusters.gaps, from, to) });
    joinInto(clusters, from, to, merge);
  }
  return edges;
}

/** The one before in the chain is preferred, so that equal distances cannot lead in a circle. */
function nearestTo({ gaps, sizes }: Clusters, of: number, preferred: number | undefined): number {
  let nearest = preferred ?? -1;
  let least = preferred === undefined ? Infinity : cell(gaps, of, preferred);
  const row = gaps[of] ?? [];
  for (let i = 0; i < sizes.length; i += 1) {
    if (i === of || at(sizes, i) === 0 || at(row, i) >= least) continue;
    nearest = i;
    least = at(row, i);
  }
  return nearest;
}

/** Joins edges from the shortest, equal ones in their order, and gives clusters their numbers. */
function numbered(edges: readonly Edge[]): readonly Join[] {
  const count = edges.length + 1;
  const parents = Int32Array.from({ length: 2 * count - 1 }, (_, i) => i);
  const sizes = new Int32Array(2 * count - 1).fill(1);
  const rootOf = (leaf: number): number => {
    let root = leaf;
    while (at(parents, root) !== root) root = at(parents, root);
    for (let i = leaf; i !== root;) {
      const next = at(parents, i);
      parents[i] = root;
      i = next;
    }
    return root;
  };
  const rising = [...edges].sort((a, b) => a.distance - b.distance);
  return rising.map(({ from, to, distance }, k) => {
    const [a, b] = [rootOf(from), rootOf(to)];
    const size = at(sizes, a) + at(sizes, b);
    [parents[a], parents[b], sizes[count + k]] = [count + k, count + k, size];
    return { first: Math.min(a, b), second: Math.max(a, b), distance, size };
  });
}

function nearestPairs(distance: Rows, merge: Merge): readonly Join[] {
  const clusters = clustersOf(distance);
  const count = distance.length;
  const numbers = Int32Array.from(distance, (_, i) => i);
  return Array.from({ length: count - 1 }, (_, k) => {
    const [from, to] = nearestPair(clusters);
    const [a, b] = [at(numbers, from), at(numbers, to)];
    const gap = cell(clusters.gaps, from, to);
    joinInto(clusters, from, to, merge);
    numbers[to] = count + k;
    const size = at(clusters.sizes, to);
    return { first: Math.min(a, b), second: Math.max(a, b), distance: gap, size };
  });
}

function nearestPair({ gaps, sizes }: Clusters): readonly [number, number] {
  let best: readonly [number, number] = [0, 1];
  let least = Infinity;
  for (let i = 0; i < sizes.length; i += 1)
    for (let j = i + 1; j < sizes.length; j += 1) {
      if (at(sizes, i) === 0 || at(sizes, j) === 0 || cell(gaps, i, j) >= least) continue;
      best = [i, j];
      least = cell(gaps, i, j);
    }
  return best;
}

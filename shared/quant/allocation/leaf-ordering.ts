/**
 * Order of the leaves of a tree in which neighbours are near to each other (optimal leaf ordering:
 * Bar-Joseph, Gifford, Jaakkola, "Fast optimal leaf ordering for hierarchical clustering",
 * Bioinformatics 17, 2001), by the convention of scipy's `optimal_leaf_ordering` that published
 * weights follow: each join turns its two sides so that its own leaves have the least sum of distances
 * between neighbours, whatever the joins above do later. The whole order is therefore near to the
 * least sum, not always at it. Takes O(n^3) for balanced trees and O(n^4) at worst.
 */
import type { Join } from './linkage.ts';
import { cell, type Rows } from '#shared/quant/linear-algebra/matrix.ts';

/** A leaf, or a join of two branches. */
interface Branch {
  /** In the order of the tree as it was joined. */
  readonly leaves: readonly number[];
  readonly sides?: readonly [Branch, Branch];
  /** Whether it shows its leaves in reverse; the join above decides. */
  turned: boolean;
}

/**
 * @param distance symmetric, between the leaves
 * @param tree joins of these leaves, as `joins` returns them
 * @returns leaves from left to right
 */
export function optimalLeaves(distance: Rows, tree: readonly Join[]): readonly number[] {
  const count = distance.length;
  const least = new Float64Array(count * count);
  const branches: Branch[] = distance.map((_, leaf) => ({ leaves: [leaf], turned: false }));
  for (const { first, second } of tree) {
    const [left, right] = [branches[first], branches[second]] as [Branch, Branch];
    joinSums(distance, least, left, right);
    const [from, to] = bestEnds(least, count, left, right);
    left.turned = left.sides?.[1].leaves.includes(from) ?? false;
    right.turned = right.sides?.[0].leaves.includes(to) ?? false;
    const leaves = [...left.leaves, ...right.leaves];
    branches.push({ leaves, sides: [left, right], turned: false });
  }
  const root = branches.at(-1);
  return root ? inOrder(root) : [];
}

/** A branch that is turned shows all of its leaves in reverse. */
function inOrder({ leaves, sides, turned }: Branch, above = false): readonly number[] {
  if (!sides) return leaves;
  const mirrored = turned !== above;
  const [left, right] = mirrored ? [sides[1], sides[0]] : sides;
  return [...inOrder(left, mirrored), ...inOrder(right, mirrored)];
}

/** Leaves of a branch that can stand at its far end when `outer` stands at the other. */
function facing({ leaves, sides }: Branch, outer: number): readonly number[] {
  if (!sides) return leaves;
  const [left, right] = sides;
  return left.leaves.includes(outer) ? right.leaves : left.leaves;
}

/** least[u, w] = min over m, k of least[u, m] + distance[m, k] + least[k, w]. */
function joinSums(distance: Rows, least: Float64Array, left: Branch, right: Branch): void {
  const count = distance.length;
  const toRight = new Float64Array(count);
  for (const u of left.leaves) {
    const inner = facing(left, u);
    for (const k of right.leaves) {
      let best = Infinity;
      for (const m of inner)
        best = Math.min(best, (least[u * count + m] ?? 0) + cell(distance, m, k));
      toRight[k] = best;
    }
    for (const w of right.leaves) {
      let best = Infinity;
      for (const k of facing(right, w))
        best = Math.min(best, (toRight[k] ?? 0) + (least[k * count + w] ?? 0));
      least[u * count + w] = best;
      least[w * count + u] = best;
    }
  }
}

function bestEnds(
  least: Float64Array,
  count: number,
  left: Branch,
  right: Branch,
): readonly [number, number] {
  let best: readonly [number, number] = [-1, -1];
  let sum = Infinity;
  for (const u of left.leaves)
    for (const w of right.leaves) {
      const own = least[u * count + w] ?? Infinity;
      if (own >= sum) continue;
      sum = own;
      best = [u, w];
    }
  return best;
}

/**
 * The order of a tree's leaves in which neighbours are nearest: the sum of the distances of adjacent
 * leaves is the least of all orders the tree allows (Bar-Joseph, Gifford, Jaakkola, "Fast optimal leaf
 * ordering for hierarchical clustering", Bioinformatics 17, 2001).
 */
import type { Join } from './linkage.ts';
import { at, cell, emptyRows, type Rows } from './matrix.ts';

interface Branch {
  readonly leaves: readonly number[];
  readonly left?: Branch;
  readonly right?: Branch;
}

/** For two leaves at the ends of the least node that holds both. */
interface Tables {
  /** Least sum of distances between neighbours with these two at the ends. */
  readonly least: Rows;
  /** Leaf of the half of the row's leaf that touches the other half. */
  readonly inner: Rows;
}

export function orderedLeaves(tree: readonly Join[], distance: Rows): readonly number[] {
  const nodes: Branch[] = distance.map((_, i) => ({ leaves: [i] }));
  const tables: Tables = { least: emptyRows(distance.length), inner: emptyRows(distance.length) };
  for (const { first, second } of tree) {
    const [left, right] = [nodes[first], nodes[second]];
    if (!left || !right) continue;
    nodes.push({ leaves: [...left.leaves, ...right.leaves], left, right });
    fill(left, right, distance, tables);
  }
  const root = nodes.at(-1);
  if (!root) return [];
  if (!root.left || !root.right) return root.leaves;
  let best = { value: Infinity, from: 0, to: 0 };
  for (const from of root.left.leaves)
    for (const to of root.right.leaves) {
      const value = cell(tables.least, from, to);
      if (value < best.value) best = { value, from, to };
    }
  return unfolded(root, best.from, best.to, tables);
}

/** Leaves that can stand at the other end when `end` stands at one. */
function partners(node: Branch, end: number): readonly number[] {
  if (!node.left || !node.right) return node.leaves;
  return node.left.leaves.includes(end) ? node.right.leaves : node.left.leaves;
}

function fill(left: Branch, right: Branch, distance: Rows, { least, inner }: Tables): void {
  // For each end on the left, and each leaf on the right that may touch: the best way to it.
  for (const from of left.leaves) {
    const touching = partners(left, from);
    const toRight = new Map(
      right.leaves.map((touch) => {
        let best = { value: Infinity, by: from };
        for (const by of touching) {
          const value = cell(least, from, by) + cell(distance, by, touch);
          if (value < best.value) best = { value, by };
        }
        return [touch, best] as const;
      }),
    );
    for (const to of right.leaves) {
      let best = { value: Infinity, by: from, touch: to };
      for (const touch of partners(right, to)) {
        const way = toRight.get(touch);
        const value = (way?.value ?? Infinity) + cell(least, touch, to);
        if (value < best.value) best = { value, by: way?.by ?? from, touch };
      }
      set(least, from, to, [best.value, best.value]);
      set(inner, from, to, [best.by, best.touch]);
    }
  }
}

function set(
  table: Rows,
  row: number,
  column: number,
  [value, mirror]: readonly [number, number],
): void {
  const [there, back] = [table[row], table[column]];
  if (there) there[column] = value;
  if (back) back[row] = mirror;
}

/** Leaves of the node with `from` first and `to` last. */
function unfolded(node: Branch, from: number, to: number, tables: Tables): readonly number[] {
  if (!node.left || !node.right) return node.leaves;
  const [near, far] = node.left.leaves.includes(from)
    ? [node.left, node.right]
    : [node.right, node.left];
  return [
    ...unfolded(near, from, at(tables.inner[from] ?? [], to), tables),
    ...unfolded(far, at(tables.inner[to] ?? [], from), to, tables),
  ];
}

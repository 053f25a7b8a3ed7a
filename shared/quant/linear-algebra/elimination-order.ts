/**
 * An order of elimination that keeps a factorisation sparse: minimum degree on a quotient graph, with
 * the approximate degrees of Amestoy, Davis and Duff, "An approximate minimum degree ordering
 * algorithm", SIAM Journal on Matrix Analysis and Applications 17/4 (1996).
 */
import { at } from './matrix.ts';
import type { Sparse } from './sparse.ts';

interface Graph {
  /** Neighbours of a variable that no element covers. */
  readonly variables: (readonly number[])[];
  /** Elements (eliminated pivots) a variable belongs to. */
  readonly elements: (readonly number[])[];
  /** Variables of each element. */
  readonly members: (readonly number[] | undefined)[];
  readonly degree: Int32Array;
  readonly eliminated: Uint8Array;
}

/** @param matrix symmetric; either triangle, or both */
export function eliminationOrder(matrix: Sparse): Int32Array {
  const graph = graphOf(matrix);
  const order = new Int32Array(matrix.columns);
  const queue = new Buckets(graph.degree);
  const mark = new Int32Array(matrix.columns).fill(-1);
  for (let k = 0; k < order.length; k += 1) {
    const pivot = queue.next(graph.eliminated, graph.degree);
    order[k] = pivot;
    graph.eliminated[pivot] = 1;
    for (const i of eliminate(graph, pivot, mark, k)) queue.push(i, at(graph.degree, i));
  }
  return order;
}

/** Variables by degree; entries whose degree has changed since are passed over. */
class Buckets {
  private readonly buckets: number[][] = [];
  private least = 0;

  constructor(degree: Int32Array) {
    degree.forEach((d, i) => this.push(i, d));
  }

  push(variable: number, degree: number): void {
    (this.buckets[degree] ??= []).push(variable);
    this.least = Math.min(this.least, degree);
  }

  next(eliminated: Uint8Array, degree: Int32Array): number {
    for (; this.least < this.buckets.length; this.least += 1) {
      const bucket = this.buckets[this.least] ?? [];
      for (let i = bucket.pop(); i !== undefined; i = bucket.pop())
        if (eliminated[i] === 0 && degree[i] === this.least) return i;
    }
    return -1;
  }
}

function graphOf({ columns, start, row }: Sparse): Graph {
  const neighbours = Array.from({ length: columns }, () => new Set<number>());
  for (let j = 0; j < columns; j += 1)
    for (let k = at(start, j); k < at(start, j + 1); k += 1) {
      const i = at(row, k);
      if (i === j) continue;
      neighbours[i]?.add(j);
      neighbours[j]?.add(i);
    }
  return {
    variables: neighbours.map((set) => [...set]),
    elements: neighbours.map(() => []),
    members: neighbours.map(() => undefined),
    degree: Int32Array.from(neighbours, (set) => set.size),
    eliminated: new Uint8Array(columns),
  };
}

/** Turns the pivot into an element. @returns its variables, whose degrees are new */
function eliminate(graph: Graph, pivot: number, mark: Int32Array, stamp: number): number[] {
  const { variables, elements, members, eliminated } = graph;
  const front: number[] = [];
  mark[pivot] = stamp;
  const take = (list: readonly number[] | undefined): void => {
    for (const i of list ?? [])
      if (eliminated[i] === 0 && mark[i] !== stamp) {
        mark[i] = stamp;
        front.push(i);
      }
  };
  take(variables[pivot]);
  const absorbed = elements[pivot] ?? [];
  for (const e of absorbed) {
    take(members[e]);
    members[e] = undefined;
  }
  members[pivot] = front;
  const outside = sizesOutside(graph, front);
  for (const i of front) {
    const kept = (elements[i] ?? []).filter((e) => members[e] && at2(outside, e) > 0);
    const beside = (variables[i] ?? []).filter((j) => eliminated[j] === 0 && mark[j] !== stamp);
    elements[i] = [...kept, pivot];
    variables[i] = beside;
    let degree = beside.length + front.length - 1;
    for (const e of kept) degree += at2(outside, e);
    graph.degree[i] = degree;
  }
  return front;
}

/** For each element that touches the front, how many of its variables are not in it. */
function sizesOutside({ elements, members, eliminated }: Graph, front: readonly number[]) {
  const outside = new Map<number, number>();
  for (const i of front)
    for (const e of elements[i] ?? []) {
      const all = members[e];
      if (!all) continue;
      const known = outside.get(e);
      outside.set(
        e,
        (known ?? all.reduce((count, j) => count + (eliminated[j] === 0 ? 1 : 0), 0)) - 1,
      );
    }
  return outside;
}

function at2(map: ReadonlyMap<number, number>, key: number): number {
  return map.get(key) ?? 0;
}

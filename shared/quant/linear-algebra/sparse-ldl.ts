/**
 * LDL' of a sparse symmetric quasidefinite matrix: every order of elimination works, so the order is
 * chosen once for sparsity (Vanderbei, "Symmetric quasidefinite matrices", SIAM Journal on
 * Optimization 5/1, 1995). Rows of L are found one by one along the elimination tree (Davis, "Direct
 * methods for sparse linear systems", 2006, chapter 4).
 */
import { eliminationOrder } from './elimination-order.ts';
import { at } from './matrix.ts';
import type { Sparse } from './sparse.ts';

/** A pivot that rounding has made this small, or of the wrong sign, takes the smallest size allowed. */
const PIVOT_SMALLEST = 1e-13;
const PIVOT_INSTEAD = 2e-7;

interface Pattern {
  /** `position[i]` is the place of variable i in the order of elimination. */
  readonly order: Int32Array;
  readonly position: Int32Array;
  readonly parent: Int32Array;
  /** The upper triangle, reordered; `source` is the entry's number in the given matrix. */
  readonly start: Int32Array;
  readonly row: Int32Array;
  readonly source: Int32Array;
  readonly columnStart: Int32Array;
}

/** Factorisations of matrices of one pattern. */
export class SparseLdl {
  private readonly pattern: Pattern;
  private readonly lowerRow: Int32Array;
  private readonly lowerValue: Float64Array;
  private readonly pivots: Float64Array;
  /** Place in the order of elimination -> sign of its pivot. */
  private readonly signs: Int8Array;

  /**
   * @param matrix its upper triangle at least; entries below the diagonal are not read
   * @param positive whether the pivot of each variable is positive; the others' are negative
   */
  constructor(matrix: Sparse, positive: (variable: number) => boolean) {
    this.pattern = patternOf(matrix);
    const { columnStart, order } = this.pattern;
    const entries = at(columnStart, matrix.columns);
    this.lowerRow = new Int32Array(entries);
    this.lowerValue = new Float64Array(entries);
    this.pivots = new Float64Array(matrix.columns);
    this.signs = Int8Array.from(order, (variable) => (positive(variable) ? 1 : -1));
  }

  /** @param values of the matrix given to the constructor, in its order of entries */
  factor(values: Float64Array): void {
    const { start, row, source, parent, columnStart } = this.pattern;
    const { lowerRow, lowerValue, pivots } = this;
    const n = pivots.length;
    const next = columnStart.slice(0, n);
    const work = new Float64Array(n);
    const mark = new Int32Array(n).fill(-1);
    const reach = new Int32Array(n);
    const path = new Int32Array(n);
    for (let k = 0; k < n; k += 1) {
      mark[k] = k;
      let top = n;
      let pivot = 0;
      for (let p = at(start, k); p < at(start, k + 1); p += 1) {
        const value = at(values, at(source, p));
        const i = at(row, p);
        if (i === k) {
          pivot += value;
          continue;
        }
        work[i] = at(work, i) + value;
        let length = 0;
        for (let j = i; at(mark, j) !== k; j = at(parent, j)) {
          path[length] = j;
          length += 1;
          mark[j] = k;
        }
        while (length > 0) {
          length -= 1;
          top -= 1;
          reach[top] = at(path, length);
        }
      }
      for (; top < n; top += 1) {
        const j = at(reach, top);
        const value = at(work, j);
        work[j] = 0;
        const end = at(next, j);
        for (let p = at(columnStart, j); p < end; p += 1) {
          const i = at(lowerRow, p);
          work[i] = at(work, i) - at(lowerValue, p) * value;
        }
        const entry = value / at(pivots, j);
        pivot -= entry * value;
        lowerRow[end] = k;
        lowerValue[end] = entry;
        next[j] = end + 1;
      }
      const sign = at(this.signs, k);
      pivots[k] = pivot * sign > PIVOT_SMALLEST ? pivot : sign * PIVOT_INSTEAD;
    }
  }

  solve(right: Float64Array): Float64Array {
    const { order, columnStart } = this.pattern;
    const { lowerRow, lowerValue, pivots } = this;
    const n = pivots.length;
    const x = Float64Array.from(order, (variable) => at(right, variable));
    for (let j = 0; j < n; j += 1) {
      const value = at(x, j);
      if (value === 0) continue;
      for (let p = at(columnStart, j); p < at(columnStart, j + 1); p += 1) {
        const i = at(lowerRow, p);
        x[i] = at(x, i) - at(lowerValue, p) * value;
      }
    }
    for (let j = n - 1; j >= 0; j -= 1) {
      let value = at(x, j) / at(pivots, j);
      for (let p = at(columnStart, j); p < at(columnStart, j + 1); p += 1)
        value -= at(lowerValue, p) * at(x, at(lowerRow, p));
      x[j] = value;
    }
    const answer = new Float64Array(n);
    order.forEach((variable, k) => (answer[variable] = at(x, k)));
    return answer;
  }
}

function patternOf(matrix: Sparse): Pattern {
  const n = matrix.columns;
  const order = eliminationOrder(matrix);
  const position = new Int32Array(n);
  order.forEach((variable, k) => (position[variable] = k));
  const upper = reordered(matrix, position);
  const { parent, counts } = treeOf(n, upper.start, upper.row);
  const columnStart = new Int32Array(n + 1);
  for (let k = 0; k < n; k += 1) columnStart[k + 1] = at(columnStart, k) + at(counts, k);
  return { order, position, parent, ...upper, columnStart };
}

function reordered({ columns, start, row }: Sparse, position: Int32Array) {
  const places: { readonly i: number; readonly j: number; readonly source: number }[] = [];
  for (let c = 0; c < columns; c += 1)
    for (let k = at(start, c); k < at(start, c + 1); k += 1) {
      const r = at(row, k);
      if (r > c) continue;
      const [a, b] = [at(position, r), at(position, c)];
      places.push({ i: Math.min(a, b), j: Math.max(a, b), source: k });
    }
  const begin = new Int32Array(columns + 1);
  for (const { j } of places) begin[j + 1] = at(begin, j + 1) + 1;
  for (let j = 0; j < columns; j += 1) begin[j + 1] = at(begin, j + 1) + at(begin, j);
  const next = begin.slice();
  const rows = new Int32Array(places.length);
  const source = new Int32Array(places.length);
  for (const place of places) {
    const k = at(next, place.j);
    rows[k] = place.i;
    source[k] = place.source;
    next[place.j] = k + 1;
  }
  return { start: begin, row: rows, source };
}

/** Elimination tree, and how many entries each column of L has below the diagonal. */
function treeOf(n: number, start: Int32Array, row: Int32Array) {
  const parent = new Int32Array(n).fill(-1);
  const counts = new Int32Array(n);
  const mark = new Int32Array(n).fill(-1);
  for (let k = 0; k < n; k += 1) {
    mark[k] = k;
    for (let p = at(start, k); p < at(start, k + 1); p += 1)
      for (let i = at(row, p); at(mark, i) !== k; i = at(parent, i)) {
        if (at(parent, i) === -1) parent[i] = k;
        counts[i] = at(counts, i) + 1;
        mark[i] = k;
      }
  }
  return { parent, counts };
}

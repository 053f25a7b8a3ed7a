/**
 * Cholesky's factors of dense symmetric matrices, in one piece of memory. Four rows are worked on at
 * once, so that four sums grow side by side; each adds the same numbers in the same order as alone.
 */
import { at, type Rows } from './matrix.ts';

/** A pivot this small beside its own diagonal is rounding. */
const PIVOT_RATIO = 1e-12;
const BLOCK = 4;

/**
 * Lower factor in place of the lower triangle, row by row.
 * @param pivotRatio a pivot must be above this share of its own diagonal
 * @returns whether the matrix is positive definite
 */
export function cholesky(a: Float64Array, n: number, pivotRatio = PIVOT_RATIO): boolean {
  for (let from = 0; from < n; from += BLOCK) {
    const to = Math.min(from + BLOCK, n);
    if (to - from === BLOCK) for (let j = 0; j < from; j += 1) eliminateFour(a, n, from, j);
    for (let i = from; i < to; i += 1) {
      const done = to - from === BLOCK ? from : 0;
      if (!finishRow(a, n, i, done, pivotRatio)) return false;
    }
  }
  return true;
}

/** Column j of rows `from` to `from + 3`. */
function eliminateFour(a: Float64Array, n: number, from: number, j: number): void {
  const row = j * n;
  const [p, q, r, s] = [from * n, (from + 1) * n, (from + 2) * n, (from + 3) * n];
  let first = a[p + j] ?? 0;
  let second = a[q + j] ?? 0;
  let third = a[r + j] ?? 0;
  let fourth = a[s + j] ?? 0;
  for (let k = 0; k < j; k += 1) {
    const own = a[row + k] ?? 0;
    first -= (a[p + k] ?? 0) * own;
    second -= (a[q + k] ?? 0) * own;
    third -= (a[r + k] ?? 0) * own;
    fourth -= (a[s + k] ?? 0) * own;
  }
  const pivot = a[row + j] ?? 0;
  a[p + j] = first / pivot;
  a[q + j] = second / pivot;
  a[r + j] = third / pivot;
  a[s + j] = fourth / pivot;
}

/** The columns of row i from `done` on. @returns whether its pivot is positive */
function finishRow(
  a: Float64Array,
  n: number,
  i: number,
  done: number,
  pivotRatio: number,
): boolean {
  const row = i * n;
  const own = a[row + i] ?? 0;
  for (let j = done; j <= i; j += 1) {
    const other = j * n;
    let value = a[row + j] ?? 0;
    for (let k = 0; k < j; k += 1) value -= (a[row + k] ?? 0) * (a[other + k] ?? 0);
    if (j < i) a[row + j] = value / (a[other + j] ?? 0);
    else if (value > pivotRatio * own) a[row + i] = Math.sqrt(value);
    else return false;
  }
  return true;
}

/** Solves L L' x = b in place of b. */
export function substitute(factor: Float64Array, b: Float64Array): void {
  const n = b.length;
  for (let i = 0; i < n; i += 1) {
    let value = at(b, i);
    for (let k = 0; k < i; k += 1) value -= (factor[i * n + k] ?? 0) * (b[k] ?? 0);
    b[i] = value / at(factor, i * n + i);
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    const value = at(b, i) / at(factor, i * n + i);
    b[i] = value;
    for (let k = 0; k < i; k += 1) b[k] = (b[k] ?? 0) - (factor[i * n + k] ?? 0) * value;
  }
}

/** Whether all eigenvalues are certainly above a floor; false also where rounding leaves it open. */
export function isDefiniteAbove(matrix: Rows, floor: number): boolean {
  return cholesky(shifted(matrix, -floor), matrix.length);
}

/** Whether the matrix with `ridge` on its diagonal has factors at all, every pivot above 0. */
export function isPositiveDefinite(matrix: Rows, ridge = 0): boolean {
  return cholesky(shifted(matrix, ridge), matrix.length, 0);
}

/** A copy in one piece, with `shift` added to the diagonal. */
function shifted(matrix: Rows, shift: number): Float64Array {
  const n = matrix.length;
  const copy = new Float64Array(n * n);
  matrix.forEach((row, i) => {
    copy.set(row, i * n);
    copy[i * n + i] = at(row, i) + shift;
  });
  return copy;
}

/**
 * Cholesky's factors of dense symmetric matrices, in one piece of memory. Four rows are worked on at
 * once, so that four sums grow side by side; each adds the same numbers in the same order as alone,
 * with SIMD and without.
 */
import { at, type Rows } from './matrix.ts';
import { DOUBLE_BYTES, PANEL, withKernels } from './simd.ts';

/** A pivot this small beside its own diagonal is rounding. */
const PIVOT_RATIO = 1e-12;
const BLOCK = 4;
/** Smaller matrices are done before they are copied and the kernels are compiled with care. */
const SIMD_SIZE_MIN = 64;

/**
 * Lower factor in place of the lower triangle, row by row.
 * @param pivotRatio a pivot must be above this share of its own diagonal
 * @returns whether the matrix is positive definite
 */
export function cholesky(a: Float64Array, n: number, pivotRatio = PIVOT_RATIO): boolean {
  const done = n < SIMD_SIZE_MIN ? undefined : simdCholesky(a, n, pivotRatio);
  return done ?? plainCholesky(a, n, pivotRatio);
}

function simdCholesky(a: Float64Array, n: number, pivotRatio: number): boolean | undefined {
  const panels = Math.ceil(n / PANEL);
  const size = panels * PANEL;
  const whole = size * size;
  return withKernels(whole + size, ({ factor, doubles }) => {
    interleave(a, n, doubles, size);
    for (let i = 0; i < size; i += 1)
      doubles[whole + i] = i < n ? pivotRatio * at(a, i * n + i) : 0;
    const bytes = PANEL * size * DOUBLE_BYTES;
    if (factor(0, bytes, panels * bytes, whole * DOUBLE_BYTES) === 0) return false;
    separate(doubles, size, a, n);
    return true;
  });
}

/** Four rows at a time, entry by entry; rows beyond the matrix are those of the identity. */
function interleave(a: Float64Array, n: number, panels: Float64Array, size: number): void {
  for (let i = 0; i < size; i += 1) {
    let k = (i - (i % PANEL)) * size + (i % PANEL);
    for (let j = 0; j <= i; j += 1) {
      panels[k] = i < n ? (a[i * n + j] ?? 0) : i === j ? 1 : 0;
      k += PANEL;
    }
  }
}

function separate(panels: Float64Array, size: number, a: Float64Array, n: number): void {
  for (let i = 0; i < n; i += 1) {
    let k = (i - (i % PANEL)) * size + (i % PANEL);
    for (let j = 0; j <= i; j += 1) {
      a[i * n + j] = panels[k] ?? 0;
      k += PANEL;
    }
  }
}

/** @internal what `cholesky` does without SIMD */
export function plainCholesky(a: Float64Array, n: number, pivotRatio = PIVOT_RATIO): boolean {
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
  const whole = n - (n % BLOCK);
  for (let i = 0; i < whole; i += BLOCK) {
    reduceFour(factor, b, i);
    for (let row = i; row < i + BLOCK; row += 1) solveRow(factor, b, row, i);
  }
  for (let i = whole; i < n; i += 1) solveRow(factor, b, i, 0);
  for (let i = n - 1; i >= whole; i -= 1) solveBack(factor, b, i, 0);
  for (let i = whole - BLOCK; i >= 0; i -= BLOCK) {
    for (let row = i + BLOCK - 1; row >= i; row -= 1) solveBack(factor, b, row, i);
    spreadFour(factor, b, i);
  }
}

/** Takes from four rows what is known before them. */
function reduceFour(factor: Float64Array, b: Float64Array, from: number): void {
  const n = b.length;
  const [p, q, r, s] = [from * n, (from + 1) * n, (from + 2) * n, (from + 3) * n];
  let [first, second] = [at(b, from), at(b, from + 1)];
  let [third, fourth] = [at(b, from + 2), at(b, from + 3)];
  for (let k = 0; k < from; k += 1) {
    const known = b[k] ?? 0;
    first -= (factor[p + k] ?? 0) * known;
    second -= (factor[q + k] ?? 0) * known;
    third -= (factor[r + k] ?? 0) * known;
    fourth -= (factor[s + k] ?? 0) * known;
  }
  b.set([first, second, third, fourth], from);
}

/** Row i, from whose right side what is before `done` has been taken. */
function solveRow(factor: Float64Array, b: Float64Array, i: number, done: number): void {
  const row = i * b.length;
  let value = at(b, i);
  for (let k = done; k < i; k += 1) value -= (factor[row + k] ?? 0) * (b[k] ?? 0);
  b[i] = value / at(factor, row + i);
}

/** Row i of the transposed system, taken from the rows before it down to `first`. */
function solveBack(factor: Float64Array, b: Float64Array, i: number, first: number): void {
  const row = i * b.length;
  const value = at(b, i) / at(factor, row + i);
  b[i] = value;
  for (let k = first; k < i; k += 1) b[k] = (b[k] ?? 0) - (factor[row + k] ?? 0) * value;
}

/** Takes four rows that are known from all before them, the last first. */
function spreadFour(factor: Float64Array, b: Float64Array, from: number): void {
  const n = b.length;
  const [p, q, r, s] = [from * n, (from + 1) * n, (from + 2) * n, (from + 3) * n];
  const [first, second] = [at(b, from), at(b, from + 1)];
  const [third, fourth] = [at(b, from + 2), at(b, from + 3)];
  for (let k = 0; k < from; k += 1) {
    let value = (b[k] ?? 0) - (factor[s + k] ?? 0) * fourth;
    value -= (factor[r + k] ?? 0) * third;
    value -= (factor[q + k] ?? 0) * second;
    b[k] = value - (factor[p + k] ?? 0) * first;
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

/**
 * The separable part of a quadratic form: a diagonal D as large as can be with S - D still positive
 * semi-definite. The larger D is, the closer the bound of a relaxation that treats D exactly and
 * the rest by its tangent (Frangioni and Gentile 2007).
 *
 * Maximises sum d_i / S_ii + tau log det(S - D) one coordinate after the other, tau falling; with B
 * = (S - D)^-1 the step in d_i is 1/B_ii - tau S_ii, and B follows by Sherman and Morrison.
 */

const SWEEPS = 24;
const SHRINK = 0.6;
const SAFETY = 1e-10;

/** @param covariance n x n row by row, positive semi-definite up to rounding */
export function separablePart(covariance: Float64Array, n: number): Float64Array {
  const scale = new Float64Array(n);
  for (let i = 0; i < n; i += 1) scale[i] = Math.max(covariance[i * n + i] as number, 1e-300);
  const d = new Float64Array(n);
  let inverse = inverseOf(covariance, d, n);
  for (let ridge = 1e-12; !inverse; ridge *= 10) {
    for (let i = 0; i < n; i += 1) d[i] = -ridge * (scale[i] as number);
    inverse = inverseOf(covariance, d, n);
  }
  let last = Float64Array.from(d);
  for (let sweep = 0, tau = 0.5; sweep < SWEEPS; sweep += 1, tau *= SHRINK) {
    for (let i = 0; i < n; i += 1) raise(inverse, d, scale, i, tau);
    const anew = inverseOf(covariance, d, n);
    if (!anew) return last;
    inverse = anew;
    last = Float64Array.from(d);
  }
  return last;
}

function raise(b: Float64Array, d: Float64Array, scale: Float64Array, i: number, tau: number) {
  const n = d.length;
  const own = b[i * n + i] as number;
  const step = 1 / own - tau * (scale[i] as number);
  d[i] = (d[i] as number) + step;
  const factor = step / (1 - step * own);
  const row = b.slice(i * n, i * n + n);
  for (let r = 0; r < n; r += 1) {
    const f = factor * (row[r] as number);
    for (let c = 0; c < n; c += 1) b[r * n + c] = (b[r * n + c] as number) + f * (row[c] as number);
  }
}

/** Inverse of S - D - safety by Cholesky; undefined where that is not positive definite. */
function inverseOf(s: Float64Array, d: Float64Array, n: number): Float64Array | undefined {
  const l = factorOf(s, d, n);
  if (!l) return undefined;
  const inverse = new Float64Array(n * n);
  const column = new Float64Array(n);
  for (let c = 0; c < n; c += 1) {
    solveColumn(l, n, c, column);
    inverse.set(column, c * n);
  }
  return inverse;
}

function factorOf(s: Float64Array, d: Float64Array, n: number): Float64Array | undefined {
  const l = new Float64Array(n * n);
  for (let r = 0; r < n; r += 1)
    for (let c = 0; c <= r; c += 1) {
      let sum = s[r * n + c] as number;
      if (r === c) sum -= (d[r] as number) + SAFETY * (s[r * n + r] as number);
      for (let k = 0; k < c; k += 1) sum -= (l[r * n + k] as number) * (l[c * n + k] as number);
      if (r === c && !(sum > 0)) return undefined;
      l[r * n + c] = r === c ? Math.sqrt(sum) : sum / (l[c * n + c] as number);
    }
  return l;
}

function solveColumn(l: Float64Array, n: number, c: number, x: Float64Array): void {
  for (let r = 0; r < n; r += 1) {
    let sum = r === c ? 1 : 0;
    for (let k = 0; k < r; k += 1) sum -= (l[r * n + k] as number) * (x[k] as number);
    x[r] = sum / (l[r * n + r] as number);
  }
  for (let r = n - 1; r >= 0; r -= 1) {
    let sum = x[r] as number;
    for (let k = r + 1; k < n; k += 1) sum -= (l[k * n + r] as number) * (x[k] as number);
    x[r] = sum / (l[r * n + r] as number);
  }
}

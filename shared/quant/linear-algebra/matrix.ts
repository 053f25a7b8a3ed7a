/**
 * Small dense linear algebra on rows of doubles. The one file that imports ml-matrix, for LU, symmetric
 * eigenvalues and singular values; definiteness is the matter of `cholesky.ts`.
 */
import { EigenvalueDecomposition, inverse, Matrix, pseudoInverse, solve } from 'ml-matrix';

/** A square matrix, row by row; here always symmetric. */
export type Rows = readonly Float64Array[];

/** A square matrix of zeros whose rows lie one after the other in one piece of memory. */
export function emptyRows(size: number): Rows {
  const whole = new Float64Array(size * size);
  return Array.from({ length: size }, (_, i) => whole.subarray(i * size, (i + 1) * size));
}

export function at(vector: ArrayLike<number>, index: number): number {
  return vector[index] ?? 0;
}

export function cell(matrix: ArrayLike<ArrayLike<number>>, row: number, column: number): number {
  return matrix[row]?.[column] ?? 0;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += at(a, i) * at(b, i);
  return sum;
}

export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i += 1) total += at(values, i);
  return total;
}

export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i += 1) most = Math.max(most, Math.abs(at(values, i)));
  return most;
}

/** Four rows at once, so that four sums grow side by side; each is the `dot` of its row. */
export function times(matrix: Rows, vector: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(vector);
  const result = new Float64Array(matrix.length);
  let i = 0;
  for (; i + 3 < matrix.length; i += 4) result.set(fourDots(matrix.slice(i, i + 4), x), i);
  for (; i < matrix.length; i += 1) result[i] = dot(matrix[i] ?? [], x);
  return result;
}

function fourDots(rows: Rows, x: Float64Array): readonly number[] {
  const [a, b, c, d] = rows as readonly [Float64Array, Float64Array, Float64Array, Float64Array];
  let [ofA, ofB, ofC, ofD] = [0, 0, 0, 0];
  for (let j = 0; j < a.length; j += 1) {
    const value = x[j] ?? 0;
    ofA += (a[j] ?? 0) * value;
    ofB += (b[j] ?? 0) * value;
    ofC += (c[j] ?? 0) * value;
    ofD += (d[j] ?? 0) * value;
  }
  return [ofA, ofB, ofC, ofD];
}

export function scaled(vector: ArrayLike<number>, factor: number): Float64Array {
  const result = new Float64Array(vector.length);
  for (let i = 0; i < result.length; i += 1) result[i] = at(vector, i) * factor;
  return result;
}

/** a + factor x b */
export function plus(a: ArrayLike<number>, b: ArrayLike<number>, factor = 1): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < result.length; i += 1) result[i] = at(a, i) + factor * at(b, i);
  return result;
}

/** w'Sw, never below 0. */
export function quadratic(matrix: Rows, vector: ArrayLike<number>): number {
  return Math.max(0, dot(times(matrix, vector), vector));
}

/** Every entry times a factor. */
export function multiplied(matrix: Rows, factor: number): Rows {
  const result = emptyRows(matrix.length);
  matrix.forEach((row, i) => {
    const target = result[i];
    if (target) for (let j = 0; j < row.length; j += 1) target[j] = (row[j] ?? 0) * factor;
  });
  return result;
}

export function build(size: number, value: (row: number, column: number) => number): Rows {
  const rows = emptyRows(size);
  rows.forEach((row, i) => {
    for (let j = 0; j < size; j += 1) row[j] = value(i, j);
  });
  return rows;
}

/** As `build`, with each value computed once for both of its places. */
export function buildSymmetric(size: number, value: (row: number, column: number) => number): Rows {
  const rows = emptyRows(size);
  rows.forEach((row, i) => {
    for (let j = i; j < size; j += 1) {
      const one = value(i, j);
      row[j] = one;
      const mirror = rows[j];
      if (mirror) mirror[i] = one;
    }
  });
  return rows;
}

export function diagonal(matrix: Rows): Float64Array {
  return Float64Array.from(matrix, (row, i) => at(row, i));
}

/** The part of a symmetric matrix that belongs to the kept rows. */
export function submatrix(matrix: Rows, kept: readonly number[]): Rows {
  return kept.map((i) => Float64Array.from(kept, (j) => cell(matrix, i, j)));
}

/** Solves A x = b; by singular values when A has no inverse. */
export function solved(matrix: Rows, right: ArrayLike<number>): Float64Array {
  return solvedAll(matrix, [right])[0] ?? new Float64Array(0);
}

/** Solves A x = b for each b, with one factorisation. */
export function solvedAll(matrix: Rows, rights: readonly ArrayLike<number>[]): Float64Array[] {
  const a = toMatrix(matrix);
  const b = new Matrix(rights.map((right) => Array.from(right))).transpose();
  const answer = attempted(() => solve(a, b)) ?? solve(a, b, true);
  return rights.map((_, k) => Float64Array.from(answer.getColumn(k)));
}

/** Eigenvalues of a symmetric matrix, rising, and its eigenvectors, `vectors[k]` with `values[k]`. */
export interface Spectrum {
  readonly values: Float64Array;
  readonly vectors: Rows;
}

export function spectrum(matrix: Rows): Spectrum {
  if (matrix.length === 0) return { values: new Float64Array(0), vectors: [] };
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(toMatrix(matrix), {
    assumeSymmetric: true,
  });
  const rising = realEigenvalues.map((_, k) => k);
  rising.sort((k, l) => at(realEigenvalues, k) - at(realEigenvalues, l));
  return {
    values: Float64Array.from(rising, (k) => at(realEigenvalues, k)),
    vectors: rising.map((k) => Float64Array.from(eigenvectorMatrix.getColumn(k))),
  };
}

/** The symmetric matrix with these eigenvalues and eigenvectors. */
export function fromSpectrum({ values, vectors }: Spectrum): Rows {
  return buildSymmetric(vectors.length, (i, j) => {
    let entry = 0;
    vectors.forEach((vector, k) => (entry += at(values, k) * at(vector, i) * at(vector, j)));
    return entry;
  });
}

/** The inverse of a matrix; its pseudo-inverse when it has none. */
export function inverted(matrix: Rows): Rows {
  const whole = toMatrix(matrix);
  const answer = attempted(() => inverse(whole)) ?? pseudoInverse(whole);
  return build(matrix.length, (i, j) => answer.get(i, j));
}

function attempted<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch {
    return undefined;
  }
}

function toMatrix(rows: Rows): Matrix {
  return new Matrix(rows.map((row) => Array.from(row)));
}

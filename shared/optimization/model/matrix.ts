/** Small dense linear algebra on rows of doubles; factorisations come from ml-matrix. */
import { EigenvalueDecomposition, Matrix, solve } from 'ml-matrix';

/** A square matrix, row by row; here always symmetric. */
export type Rows = readonly Float64Array[];

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

export function times(matrix: Rows, vector: ArrayLike<number>): Float64Array {
  return Float64Array.from(matrix, (row) => dot(row, vector));
}

export function scaled(vector: ArrayLike<number>, factor: number): Float64Array {
  return Float64Array.from(vector, (value) => value * factor);
}

/** a + factor x b */
export function plus(a: ArrayLike<number>, b: ArrayLike<number>, factor = 1): Float64Array {
  return Float64Array.from(a, (value, i) => value + factor * at(b, i));
}

/** w'Sw, never below 0. */
export function quadratic(matrix: Rows, vector: ArrayLike<number>): number {
  return Math.max(0, dot(times(matrix, vector), vector));
}

export function build(size: number, value: (row: number, column: number) => number): Rows {
  return Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_unused, j) => value(i, j)),
  );
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
  const a = toMatrix(matrix);
  const b = Matrix.columnVector(Array.from(right));
  try {
    return Float64Array.from(solve(a, b).to1DArray());
  } catch {
    return Float64Array.from(solve(a, b, true).to1DArray());
  }
}

/**
 * Lifts eigenvalues below `floorRatio` of the largest to that floor (spectral clipping), so that
 * the matrix is positive definite; one that already is comes back unchanged.
 */
export function repaired(matrix: Rows, floorRatio = 1e-8): Rows {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(
    toMatrix(matrix),
    { assumeSymmetric: true },
  );
  const floor = floorRatio * Math.max(...values, Number.MIN_VALUE);
  if (values.every((value) => value >= floor)) return matrix;
  const lifted = Matrix.diag(values.map((value) => Math.max(value, floor)));
  const whole = vectors.mmul(lifted).mmul(vectors.transpose());
  return build(matrix.length, (i, j) => (whole.get(i, j) + whole.get(j, i)) / 2);
}

function toMatrix(rows: Rows): Matrix {
  return new Matrix(rows.map((row) => Array.from(row)));
}

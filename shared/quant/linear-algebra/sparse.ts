/** Sparse matrices by columns. */
import { at } from './matrix.ts';

/** Entries of column j are `start[j]` up to, not including, `start[j + 1]`; rows ascend. */
export interface Sparse {
  readonly rows: number;
  readonly columns: number;
  readonly start: Int32Array;
  readonly row: Int32Array;
  readonly value: Float64Array;
}

/** Row, column, value; entries of one place are added up. */
export type Triplet = readonly [row: number, column: number, value: number];

export function sparse(rows: number, columns: number, triplets: readonly Triplet[]): Sparse {
  const sorted = [...triplets].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  const start = new Int32Array(columns + 1);
  const row = new Int32Array(sorted.length);
  const value = new Float64Array(sorted.length);
  let count = 0;
  let [lastRow, lastColumn] = [-1, -1];
  for (const [i, j, v] of sorted) {
    if (i === lastRow && j === lastColumn) {
      value[count - 1] = at(value, count - 1) + v;
      continue;
    }
    row[count] = i;
    value[count] = v;
    count += 1;
    start[j + 1] = at(start, j + 1) + 1;
    [lastRow, lastColumn] = [i, j];
  }
  for (let j = 0; j < columns; j += 1) start[j + 1] = at(start, j + 1) + at(start, j);
  return { rows, columns, start, row: row.slice(0, count), value: value.slice(0, count) };
}

export function tripletsOf({ columns, start, row, value }: Sparse): Triplet[] {
  const triplets: Triplet[] = [];
  for (let j = 0; j < columns; j += 1)
    for (let k = at(start, j); k < at(start, j + 1); k += 1)
      triplets.push([at(row, k), j, at(value, k)]);
  return triplets;
}

/** A x */
export function product({ rows, columns, start, row, value }: Sparse, x: Float64Array) {
  const result = new Float64Array(rows);
  for (let j = 0; j < columns; j += 1) {
    const factor = at(x, j);
    if (factor === 0) continue;
    for (let k = at(start, j); k < at(start, j + 1); k += 1) {
      const i = at(row, k);
      result[i] = at(result, i) + at(value, k) * factor;
    }
  }
  return result;
}

/** A' y */
export function transposedProduct({ columns, start, row, value }: Sparse, y: Float64Array) {
  const result = new Float64Array(columns);
  for (let j = 0; j < columns; j += 1) {
    let total = 0;
    for (let k = at(start, j); k < at(start, j + 1); k += 1)
      total += at(value, k) * at(y, at(row, k));
    result[j] = total;
  }
  return result;
}

/** Entry (i, j) times `left[i]` times `right[j]`. */
export function scaledSparse(matrix: Sparse, left: Float64Array, right: Float64Array): Sparse {
  const value = new Float64Array(matrix.value.length);
  for (let j = 0; j < matrix.columns; j += 1)
    for (let k = at(matrix.start, j); k < at(matrix.start, j + 1); k += 1)
      value[k] = at(matrix.value, k) * at(left, at(matrix.row, k)) * at(right, j);
  return { ...matrix, value };
}

/** Largest absolute value of each row and of each column. */
export function largestEntries(matrix: Sparse): { rows: Float64Array; columns: Float64Array } {
  const rows = new Float64Array(matrix.rows);
  const columns = new Float64Array(matrix.columns);
  for (let j = 0; j < matrix.columns; j += 1)
    for (let k = at(matrix.start, j); k < at(matrix.start, j + 1); k += 1) {
      const [i, size] = [at(matrix.row, k), Math.abs(at(matrix.value, k))];
      rows[i] = Math.max(at(rows, i), size);
      columns[j] = Math.max(at(columns, j), size);
    }
  return { rows, columns };
}

/** Means and deviations of columns. */
import { sum } from './matrix.ts';

const BLOCK = 4;

/**
 * The mean of each column, all of one length. Four sums grow side by side, each in the order of its column;
 * one alone would wait for every addition.
 */
export function columnMeans(columns: readonly Float64Array[]): Float64Array {
  const means = new Float64Array(columns.length);
  for (let i = 0; i < columns.length; i += BLOCK) {
    const four = columns.slice(i, i + BLOCK);
    if (four.length === BLOCK) means.set(fourMeans(four), i);
    else four.forEach((column, k) => (means[i + k] = sum(column) / column.length));
  }
  return means;
}

function fourMeans(columns: readonly Float64Array[]): readonly number[] {
  const [a, b, c, d] = columns as readonly [Float64Array, Float64Array, Float64Array, Float64Array];
  const { length } = a;
  let [ofA, ofB, ofC, ofD] = [0, 0, 0, 0];
  for (let t = 0; t < length; t += 1) {
    ofA += a[t] ?? 0;
    ofB += b[t] ?? 0;
    ofC += c[t] ?? 0;
    ofD += d[t] ?? 0;
  }
  return [ofA / length, ofB / length, ofC / length, ofD / length];
}

/** The column measured from a value. */
export function measuredFrom(column: Float64Array, from: number): Float64Array {
  const moved = new Float64Array(column.length);
  for (let t = 0; t < moved.length; t += 1) moved[t] = (column[t] ?? 0) - from;
  return moved;
}

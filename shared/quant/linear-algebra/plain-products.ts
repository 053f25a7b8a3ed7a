/**
 * Products of pairs of columns without SIMD. Three columns meet three, so that each value is read once for three
 * products and the nine sums, with the six values they grow by, stay in the registers of a processor.
 * Elements are read in place and not through `at`, which sees arrays of every kind and is slower for it.
 */
import { measuredFrom } from './column-means.ts';
import { at, emptyRows, type Rows } from './matrix.ts';

const BLOCK = 3;

type Three = readonly [Float64Array, Float64Array, Float64Array];

/** What `crossProducts` does where there is no SIMD. */
export function plainProducts(
  columns: readonly Float64Array[],
  centres: Float64Array,
  divisor = 1,
): Rows {
  const length = columns[0]?.length ?? 0;
  const measured = columns.map((column, i) => measuredFrom(column, at(centres, i)));
  const threes = threesOf(measured, length);
  const products = emptyRows(columns.length);
  const sums = new Float64Array(BLOCK * BLOCK);
  threes.forEach((left, p) => {
    for (let q = p; q < threes.length; q += 1) {
      multiply(left, threes[q] ?? left, length, sums);
      putBlock(products, p * BLOCK, q * BLOCK, sums, divisor);
    }
  });
  return mirrored(products);
}

/** The columns three by three; the last three are filled up with zeros. */
function threesOf(columns: readonly Float64Array[], length: number): Three[] {
  const zero = new Float64Array(columns.length % BLOCK === 0 ? 0 : length);
  const threes: Three[] = [];
  for (let i = 0; i < columns.length; i += BLOCK)
    threes.push([columns[i] ?? zero, columns[i + 1] ?? zero, columns[i + 2] ?? zero]);
  return threes;
}

/** The nine sums are written one by one because only local variables stay in registers. */
function multiply([a, b, c]: Three, [d, e, f]: Three, length: number, sums: Float64Array): void {
  let [ad, ae, af] = [0, 0, 0];
  let [bd, be, bf] = [0, 0, 0];
  let [cd, ce, cf] = [0, 0, 0];
  for (let t = 0; t < length; t += 1) {
    const x = d[t] ?? 0;
    const y = e[t] ?? 0;
    const z = f[t] ?? 0;
    const i = a[t] ?? 0;
    ad += i * x;
    ae += i * y;
    af += i * z;
    const j = b[t] ?? 0;
    bd += j * x;
    be += j * y;
    bf += j * z;
    const k = c[t] ?? 0;
    cd += k * x;
    ce += k * y;
    cf += k * z;
  }
  sums.set([ad, ae, af, bd, be, bf, cd, ce, cf]);
}

function putBlock(
  products: Rows,
  row: number,
  column: number,
  sums: Float64Array,
  divisor: number,
): void {
  const size = products.length;
  for (let i = 0; i < BLOCK && row + i < size; i += 1) {
    const target = products[row + i];
    if (!target) return;
    for (let j = 0; j < BLOCK && column + j < size; j += 1)
      target[column + j] = at(sums, i * BLOCK + j) / divisor;
  }
}

function mirrored(matrix: Rows): Rows {
  matrix.forEach((row, i) => {
    for (let j = 0; j < i; j += 1) row[j] = at(matrix[j] ?? [], i);
  });
  return matrix;
}

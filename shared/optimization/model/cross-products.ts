/**
 * All products of pairs of columns at once: the part of a covariance that takes the time. Four
 * columns meet four others, so that each value is read once for four products. Elements are read in
 * place and not through `at`, which sees arrays of every kind and is slower for it.
 */
import { at, emptyRows, type Rows } from './matrix.ts';

const BLOCK = 4;

type Quad = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

/** @returns entry (i, j) is the sum over t of x_i(t) x_j(t), for columns of one length */
export function crossProducts(columns: readonly Float64Array[]): Rows {
  const length = columns[0]?.length ?? 0;
  const quads = quadsOf(columns, length);
  const products = emptyRows(columns.length);
  const sums = new Float64Array(BLOCK * BLOCK);
  quads.forEach((left, p) => {
    for (let q = p; q < quads.length; q += 1) {
      multiply(left, quads[q] ?? left, length, sums);
      put(products, p * BLOCK, q * BLOCK, sums);
    }
  });
  return mirrored(products);
}

/** The columns four by four; the last four are filled up with zeros. */
function quadsOf(columns: readonly Float64Array[], length: number): Quad[] {
  const zero = new Float64Array(columns.length % BLOCK === 0 ? 0 : length);
  const quads: Quad[] = [];
  for (let i = 0; i < columns.length; i += BLOCK)
    quads.push([
      columns[i] ?? zero,
      columns[i + 1] ?? zero,
      columns[i + 2] ?? zero,
      columns[i + 3] ?? zero,
    ]);
  return quads;
}

/** The sixteen sums are written one by one because only local variables stay in registers. */
function multiply(
  [a, b, c, d]: Quad,
  [e, f, g, h]: Quad,
  length: number,
  sums: Float64Array,
): void {
  let [ae, af, ag, ah] = [0, 0, 0, 0];
  let [be, bf, bg, bh] = [0, 0, 0, 0];
  let [ce, cf, cg, ch] = [0, 0, 0, 0];
  let [de, df, dg, dh] = [0, 0, 0, 0];
  for (let t = 0; t < length; t += 1) {
    const i = a[t] ?? 0;
    const j = b[t] ?? 0;
    const k = c[t] ?? 0;
    const l = d[t] ?? 0;
    const w = e[t] ?? 0;
    const x = f[t] ?? 0;
    const y = g[t] ?? 0;
    const z = h[t] ?? 0;
    ae += i * w;
    af += i * x;
    ag += i * y;
    ah += i * z;
    be += j * w;
    bf += j * x;
    bg += j * y;
    bh += j * z;
    ce += k * w;
    cf += k * x;
    cg += k * y;
    ch += k * z;
    de += l * w;
    df += l * x;
    dg += l * y;
    dh += l * z;
  }
  sums.set([ae, af, ag, ah, be, bf, bg, bh, ce, cf, cg, ch, de, df, dg, dh]);
}

function put(products: Rows, row: number, column: number, sums: Float64Array): void {
  const size = products.length;
  for (let i = 0; i < BLOCK && row + i < size; i += 1) {
    const target = products[row + i];
    if (!target) return;
    for (let j = 0; j < BLOCK && column + j < size; j += 1)
      target[column + j] = at(sums, i * BLOCK + j);
  }
}

function mirrored(matrix: Rows): Rows {
  matrix.forEach((row, i) => {
    for (let j = 0; j < i; j += 1) row[j] = at(matrix[j] ?? [], i);
  });
  return matrix;
}

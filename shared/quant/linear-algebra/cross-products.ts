/**
 * All products of pairs of columns at once: the part of a covariance that takes the time. With SIMD, four
 * columns meet four others. Without, three meet three, so that each value is read once for three products and
 * the nine sums, with the six values they grow by, stay in the registers of a processor. Elements are read in
 * place and not through `at`, which sees arrays of every kind and is slower for it.
 */
import { measuredFrom } from './column-means.ts';
import { at, emptyRows, type Rows } from './matrix.ts';
import { DOUBLE_BYTES, PANEL, withKernels, type Kernels } from './simd.ts';

/** Periods that are worked on at once, so that all panels of them stay in a processor's cache. */
const PERIODS_MAX = 256;
const TILE = PANEL * PANEL;

const BLOCK = 3;

type Four = readonly [number, number, number, number];
type Three = readonly [Float64Array, Float64Array, Float64Array];

/**
 * @param centres what each column is measured from; 0 where none is given
 * @returns entry (i, j) is the sum over t of x_i(t) x_j(t), for columns of one length
 */
export function crossProducts(
  columns: readonly Float64Array[],
  centres: Float64Array = new Float64Array(columns.length),
): Rows {
  return simdProducts(columns, centres) ?? plainProducts(columns, centres);
}

function simdProducts(columns: readonly Float64Array[], centres: Float64Array): Rows | undefined {
  const length = columns[0]?.length ?? 0;
  const panels = Math.ceil(columns.length / PANEL);
  const tiles = ((panels * (panels + 1)) / 2) * TILE;
  const panel = PANEL * Math.min(length, PERIODS_MAX);
  return withKernels(tiles + panels * panel, (kernels) => {
    const { doubles } = kernels;
    doubles.fill(0, 0, tiles);
    for (let from = 0; from < length; from += PERIODS_MAX) {
      const to = Math.min(length, from + PERIODS_MAX);
      interleave({ columns, centres }, doubles.subarray(tiles), from, to);
      addProducts(kernels, tiles, panels, PANEL * (to - from));
    }
    return fromTiles(doubles, columns.length);
  });
}

/** @param panels at `tiles`, so many of `size` doubles each; the sums are in front of them */
function addProducts({ products }: Kernels, tiles: number, panels: number, size: number): void {
  const [start, bytes] = [tiles * DOUBLE_BYTES, size * DOUBLE_BYTES];
  products(start, bytes, start + panels * bytes, 0);
}

interface Centred {
  readonly columns: readonly Float64Array[];
  readonly centres: Float64Array;
}

/** The periods from `from` to before `to`: four columns at a time, the last filled up with zeros. */
function interleave(
  { columns, centres }: Centred,
  target: Float64Array,
  from: number,
  to: number,
): void {
  const zero = new Float64Array(columns.length % PANEL === 0 ? 0 : to);
  let k = 0;
  for (let i = 0; i < columns.length; i += PANEL) {
    const [a, b] = [columns[i] ?? zero, columns[i + 1] ?? zero];
    const [c, d] = [columns[i + 2] ?? zero, columns[i + 3] ?? zero];
    const [ofA, ofB, ofC, ofD] = fourFrom(centres, i);
    for (let t = from; t < to; t += 1) {
      target[k] = (a[t] ?? 0) - ofA;
      target[k + 1] = (b[t] ?? 0) - ofB;
      target[k + 2] = (c[t] ?? 0) - ofC;
      target[k + 3] = (d[t] ?? 0) - ofD;
      k += PANEL;
    }
  }
}

function fourFrom(values: Float64Array, i: number): Four {
  return [at(values, i), at(values, i + 1), at(values, i + 2), at(values, i + 3)];
}

/** The symmetric matrix whose upper tiles follow one another, row by row, each column by column. */
function fromTiles(tiles: Float64Array, size: number): Rows {
  const matrix = emptyRows(size);
  let k = 0;
  for (let p = 0; p < size; p += PANEL)
    for (let q = p; q < size; q += PANEL) {
      for (let j = q; j < Math.min(q + PANEL, size); j += 1)
        putColumn(matrix, tiles, k + (j - q) * PANEL, p, j);
      k += TILE;
    }
  return matrix;
}

function putColumn(matrix: Rows, tiles: Float64Array, from: number, p: number, j: number): void {
  const mirror = matrix[j];
  for (let i = p; i < Math.min(p + PANEL, matrix.length); i += 1) {
    const value = tiles[from + i - p] ?? 0;
    const row = matrix[i];
    if (row) row[j] = value;
    if (mirror) mirror[i] = value;
  }
}

/** @internal what `crossProducts` does where there is no SIMD */
export function plainProducts(columns: readonly Float64Array[], centres: Float64Array): Rows {
  const length = columns[0]?.length ?? 0;
  const measured = columns.map((column, i) => measuredFrom(column, at(centres, i)));
  const threes = threesOf(measured, length);
  const products = emptyRows(columns.length);
  const sums = new Float64Array(BLOCK * BLOCK);
  threes.forEach((left, p) => {
    for (let q = p; q < threes.length; q += 1) {
      multiply(left, threes[q] ?? left, length, sums);
      put(products, p * BLOCK, q * BLOCK, sums);
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

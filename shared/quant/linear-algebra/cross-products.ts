/**
 * All products of pairs of columns at once: the part of a covariance that takes the time. With SIMD, four
 * columns meet four others, and a second thread may take its part (`second-thread.ts`).
 */
import { emptyRows, type Rows } from './matrix.ts';
import { plainProducts } from './plain-products.ts';
import type { Task } from './second-thread.ts';
import { DOUBLE_BYTES, PANEL, withKernels } from './simd.ts';

const TILE = PANEL * PANEL;
/** Panels that meet another one after it was read: they stay in a processor's first cache. */
const STRIP = 4;

interface ProductOptions {
  /** What each column is measured from; 0 where none is given. */
  readonly centres?: Float64Array | undefined;
  /** Of each sum. */
  readonly divisor?: number | undefined;
}

/** @returns entry (i, j) is the sum over t of x_i(t) x_j(t), divided, for columns of one length */
export function crossProducts(
  columns: readonly Float64Array[],
  { centres = new Float64Array(columns.length), divisor = 1 }: ProductOptions = {},
): Rows {
  return simdProducts(columns, centres, divisor) ?? plainProducts(columns, centres, divisor);
}

function simdProducts(
  columns: readonly Float64Array[],
  centres: Float64Array,
  divisor: number,
): Rows | undefined {
  const length = columns[0]?.length ?? 0;
  const panels = Math.ceil(columns.length / PANEL);
  const tiles = (panels * (panels + 1)) / 2;
  const panel = PANEL * length;
  return withKernels(tiles * TILE + panels * panel, ({ doubles, products }) => {
    doubles.fill(0, 0, tiles * TILE);
    const data = doubles.subarray(tiles * TILE);
    for (let i = 0; i < columns.length; i += PANEL) interleave(columns, centres, i, data);
    const [start, bytes] = [tiles * TILE * DOUBLE_BYTES, panel * DOUBLE_BYTES];
    const isDone = products({
      tasks: stripsOf(panels, start, bytes),
      bytes,
      end: start + panels * bytes,
      work: tiles * TILE * length,
    });
    return isDone ? fromTiles(doubles, columns.length, divisor) : undefined;
  });
}

/** The panels in strips, which fall in length: the last ones, for which a thread may wait, are short. */
function stripsOf(panels: number, start: number, bytes: number): Task[] {
  const tasks: Task[] = [];
  let sums = 0;
  for (let first = 0; first < panels; first += STRIP) {
    const end = Math.min(panels, first + STRIP);
    tasks.push([start + first * bytes, start + end * bytes, sums * TILE * DOUBLE_BYTES]);
    for (let second = first; second < panels; second += 1)
      sums += Math.min(end, second + 1) - first;
  }
  return tasks;
}

/** Four columns from i on, measured from their centres; beyond the last one there are zeros. */
function interleave(
  columns: readonly Float64Array[],
  centres: Float64Array,
  i: number,
  target: Float64Array,
): void {
  const length = columns[i]?.length ?? 0;
  const zero = i + PANEL > columns.length ? new Float64Array(length) : target;
  const [a, b] = [columns[i] ?? zero, columns[i + 1] ?? zero];
  const [c, d] = [columns[i + 2] ?? zero, columns[i + 3] ?? zero];
  const [ofA, ofB] = [centres[i] ?? 0, centres[i + 1] ?? 0];
  const [ofC, ofD] = [centres[i + 2] ?? 0, centres[i + 3] ?? 0];
  let k = i * length;
  for (let t = 0; t < length; t += 1) {
    target[k] = (a[t] ?? 0) - ofA;
    target[k + 1] = (b[t] ?? 0) - ofB;
    target[k + 2] = (c[t] ?? 0) - ofC;
    target[k + 3] = (d[t] ?? 0) - ofD;
    k += PANEL;
  }
}

/** The symmetric matrix whose upper tiles follow one another as the kernel visits them, each column by column. */
function fromTiles(tiles: Float64Array, size: number, divisor: number): Rows {
  const matrix = emptyRows(size);
  const width = STRIP * PANEL;
  let k = 0;
  for (let strip = 0; strip < size; strip += width)
    for (let q = strip; q < size; q += PANEL)
      for (let p = strip; p < Math.min(strip + width, q + PANEL); p += PANEL) {
        for (let j = q; j < Math.min(q + PANEL, size); j += 1)
          putColumn(matrix, tiles, k + (j - q) * PANEL, p, j, divisor);
        k += TILE;
      }
  return matrix;
}

function putColumn(
  matrix: Rows,
  tiles: Float64Array,
  from: number,
  p: number,
  j: number,
  divisor: number,
): void {
  const mirror = matrix[j];
  for (let i = p; i < Math.min(p + PANEL, matrix.length); i += 1) {
    const value = (tiles[from + i - p] ?? 0) / divisor;
    const row = matrix[i];
    if (row) row[j] = value;
    if (mirror) mirror[i] = value;
  }
}

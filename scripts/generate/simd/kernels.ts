/**
 * The kernels of `shared/quant/linear-algebra/simd.ts`. Matrices lie in panels: four columns of
 * observations, or four rows of a factor, interleaved, so that entry t of all four is one load of two
 * pairs. A tile is four by four entries in eight pairs of registers.
 *
 * Every entry is one sum that grows in the order of t, multiplied and added in two roundings, exactly as
 * a plain loop does it: pairs are of two entries, never of two terms of one sum. The digits are therefore
 * those of the plain loop on every processor.
 */
import { Assembled, moduleOf, type Local } from './assembler.ts';

/** Columns or rows of a panel, and sides of a tile. */
const SIDE = 4;
const DOUBLE_BYTES = 8;
const STEP_BYTES = SIDE * DOUBLE_BYTES;
const TILE_BYTES = SIDE * STEP_BYTES;
const PAIR_BYTES = 2 * DOUBLE_BYTES;
const PAIRS = SIDE / 2;
/** So many periods of a strip and of another panel stay in the first cache of a processor. */
const BLOCK_BYTES = 128 * STEP_BYTES;
/** As `simd.ts` makes it: one page that grows, up to 1 GB. */
const MEMORY = { module: 'own', name: 'memory', pagesMin: 1, pagesMax: 16_384 } as const;

/** @returns file and text of the module */
export function simdModule(): [file: string, text: string] {
  const module = Buffer.from(moduleOf([products(), factor()], MEMORY)).toString('base64');
  const text = [
    '/** Generated from `scripts/generate/simd/kernels.ts` by `npm run generate`: a WebAssembly module in base64. */',
    `export const simdModule = '${module}';`,
    '',
  ].join('\n');
  return ['shared/quant/linear-algebra/simd-module.ts', text];
}

/** A tile in registers: pair `h` of column `c`. */
interface Tile {
  readonly pairs: readonly (readonly Local[])[];
  readonly left: readonly Local[];
  readonly right: Local;
}

function tileOf(f: Assembled): Tile {
  const pairs = Array.from({ length: SIDE }, () =>
    Array.from({ length: PAIRS }, () => f.local('v128')),
  );
  const left = Array.from({ length: PAIRS }, () => f.local('v128'));
  return { pairs, left, right: f.local('v128') };
}

function eachPair(tile: Tile, visit: (pair: Local, offset: number) => void): void {
  tile.pairs.forEach((column, c) =>
    column.forEach((pair, h) => visit(pair, c * STEP_BYTES + h * PAIR_BYTES)),
  );
}

function loadTile(f: Assembled, tile: Tile, address: Local): void {
  eachPair(tile, (pair, offset) => f.get(address).access('v128.load', offset).set(pair));
}

function storeTile(f: Assembled, tile: Tile, address: Local): void {
  eachPair(tile, (pair, offset) => f.get(address).get(pair).access('v128.store', offset));
}

/** Of one t: every entry gains or loses left times right, and both addresses move on. */
function step(f: Assembled, tile: Tile, rows: Local, columns: Local, sign: 'add' | 'sub'): void {
  tile.left.forEach((pair, h) =>
    f
      .get(rows)
      .access('v128.load', h * PAIR_BYTES)
      .set(pair),
  );
  tile.pairs.forEach((column, c) => {
    f.get(columns)
      .access('v128.load64_splat', c * DOUBLE_BYTES)
      .set(tile.right);
    column.forEach((pair, h) => {
      f.get(pair)
        .get(tile.left[h] ?? pair)
        .get(tile.right);
      f.do('f64x2.mul', `f64x2.${sign}`).set(pair);
    });
  });
  f.advance(rows, STEP_BYTES).advance(columns, STEP_BYTES);
}

/**
 * products(first, end of a strip, bytes of a panel, end of panels, sums): adds to the tile of each panel of the strip
 * with each panel that is not before it the products of their columns. Tiles follow one another as they are
 * visited, a panel beside the strip after the other, each tile column by column.
 */
function products(): Assembled {
  const f = new Assembled('products', ['i32', 'i32', 'i32', 'i32', 'i32']);
  const [from, to, bytes, end] = parameters(f);
  const sums = f.parameter(4);
  const [first, second, rows, columns] = addresses(f);
  const [block, blockEnd, limit, stop] = addresses(f);
  const sum = f.local('i32');
  const tile = tileOf(f);
  return f.while(block, bytes, () => {
    f.get(block).constant(BLOCK_BYTES).do('i32.add').set(blockEnd);
    atMost(f, blockEnd, bytes);
    f.get(sums).set(sum).get(from).set(second);
    f.while(second, end, () => {
      f.get(second).get(bytes).do('i32.add').set(limit);
      atMost(f, limit, to);
      f.get(from).set(first);
      f.while(first, limit, () => {
        loadTile(f, tile, sum);
        f.get(first).get(block).do('i32.add').set(rows);
        f.get(second).get(block).do('i32.add').set(columns);
        f.get(first).get(blockEnd).do('i32.add').set(stop);
        f.while(rows, stop, () => {
          step(f, tile, rows, columns, 'add');
        });
        storeTile(f, tile, sum);
        f.advance(sum, TILE_BYTES).get(first).get(bytes).do('i32.add').set(first);
      });
      f.get(second).get(bytes).do('i32.add').set(second);
    });
    f.get(blockEnd).set(block);
  });
}

function atMost(f: Assembled, value: Local, most: Local): void {
  f.get(most).get(value).do('i32.lt_s');
  f.when(() => f.get(most).set(value));
}

type Four = readonly [Local, Local, Local, Local];

function parameters(f: Assembled): Four {
  return [f.parameter(0), f.parameter(1), f.parameter(2), f.parameter(3)];
}

function addresses(f: Assembled): Four {
  return [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
}

/**
 * factor(panels, bytes of a panel, end of panels, least pivots): Cholesky's lower factor in place, panel by panel,
 * each of four rows, column by column. @returns 1, or 0 where a pivot is not above its least
 */
function factor(): Assembled {
  const f = new Assembled('factor', ['i32', 'i32', 'i32', 'i32'], 'i32');
  const [start, bytes, end, least] = parameters(f);
  const [own, other, rows, columns] = addresses(f);
  const done = f.local('i32');
  const tile = tileOf(f);
  const reduced = (): void => {
    f.get(own).get(done).do('i32.add').set(rows);
    loadTile(f, tile, rows);
    const stop = rows;
    f.get(other).set(columns);
    const from = f.local('i32');
    f.get(own).set(from);
    f.while(from, stop, () => {
      step(f, tile, from, columns, 'sub');
    });
  };
  f.get(start).set(own);
  f.while(own, end, () => {
    f.get(start).set(other).constant(0).set(done);
    f.while(other, own, () => {
      reduced();
      divided(f, tile, columns);
      storeTile(f, tile, rows);
      f.get(other).get(bytes).do('i32.add').set(other).advance(done, TILE_BYTES);
    });
    reduced();
    storeTile(f, tile, rows);
    corner(f, rows, least);
    f.get(own).get(bytes).do('i32.add').set(own).advance(least, STEP_BYTES);
  });
  return f.constant(1);
}

/** The tile times the inverse of the transposed lower triangle at `at`. */
function divided(f: Assembled, { pairs }: Tile, at: Local): void {
  pairs.forEach((column, c) =>
    column.forEach((pair, h) => {
      for (let u = 0; u < c; u += 1) {
        f.get(pair).get(pairs[u]?.[h] ?? pair);
        f.get(at).access('v128.load64_splat', place(c, u)).do('f64x2.mul', 'f64x2.sub').set(pair);
      }
      f.get(pair).get(at).access('v128.load64_splat', place(c, c)).do('f64x2.div').set(pair);
    }),
  );
}

/** The lower triangle of the tile at `at`, entry by entry; returns 0 where a pivot is too small. */
function corner(f: Assembled, at: Local, least: Local): void {
  const value = f.local('f64');
  for (let c = 0; c < SIDE; c += 1)
    for (let r = c; r < SIDE; r += 1) {
      f.get(at).access('f64.load', place(r, c)).set(value);
      for (let u = 0; u < c; u += 1) {
        f.get(value).get(at).access('f64.load', place(r, u));
        f.get(at).access('f64.load', place(c, u)).do('f64.mul', 'f64.sub').set(value);
      }
      if (r === c) {
        f.get(value)
          .get(least)
          .access('f64.load', c * DOUBLE_BYTES);
        f.do('f64.gt', 'i32.eqz').when(() => f.constant(0).do('return'));
        f.get(at).get(value).do('f64.sqrt').access('f64.store', place(r, r));
      } else {
        f.get(at).get(value).get(at).access('f64.load', place(c, c));
        f.do('f64.div').access('f64.store', place(r, c));
      }
    }
}

/** Bytes from the start of a tile to an entry. */
function place(row: number, column: number): number {
  return column * STEP_BYTES + row * DOUBLE_BYTES;
}

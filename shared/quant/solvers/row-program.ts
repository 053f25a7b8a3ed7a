/**
 * From rows to what the interior-point method takes, and its multipliers back to rows: rows with one
 * coefficient become bounds, the rest is equilibrated (Ruiz, "A scaling algorithm to equilibrate both
 * rows and columns norms in matrices", 2001).
 */
import type { ConvexProgram, PrimalDual } from './bounded-program.ts';
import { at, largest } from '#shared/quant/linear-algebra/matrix.ts';
import {
  largestEntries,
  scaledSparse,
  sparse,
  tripletsOf,
  type Sparse,
  type Triplet,
} from '#shared/quant/linear-algebra/sparse.ts';

export interface RowProgram {
  /** P, both triangles; positive semidefinite. */
  readonly quadratic: Sparse;
  readonly linear: Float64Array;
  /** A; bounds of single variables are rows with one coefficient. */
  readonly rows: Sparse;
  /** Infinite where there is no bound. */
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Bounds that only rounding contradicts or holds apart are one. */
const EQUAL = 1e-12;

export interface Reduced {
  readonly program: ConvexProgram;
  /** Row of the reduced program -> given row. */
  readonly kept: readonly number[];
  /** The variable a kept row holds in place; -1 for rows of several. */
  readonly pins: readonly number[];
  /** The given row that sets each bound, and its coefficient. */
  readonly lowFrom: Int32Array;
  readonly highFrom: Int32Array;
  readonly coefficients: Float64Array;
}

/** @returns undefined when two bounds, or a row without coefficients, contradict each other */
export function reducedProgram({
  quadratic,
  linear,
  rows,
  low,
  high,
}: RowProgram): Reduced | undefined {
  const n = linear.length;
  const triplets = tripletsOf(rows).filter(([, , value]) => value !== 0);
  const counts = new Int32Array(rows.rows);
  for (const [i] of triplets) counts[i] = at(counts, i) + 1;
  const single = new Map(triplets.flatMap((t) => (counts[t[0]] === 1 ? [[t[0], t] as const] : [])));
  const [lows, highs] = [new Float64Array(n).fill(-Infinity), new Float64Array(n).fill(Infinity)];
  const [lowFrom, highFrom] = [new Int32Array(n).fill(-1), new Int32Array(n).fill(-1)];
  const coefficients = new Float64Array(rows.rows);
  for (let i = 0; i < rows.rows; i += 1) {
    const [l, h] = [at(low, i), at(high, i)];
    if (l > h + gapOf(l, h)) return undefined;
    if (counts[i] === 0 && (l > EQUAL || h < -EQUAL)) return undefined;
    const [, j = 0, value = 0] = single.get(i) ?? [];
    if (value === 0) continue;
    coefficients[i] = value;
    const [from, to] = value > 0 ? [l / value, h / value] : [h / value, l / value];
    if (from > at(lows, j)) [lows[j], lowFrom[j]] = [from, i];
    if (to < at(highs, j)) [highs[j], highFrom[j]] = [to, i];
  }
  const fixed = lows.map((l, j) => (at(highs, j) - l <= gapOf(l, at(highs, j)) ? 1 : 0));
  if (lows.some((l, j) => l > at(highs, j) + gapOf(l, at(highs, j)))) return undefined;
  const kept = [...counts.keys()].filter((i) => {
    if (at(low, i) === -Infinity && at(high, i) === Infinity) return false;
    if (at(counts, i) !== 1) return at(counts, i) > 0;
    const j = single.get(i)?.[1] ?? 0;
    return fixed[j] === 1 && lowFrom[j] === i;
  });
  const number = new Map(kept.map((i, k) => [i, k]));
  const bound = (all: Float64Array, other: Float64Array) =>
    Float64Array.from(kept, (i) => {
      const j = single.get(i)?.[1];
      if (j !== undefined) return at(lows, j) * at(coefficients, i);
      const [own, its] = [at(all, i), at(other, i)];
      return Math.abs(own - its) <= gapOf(own, its) ? (own + its) / 2 : own;
    });
  const remaining = triplets.flatMap(([i, j, value]): Triplet[] => {
    const k = number.get(i);
    return k === undefined ? [] : [[k, j, value]];
  });
  return {
    program: {
      quadratic,
      linear,
      rows: sparse(kept.length, n, remaining),
      rowLow: bound(low, high),
      rowHigh: bound(high, low),
      low: lows.map((value, j) => (fixed[j] ? -Infinity : value)),
      high: highs.map((value, j) => (fixed[j] ? Infinity : value)),
    },
    kept,
    pins: kept.map((i) => single.get(i)?.[1] ?? -1),
    lowFrom,
    highFrom,
    coefficients,
  };
}

function gapOf(a: number, b: number): number {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return 0;
  return EQUAL * Math.max(1, Math.abs(a), Math.abs(b));
}

export interface Scaling {
  readonly program: ConvexProgram;
  /** x = columns times the scaled x; multipliers of the rows are rows times theirs over the cost. */
  readonly columns: Float64Array;
  readonly rows: Float64Array;
  readonly cost: number;
}

const SCALING_ROUNDS = 10;

export function equilibrated(program: ConvexProgram): Scaling {
  const columns = new Float64Array(program.linear.length).fill(1);
  const rows = new Float64Array(program.rows.rows).fill(1);
  let [quadratic, matrix] = [program.quadratic, program.rows];
  for (let round = 0; round < SCALING_ROUNDS; round += 1) {
    const [p, a] = [largestEntries(quadratic), largestEntries(matrix)];
    columns.forEach((value, j) => {
      columns[j] = value / rootOf(Math.max(at(p.columns, j), at(a.columns, j)));
    });
    rows.forEach((value, i) => (rows[i] = value / rootOf(at(a.rows, i))));
    quadratic = scaledSparse(program.quadratic, columns, columns);
    matrix = scaledSparse(program.rows, rows, columns);
  }
  const linear = program.linear.map((value, j) => value * at(columns, j));
  const cost = 1 / Math.max(largest(quadratic.value), largest(linear), 1e-8);
  return {
    columns,
    rows,
    cost,
    program: {
      quadratic: { ...quadratic, value: quadratic.value.map((value) => value * cost) },
      linear: linear.map((value) => value * cost),
      rows: matrix,
      rowLow: program.rowLow.map((value, i) => value * at(rows, i)),
      rowHigh: program.rowHigh.map((value, i) => value * at(rows, i)),
      low: program.low.map((value, j) => value / at(columns, j)),
      high: program.high.map((value, j) => value / at(columns, j)),
    },
  };
}

function rootOf(size: number): number {
  return size > 0 ? Math.sqrt(Math.min(1e8, Math.max(1e-8, size))) : 1;
}

/** A bound's multiplier goes to the row that sets it on that side. */
export function multipliersOf(
  program: RowProgram,
  { kept, pins, lowFrom, highFrom, coefficients }: Reduced,
  { columns, rows, cost }: Scaling,
  { y, z }: PrimalDual,
): Float64Array {
  const multipliers = new Float64Array(program.rows.rows);
  const give = (j: number, value: number): void => {
    const row = value > 0 ? at(lowFrom, j) : at(highFrom, j);
    if (value !== 0 && row >= 0)
      multipliers[row] = at(multipliers, row) + value / at(coefficients, row);
  };
  kept.forEach((i, k) => {
    const value = (at(y, k) * at(rows, k)) / cost;
    const j = pins[k] ?? -1;
    if (j < 0) multipliers[i] = value;
    else give(j, value * at(coefficients, i));
  });
  z.forEach((value, j) => give(j, value / at(columns, j) / cost));
  return multipliers;
}

/**
 * Quadratic programs of many variables that must not be negative and are mostly 0 in the answer. A program of the likely
 * ones is solved, the others being 0; those that would improve it join, until none would. The answer satisfies the
 * optimality conditions of the whole program (sifting, as of linear programs: Bixby, Gregory, Lustig, Marsten and Shanno,
 * Operations Research 40/5, 1992).
 */
import { at, cell, largest, times, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import type { LinearRow, QuadraticAnswer, QuadraticProgram } from './quadratic-program.ts';

/** Below it the whole program is solved as fast. */
const VARIABLES_MIN = 100;
const FIRST_VARIABLES = 50;
const JOINING_MAX = 30;
const ROUNDS_MAX = 20;
/** Of the largest coefficient: a slope that is no improvement. */
const SLOPE_TOLERANCE = 1e-11;

type Solve = (program: QuadraticProgram) => QuadraticAnswer | undefined;

/**
 * @param solve of a smaller program
 * @returns undefined where it does not apply or finds no answer, which does not say that there is none
 */
export function solveSifted(program: QuadraticProgram, solve: Solve): QuadraticAnswer | undefined {
  const size = program.linear.length;
  if (size < VARIABLES_MIN) return undefined;
  const floors = floorsOf(program.rows);
  const chosen = firstChosen(program, floors);
  let iterations = 0;
  for (let round = 0; round < ROUNDS_MAX && chosen.size < size; round += 1) {
    const places = [...chosen].sort((a, b) => a - b);
    const small = restricted(program, places);
    const found = small && solve(small.program);
    if (!small || !found) return undefined;
    iterations += found.iterations;
    const answer = widened(program, places, small.rows, found);
    const joining = improving(program, floors, chosen, answer);
    if (joining.length === 0) return { ...answer, iterations };
    for (const i of joining) chosen.add(i);
  }
  return undefined;
}

/** The row of each variable that says that it is not negative. */
function floorsOf(rows: readonly LinearRow[]): ReadonlyMap<number, number> {
  const floors = new Map<number, number>();
  rows.forEach((row, k) => {
    const [i, other] = variablesOf(row);
    const isFloor = i !== undefined && other === undefined && row.relation === '>=';
    if (isFloor && row.bound === 0 && at(row.coefficients, i) > 0 && !floors.has(i))
      floors.set(i, k);
  });
  return floors;
}

/** Those that a row has, two at most. */
function variablesOf({ coefficients }: LinearRow): readonly number[] {
  const first = coefficients.findIndex((value) => value !== 0);
  if (first < 0) return [];
  const second = coefficients.findIndex((value, i) => i > first && value !== 0);
  return second < 0 ? [first] : [first, second];
}

/** All that may be negative or must not be 0, and those that cost least in a small amount. */
function firstChosen(
  { quadratic, linear, rows }: QuadraticProgram,
  floors: ReadonlyMap<number, number>,
): Set<number> {
  const chosen = new Set<number>();
  linear.forEach((_, i) => {
    if (!floors.has(i)) chosen.add(i);
  });
  for (const row of rows) {
    const [i, other] = variablesOf(row);
    if (i !== undefined && other === undefined && !holdsAtZero(row)) chosen.add(i);
  }
  const amount = 1 / FIRST_VARIABLES;
  const cost = (i: number): number => at(linear, i) + (cell(quadratic, i, i) * amount) / 2;
  const likely = [...floors.keys()].sort((a, b) => cost(a) - cost(b) || a - b);
  for (const i of likely.slice(0, FIRST_VARIABLES)) chosen.add(i);
  return chosen;
}

function holdsAtZero({ relation, bound }: LinearRow): boolean {
  if (relation === '=') return bound === 0;
  return relation === '>=' ? bound <= 0 : bound >= 0;
}

interface Restricted {
  readonly program: QuadraticProgram;
  /** Numbers of its rows in the whole program. */
  readonly rows: readonly number[];
}

/** With the other variables 0; undefined where a row cannot hold then. */
function restricted(
  { quadratic, linear, rows }: QuadraticProgram,
  places: readonly number[],
): Restricted | undefined {
  const cut = (column: Float64Array): Float64Array =>
    Float64Array.from(places, (i) => at(column, i));
  const kept: number[] = [];
  const own: LinearRow[] = [];
  for (const [k, row] of rows.entries()) {
    const coefficients = cut(row.coefficients);
    if (coefficients.some((value) => value !== 0)) {
      kept.push(k);
      own.push({ ...row, coefficients });
    } else if (!holdsAtZero(row)) return undefined;
  }
  const small: Rows = places.map((i) => cut(quadratic[i] ?? new Float64Array()));
  return { program: { quadratic: small, linear: cut(linear), rows: own }, rows: kept };
}

function widened(
  program: QuadraticProgram,
  places: readonly number[],
  rows: readonly number[],
  found: QuadraticAnswer,
): QuadraticAnswer {
  const x = new Float64Array(program.linear.length);
  places.forEach((i, k) => (x[i] = at(found.x, k)));
  const multipliers = new Float64Array(program.rows.length);
  rows.forEach((row, k) => (multipliers[row] = at(found.multipliers, k)));
  return { ...found, x, multipliers };
}

/**
 * Variables at 0 whose growth lowers the objective, those that lower it most; the multipliers of the floors of all others
 * are put into the answer.
 */
function improving(
  { quadratic, linear, rows }: QuadraticProgram,
  floors: ReadonlyMap<number, number>,
  chosen: ReadonlySet<number>,
  { x, multipliers }: QuadraticAnswer,
): readonly number[] {
  const slopes = times(quadratic, x).map((value, i) => value + at(linear, i));
  rows.forEach(({ coefficients }, k) => {
    const multiplier = at(multipliers, k);
    if (multiplier !== 0)
      coefficients.forEach((value, i) => (slopes[i] = at(slopes, i) - multiplier * value));
  });
  const scale = Math.max(largest(linear), ...quadratic.map((row, i) => Math.abs(at(row, i))));
  const joining: number[] = [];
  for (const [i, row] of floors) {
    if (chosen.has(i)) continue;
    if (at(slopes, i) < -SLOPE_TOLERANCE * scale) joining.push(i);
    else multipliers[row] = Math.max(0, at(slopes, i)) / (rows[row]?.coefficients[i] ?? 1);
  }
  return joining.sort((a, b) => at(slopes, a) - at(slopes, b) || a - b).slice(0, JOINING_MAX);
}

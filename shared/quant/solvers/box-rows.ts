/** Programs whose rows are bounds of single variables and one equation go to the method made for them. */
import { solveBox, type BoxAnswer, type BoxProgram } from './box-budget.ts';
import { at, diagonal, dot, largest, times } from '#shared/quant/linear-algebra/matrix.ts';
import type { LinearRow, QuadraticAnswer, QuadraticProgram } from './quadratic-program.ts';

/** Answers beyond this are left to the general methods. */
const RESIDUAL_MAX = 1e-10;

interface Box {
  readonly program: BoxProgram;
  readonly equation: number;
  /** The row that sets each bound; -1 where none does, or the program's own bounds do. */
  readonly lowFrom: Int32Array;
  readonly highFrom: Int32Array;
}

/** @returns undefined where the program has another shape, or this method does not end with a proof */
export function solveBoxBudget(program: QuadraticProgram): QuadraticAnswer | undefined {
  const box = boxOf(program);
  const answer = box && solveBox(box.program);
  if (!answer) return undefined;
  const { x, rounds: iterations } = answer;
  const curvature = times(program.quadratic, x);
  const kktResidual = residualOf(program, box, answer, curvature);
  if (!(kktResidual <= RESIDUAL_MAX)) return undefined;
  const value = dot(curvature, x) / 2 + dot(program.linear, x);
  return { x, value, multipliers: multipliersOf(program, box, answer), kktResidual, iterations };
}

function boxOf({ quadratic, linear, rows, bounds }: QuadraticProgram): Box | undefined {
  const n = linear.length;
  const equation = rows.findIndex((row) => row.relation === '=' && supportOf(row).count > 1);
  const row = rows[equation];
  if (!row) return undefined;
  const low = bounds?.low.slice() ?? new Float64Array(n).fill(-Infinity);
  const high = bounds?.high.slice() ?? new Float64Array(n).fill(Infinity);
  const [lowFrom, highFrom] = [new Int32Array(n).fill(-1), new Int32Array(n).fill(-1)];
  for (let k = 0; k < rows.length; k += 1) {
    const bound = rows[k];
    if (!bound || k === equation) continue;
    const { first: i, count } = supportOf(bound);
    if (count !== 1) return undefined;
    const coefficient = at(bound.coefficients, i);
    const limit = bound.bound / coefficient;
    const isLow = (bound.relation === '>=') === coefficient > 0;
    const both = bound.relation === '=';
    if ((both || isLow) && limit > at(low, i)) [low[i], lowFrom[i]] = [limit, k];
    if ((both || !isLow) && limit < at(high, i)) [high[i], highFrom[i]] = [limit, k];
  }
  if (low.some((value, i) => value > at(high, i))) return undefined;
  const budget = row.coefficients;
  const program = { quadratic, linear, budget, total: row.bound, low, high };
  return { program, equation, lowFrom, highFrom };
}

/** Where a row has its first coefficient, and how many it has, 2 standing for all above. */
function supportOf({ coefficients }: LinearRow): {
  readonly first: number;
  readonly count: number;
} {
  const { length } = coefficients;
  let first = 0;
  while (first < length && coefficients[first] === 0) first += 1;
  let next = first + 1;
  while (next < length && coefficients[next] === 0) next += 1;
  return { first, count: Number(first < length) + Number(next < length) };
}

/** In units where the largest diagonal of the matrix and every row's norm are 1. */
function residualOf(
  { quadratic }: QuadraticProgram,
  { program }: Box,
  answer: BoxAnswer,
  curvature: Float64Array,
): number {
  const { linear, budget, total, low, high } = program;
  const { x, budgetMultiplier, boundMultipliers } = answer;
  const scale = largest(diagonal(quadratic)) || 1;
  const norm = Math.sqrt(dot(budget, budget));
  let worst = Math.abs(dot(budget, x) - total) / norm;
  for (let i = 0; i < x.length; i += 1) {
    const multiplier = at(boundMultipliers, i);
    const rest = at(curvature, i) + at(linear, i) - budgetMultiplier * at(budget, i) - multiplier;
    const slack = multiplier > 0 ? at(x, i) - at(low, i) : at(high, i) - at(x, i);
    const both = multiplier === 0 ? 0 : Math.abs(multiplier * slack) / scale;
    worst = Math.max(worst, Math.abs(rest) / scale, both);
    worst = Math.max(worst, at(low, i) - at(x, i), at(x, i) - at(high, i));
  }
  return worst;
}

function multipliersOf(
  { rows, bounds }: QuadraticProgram,
  { equation, lowFrom, highFrom }: Box,
  { budgetMultiplier, boundMultipliers }: BoxAnswer,
): Float64Array {
  const multipliers = new Float64Array(rows.length + (bounds ? boundMultipliers.length : 0));
  multipliers[equation] = budgetMultiplier;
  boundMultipliers.forEach((value, i) => {
    const k = value > 0 ? at(lowFrom, i) : at(highFrom, i);
    const row = rows[k];
    if (value !== 0 && row) multipliers[k] = value / at(row.coefficients, i);
    else if (bounds) multipliers[rows.length + i] = value;
  });
  return multipliers;
}

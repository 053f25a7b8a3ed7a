/** Goals with limits on counts and sizes of positions, as semicontinuous programs over the weights. */
import { at, quadratic, scaled, times, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import type { LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import type { SemicontinuousProgram } from '#shared/quant/solvers/semicontinuous/semicontinuous-program.ts';
import type { Goal, AllocationProblem } from './objectives.ts';

export interface PositionLimits {
  readonly countMax?: number | undefined;
  readonly sizeMin?: number | undefined;
}

/** All but the ratios. */
export type QuadraticGoal =
  | { readonly kind: 'MINIMUM_VOLATILITY' }
  | Exclude<Goal, { kind: 'MINIMUM_VOLATILITY' | 'MAXIMUM_SHARPE' | 'MAXIMUM_DIVERSIFICATION' }>;

/** Of each variable, from the rows. */
interface Boxes {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly required: ReadonlySet<number>;
  /** Rows of more than one variable. */
  readonly rows: readonly LinearRow[];
}

/** What is made smallest, and what is added to it to get the loss of the goal. */
interface Form {
  readonly quadratic: Rows;
  readonly linear: Float64Array;
  readonly quadraticMax?: number | undefined;
  readonly offset: number;
  readonly rows: readonly LinearRow[];
}

/** More than any weight or change of one. */
const WEIGHT_MOST = 2;

/** The loss of the goal is the program's objective and `offset`. */
export interface PositionProgram {
  readonly program: SemicontinuousProgram;
  readonly offset: number;
}

export function positionProgram(
  goal: QuadraticGoal,
  problem: AllocationProblem,
  limits: PositionLimits,
): PositionProgram {
  const { offset, rows, ...form } = formOf(goal, problem);
  const boxes = boxesOf(problem, limits);
  const program = { ...form, ...shapeOf(problem, limits, boxes), rows: [...boxes.rows, ...rows] };
  return { program, offset };
}

/** Most that can be invested: the loss is its negative. */
export function investedProgram(
  problem: AllocationProblem,
  limits: PositionLimits,
): SemicontinuousProgram {
  const boxes = boxesOf(problem, limits);
  const { variables, moments } = problem;
  const linear = new Float64Array(variables).fill(-1, 0, moments.isins.length);
  const flat = extendedRows([], variables, 1);
  return { quadratic: flat, linear, ...shapeOf(problem, limits, boxes), rows: boxes.rows };
}

/** What is known of all portfolios that are better than the best one found. */
export interface RatioRange {
  /** Their return is between these. */
  readonly returnMin: number;
  readonly returnMax: number;
}

/**
 * Least y'Sy where the return of y is 1, y being the weights divided by their return; the objective is
 * 1 / ratio² (Cornuejols and Tutuncu 2007, section 8.2). The last variable is the divisor, 1 / return.
 */
export function ratioProgram(
  problem: AllocationProblem,
  limits: PositionLimits,
  { returnMin, returnMax }: RatioRange,
): SemicontinuousProgram {
  const { variables, moments } = problem;
  const boxes = boxesOf(problem, limits);
  const size = variables + 1;
  const [least, most] = [1 / returnMax, 1 / returnMin];
  const row = (coefficients: ArrayLike<number>, last: number): Float64Array => {
    const longer = extended(coefficients, size);
    longer[variables] = last;
    return longer;
  };
  const scaledRow = (one: LinearRow): LinearRow => ({
    coefficients: row(one.coefficients, -one.bound),
    relation: one.relation,
    bound: 0,
  });
  const bounds = (i: number, relation: '<=' | '>=', bound: number): LinearRow =>
    scaledRow({ coefficients: unitRow(size, i), relation, bound });
  const indices = Array.from({ length: variables }, (_, i) => i);
  return {
    quadratic: extendedRows(moments.covariance, size, 2),
    linear: new Float64Array(size),
    choices: moments.isins.length,
    required: boxes.required,
    countMax: limits.countMax ?? Infinity,
    low: row(scaled(boxes.low, least), least),
    high: row(scaled(boxes.high, most), most),
    rows: [
      ...boxes.rows.map(scaledRow),
      ...indices.map((i) => bounds(i, '<=', at(boxes.high, i))),
      { coefficients: row(moments.expected, 0), relation: '=', bound: 1 },
    ],
    rowsIfHeld: new Map(
      indices.flatMap((i) =>
        at(boxes.low, i) > 0 ? [[i, bounds(i, '>=', at(boxes.low, i))]] : [],
      ),
    ),
  };
}

/** What the weights sum to. */
export function investedRow({ moments, variables }: AllocationProblem, bound: number): LinearRow {
  const ones = new Float64Array(moments.isins.length).fill(1);
  return { coefficients: extended(ones, variables), relation: '=', bound };
}

function formOf(goal: QuadraticGoal, { moments, variables }: AllocationProblem): Form {
  const { covariance, expected } = moments;
  const variance = extendedRows(covariance, variables, 2);
  const none = new Float64Array(variables);
  const loss = extended(scaled(expected, -1), variables);
  switch (goal.kind) {
    case 'MINIMUM_VOLATILITY':
      return { quadratic: variance, linear: none, offset: 0, rows: [] };
    case 'TARGET_RETURN': {
      const coefficients = extended(expected, variables);
      const row: LinearRow = { coefficients, relation: '>=', bound: goal.returnMin };
      return { quadratic: variance, linear: none, offset: 0, rows: [row] };
    }
    case 'TARGET_RISK': {
      const quadraticMax = goal.volatilityMax ** 2;
      return { quadratic: variance, quadraticMax, linear: loss, offset: 0, rows: [] };
    }
    case 'QUADRATIC_UTILITY':
    case 'BLACK_LITTERMAN': {
      const risk = extendedRows(covariance, variables, goal.riskAversion);
      return { quadratic: risk, linear: loss, offset: 0, rows: [] };
    }
    case 'TRACKING':
    case 'RISK_PARITY':
    case 'HRP': {
      const pull = extended(scaled(times(covariance, goal.weights), -2), variables);
      const offset = quadratic(covariance, goal.weights);
      return { quadratic: variance, linear: pull, offset, rows: [] };
    }
  }
}

function shapeOf(
  { moments }: AllocationProblem,
  { countMax = Infinity }: PositionLimits,
  boxes: Boxes,
) {
  const { low, high, required } = boxes;
  return { choices: moments.isins.length, countMax, low, high, required };
}

function boxesOf(
  { variables, rows, moments }: AllocationProblem,
  { sizeMin = 0 }: PositionLimits,
): Boxes {
  const choices = moments.isins.length;
  const low = new Float64Array(variables).fill(sizeMin, 0, choices);
  const high = new Float64Array(variables).fill(WEIGHT_MOST);
  const required = new Set<number>();
  const coupling: LinearRow[] = [];
  for (const row of rows) {
    const { coefficients, relation, bound } = row;
    const touched = [...coefficients.keys()].filter((i) => at(coefficients, i) !== 0);
    const [i, second] = touched;
    if (i === undefined) continue;
    if (relation !== '>=' && touched.every((k) => at(coefficients, k) > 0))
      for (const k of touched) high[k] = Math.min(at(high, k), bound / at(coefficients, k));
    if (second !== undefined) coupling.push(row);
    else if (relation !== '<=' && bound / at(coefficients, i) > at(low, i))
      low[i] = bound / at(coefficients, i);
    if (second === undefined && relation !== '<=' && bound > 0 && i < choices) required.add(i);
  }
  for (let i = 0; i < choices; i += 1)
    if (at(high, i) < at(low, i) && !required.has(i)) high[i] = 0;
  return { low, high, required, rows: coupling };
}

function unitRow(size: number, i: number): Float64Array {
  const row = new Float64Array(size);
  row[i] = 1;
  return row;
}

function extended(vector: ArrayLike<number>, size: number): Float64Array {
  const longer = new Float64Array(size);
  longer.set(Array.from(vector));
  return longer;
}

function extendedRows(matrix: Rows, size: number, factor: number): Rows {
  return Array.from({ length: size }, (_, i) =>
    extended(scaled(matrix[i] ?? new Float64Array(0), factor), size),
  );
}

/**
 * One front for all convex quadratic programs: minimise x'Qx/2 + c'x within linear rows.
 *
 * The program is scaled (largest diagonal of Q, and every row's norm, to 1) and solved by the dual
 * method of Goldfarb and Idnani (1983). Where Q is only semidefinite (Q = 0 makes a linear program),
 * or rounding defeats that method, the interior-point method of `convex-program.ts` takes its place.
 * The active rows are then solved once more as equations. The residual of the optimality conditions is
 * computed from the program alone.
 */
import { solveQP } from 'quadprog';
import { Failure } from '#shared/kernel/failure.ts';
import { isDefiniteAbove } from '#shared/quant/linear-algebra/cholesky.ts';
import { boundsAsRows, withBoundMultipliers } from './bounds-as-rows.ts';
import { solveBoxBudget } from './box-rows.ts';
import { solveRows, type RowAnswer } from './convex-program.ts';
import {
  at,
  dot,
  largest,
  plus,
  scaled,
  solved,
  times,
  type Rows,
} from '#shared/quant/linear-algebra/matrix.ts';
import {
  unit,
  type LinearRow,
  type QuadraticAnswer,
  type QuadraticProgram,
} from './quadratic-program.ts';
import { solveSifted } from './sifted-program.ts';
import { sparse, type Sparse, type Triplet } from '#shared/quant/linear-algebra/sparse.ts';

/** Rows hold at least this well in every answer; each row is measured in its own norm. */
const FEASIBILITY_TOLERANCE = 1e-8;
const SLACK = 1e-9;
/** Of a scaled program; below it the dual method loses too many digits. */
const DEFINITE_FLOOR = 1e-10;
/** Turns the program into one whose rows alone decide whether there is an answer. */
const RIDGE = 1;

/** The program as the solver takes it: all rows `>=`, of norm 1, equalities first. */
interface Scaled {
  readonly quadratic: Rows;
  readonly linear: Float64Array;
  readonly normals: readonly Float64Array[];
  readonly bounds: Float64Array;
  readonly equalities: number;
  /** Number of the given row, and what its multiplier is multiplied with. */
  readonly origin: readonly { readonly row: number; readonly factor: number }[];
}

interface Point {
  readonly x: Float64Array;
  readonly multipliers: Float64Array;
  readonly iterations: number;
}

/** @returns undefined when no point satisfies all rows, or none of them is the best */
export function solveQuadratic(program: QuadraticProgram): QuadraticAnswer | undefined {
  const { bounds, rows, ...rest } = program;
  const boxed = solveBoxBudget(program);
  if (boxed || !bounds) return boxed ?? solveByRows(program);
  const answer = solveByRows({ ...rest, rows: [...boundsAsRows(bounds), ...rows] });
  return answer && withBoundMultipliers(answer, bounds);
}

function solveByRows(program: QuadraticProgram): QuadraticAnswer | undefined {
  return solveSifted(program, solveGeneral) ?? solveGeneral(program);
}

function solveGeneral(program: QuadraticProgram): QuadraticAnswer | undefined {
  const scale = objectiveScale(program);
  const problem = scaledProgram(program, scale);
  if (!problem) return undefined;
  const best = pointOf(problem);
  if (!best) return undefined;
  const multipliers = new Float64Array(program.rows.length);
  problem.origin.forEach(({ row, factor }, k) => {
    multipliers[row] = at(best.multipliers, k) * factor * scale;
  });
  return {
    x: best.x,
    value: dot(times(program.quadratic, best.x), best.x) / 2 + dot(program.linear, best.x),
    multipliers,
    kktResidual: residualOf(problem, best),
    iterations: best.iterations,
  };
}

/** Whether some point satisfies all rows: the one nearest to the origin is looked for. */
export function isFeasible(size: number, rows: readonly LinearRow[]): boolean {
  const quadratic = Array.from({ length: size }, (_, i) => unit(size, i));
  return solveQuadratic({ quadratic, linear: new Float64Array(size), rows }) !== undefined;
}

/**
 * The dual method where Q is definite; else, or where its answer misses a row, the interior-point
 * method. What that one and the dual method with a ridge both find contradictory is so.
 */
function pointOf(problem: Scaled): Point | undefined {
  const first = isDefiniteAbove(problem.quadratic, DEFINITE_FLOOR) ? dual(problem, 0) : undefined;
  const best = first && polished(problem, first);
  if (best && holds(problem, best)) return best;
  const inner = innerPoint(problem);
  if (inner.status === 'unbounded') return undefined;
  const retried = inner.status === 'optimal' ? polished(problem, inner) : undefined;
  if (retried && holds(problem, retried)) return retried;
  const start = dual(problem, RIDGE);
  if (!start) return undefined;
  const near = proximal(problem, start);
  if (near) return near;
  throw new Failure('BUG', 'Invariant: an answer satisfies every row of its program');
}

/** Of the distance that a step may go, and when steps have arrived. */
const PROXIMITY = 1e-3;
const PROXIMAL_ROUNDS = 60;
const ARRIVED = 1e-9;

/**
 * Where interior points stall: the program with the squared distance from the last point added is definite, and its
 * answers lead to that of the program (Rockafellar, SIAM Journal on Control and Optimization 14/5, 1976).
 */
function proximal(problem: Scaled, start: Point): Point | undefined {
  let point = start;
  for (let round = 0; round < PROXIMAL_ROUNDS; round += 1) {
    const linear = plus(problem.linear, point.x, -PROXIMITY);
    const next = dual({ ...problem, linear }, PROXIMITY);
    if (!next) return undefined;
    point = polished(problem, next);
    if (residualOf(problem, point) <= ARRIVED) break;
  }
  return holds(problem, point) ? point : undefined;
}

function holds(problem: Scaled, { x }: Point): boolean {
  return violationOf(problem, x) <= FEASIBILITY_TOLERANCE;
}

function innerPoint({ quadratic, linear, normals, bounds, equalities }: Scaled): RowAnswer {
  const high = bounds.map((bound, k) => (k < equalities ? bound : Infinity));
  const rows = sparseRows(normals, linear.length);
  const program = { quadratic: sparseRows(quadratic, linear.length), linear, rows };
  return solveRows({ ...program, low: bounds, high });
}

function sparseRows(rows: readonly Float64Array[], columns: number): Sparse {
  const triplets = rows.flatMap((row, i) =>
    Array.from(row).flatMap((value, j): Triplet[] => (value === 0 ? [] : [[i, j, value]])),
  );
  return sparse(rows.length, columns, triplets);
}

/** Solves with a ridge; bounds that only rounding contradicts are met within SLACK. */
function dual(problem: Scaled, ridge: number): Point | undefined {
  return goldfarbIdnani(problem, ridge, 0) ?? goldfarbIdnani(problem, ridge, SLACK);
}

function goldfarbIdnani(
  { quadratic, linear, normals, bounds, equalities }: Scaled,
  ridge: number,
  slack: number,
): Point | undefined {
  const n = linear.length;
  const columns = Array.from({ length: n }, (_, i) => i);
  const d = quadratic.map((row, i) => [0, ...row.map((v, j) => (i === j ? v + ridge : v))]);
  const linearTerm = columns.map((i) => -at(linear, i));
  // Without any row the solver still wants one.
  const rows = normals.length > 0 ? normals : [new Float64Array(n)];
  const a = columns.map((i) => [0, ...rows.map((normal) => at(normal, i))]);
  const b = [0, ...rows.map((_, k) => at(bounds, k) - (k < equalities ? 0 : slack))];
  const result = solveQP([[], ...d], [0, ...linearTerm], [[], ...a], b, equalities);
  const x = Float64Array.from(columns, (i) => at(result.solution, i + 1));
  if (result.message !== '' || x.some(Number.isNaN)) return undefined;
  const multipliers = Float64Array.from(normals, (normal, k) => {
    const turned = columns.some((i) => at(a[i] ?? [], k + 1) !== at(normal, i));
    return (turned ? -1 : 1) * at(result.Lagrangian, k + 1);
  });
  return { x, multipliers, iterations: at(result.iterations, 1) };
}

/** Solves the active rows as equations; keeps whichever point meets the conditions better. */
function polished(problem: Scaled, point: Point): Point {
  const { normals, bounds, linear, quadratic, equalities } = problem;
  const n = linear.length;
  const active = normals.flatMap((_, k) =>
    k < equalities || Math.abs(at(point.multipliers, k)) > 1e-12 ? [k] : [],
  );
  const before = residualOf(problem, point);
  if (before <= 1e-14 || active.length > n) return point;
  const size = n + active.length;
  const system = Array.from({ length: size }, (_, i) => {
    const row = new Float64Array(size);
    if (i < n) row.set(quadratic[i] ?? []);
    active.forEach((k, j) => {
      const normal = normals[k] ?? new Float64Array(n);
      if (i < n) row[n + j] = -at(normal, i);
      else if (i === n + j) row.set(normal);
    });
    return row;
  });
  const right = Float64Array.from({ length: size }, (_, i) =>
    i < n ? -at(linear, i) : at(bounds, active[i - n] ?? 0),
  );
  const answer = solved(system, right);
  if (answer.some((value) => !Number.isFinite(value))) return point;
  const multipliers = new Float64Array(normals.length);
  active.forEach((k, j) => (multipliers[k] = at(answer, n + j)));
  const candidate = { ...point, x: answer.slice(0, n), multipliers };
  return residualOf(problem, candidate) < before ? candidate : point;
}

/** Stationarity, feasibility, signs of the multipliers and complementarity: the worst of all. */
function residualOf(problem: Scaled, { x, multipliers }: Point): number {
  const { quadratic, linear, normals, bounds, equalities } = problem;
  let gradient = plus(times(quadratic, x), linear);
  let worst = violationOf(problem, x);
  normals.forEach((normal, k) => {
    const multiplier = at(multipliers, k);
    if (multiplier === 0) return;
    gradient = plus(gradient, normal, -multiplier);
    if (k < equalities) return;
    const slack = dot(normal, x) - at(bounds, k);
    worst = Math.max(worst, -multiplier, Math.abs(multiplier * slack));
  });
  return Math.max(worst, largest(gradient));
}

function violationOf({ normals, bounds, equalities }: Scaled, x: Float64Array): number {
  let worst = 0;
  normals.forEach((normal, k) => {
    const slack = dot(normal, x) - at(bounds, k);
    worst = Math.max(worst, k < equalities ? Math.abs(slack) : -slack);
  });
  return worst;
}

function objectiveScale({ quadratic, linear }: QuadraticProgram): number {
  const curvature = Math.max(0, ...quadratic.map((row, i) => at(row, i)));
  return curvature > 0 ? curvature : largest(linear) || 1;
}

/** @returns undefined when a row without coefficients contradicts its bound */
function scaledProgram(program: QuadraticProgram, scale: number): Scaled | undefined {
  const order = program.rows.map((row, index) => ({ row, index }));
  const sorted = [
    ...order.filter(({ row }) => row.relation === '='),
    ...order.filter(({ row }) => row.relation !== '='),
  ];
  const kept = sorted.map(({ row, index }) => {
    const norm = Math.sqrt(dot(row.coefficients, row.coefficients));
    return { row, index, norm, factor: (row.relation === '<=' ? -1 : 1) / (norm || 1) };
  });
  const empty = kept.filter(({ norm }) => norm === 0);
  if (empty.some(({ row, factor }) => contradicts(row.relation, factor * row.bound)))
    return undefined;
  const full = kept.filter(({ norm }) => norm > 0);
  return {
    quadratic: program.quadratic.map((row) => scaled(row, 1 / scale)),
    linear: scaled(program.linear, 1 / scale),
    normals: full.map(({ row, factor }) => scaled(row.coefficients, factor)),
    bounds: Float64Array.from(full, ({ row, factor }) => row.bound * factor),
    equalities: full.filter(({ row }) => row.relation === '=').length,
    origin: full.map(({ index, factor }) => ({ row: index, factor })),
  };
}

function contradicts(relation: LinearRow['relation'], bound: number): boolean {
  return relation === '=' ? Math.abs(bound) > SLACK : bound > SLACK;
}

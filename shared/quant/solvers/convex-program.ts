/**
 * Convex programs of any kind, sparse and badly scaled ones too: minimise x'Px/2 + q'x where
 * low <= Ax <= high; reduced and equilibrated (`row-program.ts`), solved by the interior-point method,
 * and polished: what is active is solved once more as equations.
 */
import { polished, residualOf } from './active-set-polish.ts';
import { interiorPoint } from './interior-point.ts';
import { at, dot, largest } from '#shared/quant/linear-algebra/matrix.ts';
import { equilibrated, multipliersOf, reducedProgram, type RowProgram } from './row-program.ts';
import {
  largestEntries,
  product,
  sparse,
  tripletsOf,
  type Triplet,
} from '#shared/quant/linear-algebra/sparse.ts';

export interface RowAnswer {
  /** `stalled`: neither an optimum nor a proof that there is none was found. */
  readonly status: 'optimal' | 'infeasible' | 'unbounded' | 'stalled';
  readonly x: Float64Array;
  readonly value: number;
  /** Px + q = A' multipliers; not negative where only `low` binds, not positive where only `high`. */
  readonly multipliers: Float64Array;
  /** Largest violation of the optimality conditions, of the equilibrated program. */
  readonly kktResidual: number;
  /** Largest violation of a row, in units of its largest coefficient. */
  readonly violation: number;
  readonly iterations: number;
}

const ACCEPTED = 1e-6;
const CONTRADICTION = 1e-7;

export function solveRows(program: RowProgram): RowAnswer {
  const answer = attempt(program);
  if (answer.status !== 'stalled') return answer;
  if (isContradictory(program)) return nowhere(program, 'infeasible', answer.iterations);
  return hasNoEnd(program) ? nowhere(program, 'unbounded', answer.iterations) : answer;
}

function attempt(program: RowProgram): RowAnswer {
  const reduced = reducedProgram(program);
  if (!reduced) return nowhere(program, 'infeasible', 0);
  const scaling = equilibrated(reduced.program);
  const answer = interiorPoint(scaling.program);
  if (answer.status === 'infeasible' || answer.status === 'unbounded')
    return nowhere(program, answer.status, answer.iterations);
  const best = polished(scaling.program, answer);
  const x = best.x.map((value, j) => value * at(scaling.columns, j));
  const multipliers = multipliersOf(program, reduced, scaling, best);
  const kktResidual = residualOf(scaling.program, best);
  const status = kktResidual <= ACCEPTED ? 'optimal' : answer.status;
  const curved = product(program.quadratic, x);
  return {
    status,
    x,
    value: dot(curved, x) / 2 + dot(program.linear, x),
    multipliers,
    kktResidual,
    violation: violationOf(program, x),
    iterations: answer.iterations,
  };
}

/** Whether rows must be missed in sum by more than rounding: the elastic program always has an answer. */
function isContradictory({ rows, low, high, linear }: RowProgram): boolean {
  const [n, m] = [linear.length, rows.rows];
  const norms = largestEntries(rows).rows;
  const size = n + 2 * m;
  const elastic = Array.from({ length: m }, (_, i): Triplet[] => [
    [i, n + i, at(norms, i) || 1],
    [i, n + m + i, -(at(norms, i) || 1)],
    [m + i, n + i, 1],
    [2 * m + i, n + m + i, 1],
  ]);
  const answer = attempt({
    quadratic: sparse(size, size, []),
    linear: new Float64Array(size).fill(1, n),
    rows: sparse(3 * m, size, [...tripletsOf(rows), ...elastic.flat()]),
    low: Float64Array.from({ length: 3 * m }, (_, i) => (i < m ? at(low, i) : 0)),
    high: Float64Array.from({ length: 3 * m }, (_, i) => (i < m ? at(high, i) : Infinity)),
  });
  return answer.status === 'optimal' && answer.value > CONTRADICTION;
}

/** Whether some direction without curvature, which no row ends, gains. */
function hasNoEnd({ quadratic, linear, rows, low, high }: RowProgram): boolean {
  const [n, m] = [linear.length, rows.rows];
  const flat = tripletsOf(quadratic).map(([i, j, value]): Triplet => [m + i, j, value]);
  const box = Array.from({ length: n }, (_, j): Triplet => [m + n + j, j, 1]);
  const sides = (bounds: Float64Array, none: number, box: number) =>
    Float64Array.from({ length: m + 2 * n }, (_, i) =>
      i < m ? (Number.isFinite(at(bounds, i)) ? 0 : none) : i < m + n ? 0 : box,
    );
  const answer = attempt({
    quadratic: sparse(n, n, []),
    linear,
    rows: sparse(m + 2 * n, n, [...tripletsOf(rows), ...flat, ...box]),
    low: sides(low, -Infinity, -1),
    high: sides(high, Infinity, 1),
  });
  return answer.status === 'optimal' && answer.value < -CONTRADICTION * largest(linear);
}

function violationOf({ rows, low, high }: RowProgram, x: Float64Array): number {
  const reached = product(rows, x);
  const norms = largestEntries(rows).rows;
  let worst = 0;
  reached.forEach((value, i) => {
    const miss = Math.max(0, at(low, i) - value, value - at(high, i));
    worst = Math.max(worst, miss / (at(norms, i) || 1));
  });
  return worst;
}

function nowhere(program: RowProgram, status: RowAnswer['status'], iterations: number): RowAnswer {
  const x = new Float64Array(program.linear.length);
  const value = status === 'unbounded' ? -Infinity : NaN;
  const multipliers = new Float64Array(program.rows.rows);
  return { status, x, value, multipliers, kktResidual: NaN, violation: NaN, iterations };
}

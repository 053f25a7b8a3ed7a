/**
 * One relaxation that resolves a conflict of limits: of the limits in conflict, the one that must
 * be relaxed least, and by how much. The others are unchanged.
 */
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { solveQuadratic } from '#shared/quant/solvers/quadratic.ts';
import {
  longOnly,
  variableCountOf,
  type AllocationLimits,
  type Requirement,
} from './constraints.ts';

export interface LimitRelaxation {
  readonly words: string;
  /**
   * In the unit of the limit: a share of the value, or a return a year; Infinity: it must be
   * dropped.
   */
  readonly byRatio: number;
}

/** Never less than what is needed. */
const MARGIN = 1e-6;

/**
 * @param conflict the smallest set that cannot hold
 * @param all every requirement, those in conflict among them
 * @returns undefined where no single relaxation suffices
 */
export function relaxationOf(
  conflict: readonly Requirement[],
  all: readonly Requirement[],
  limits: AllocationLimits,
  holds: (requirements: readonly Requirement[]) => boolean,
): LimitRelaxation | undefined {
  const options = conflict.flatMap((one): LimitRelaxation[] => {
    const others = all.filter((other) => other !== one);
    if (!holds(others)) return [];
    const by = leastSlack(one, others, limits);
    const isFeasible = by !== undefined && holds([...others, loosened(one, by)]);
    return [{ words: one.words, byRatio: isFeasible ? by : Infinity }];
  });
  return [...options].sort((a, b) => a.byRatio - b.byRatio)[0];
}

export function relaxationText({ words, byRatio }: LimitRelaxation): string {
  if (!Number.isFinite(byRatio)) return `It would do to leave out that ${words}.`;
  const points = (Math.ceil(byRatio * 1e4 - 1e-9) / 100).toFixed(2);
  return `It would do to loosen by ${points} percentage points that ${words}.`;
}

/** Least s by which all bounds of a requirement must be relaxed; undefined where none suffices. */
function leastSlack(
  one: Requirement,
  others: readonly Requirement[],
  limits: AllocationLimits,
): number | undefined {
  if (one.rows.length === 0) return undefined;
  const [size, at] = [variableCountOf(limits) + 1, variableCountOf(limits)];
  const rows = [
    ...[...longOnly(limits), ...others.flatMap((other) => other.rows)].map((row) =>
      wider(row, size, 0),
    ),
    ...one.rows.map((row) => wider(row, size, 1)),
    { coefficients: unit(size, at), relation: '>=' as const, bound: 0 },
  ];
  const quadratic = Array.from({ length: size }, () => new Float64Array(size));
  const answer = solveQuadratic({ quadratic, linear: unit(size, at), rows });
  return answer && answer.value + MARGIN;
}

/** The row with the slack beside the other variables. */
function wider(row: LinearRow, size: number, slack: 0 | 1): LinearRow {
  const coefficients = new Float64Array(size);
  coefficients.set(row.coefficients);
  coefficients[size - 1] = slack * (row.relation === '<=' ? -1 : 1);
  return { ...row, coefficients };
}

function loosened(one: Requirement, by: number): Requirement {
  const rows = one.rows.map((row) => ({
    ...row,
    bound: row.relation === '<=' ? row.bound + by : row.bound - by,
  }));
  return { ...one, rows };
}

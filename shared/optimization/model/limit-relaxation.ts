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
   * In the unit of the limit: a share of the value, or a return or a volatility a year; Infinity: it must be
   * dropped, or is a count.
   */
  readonly byRatio: number;
  /** Most positions that would do, where the limit is a count. */
  readonly countMax?: number | undefined;
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
    if (one.countMax !== undefined)
      return [countRelaxation(one, one.countMax, others, limits, holds)];
    if (one.rows.length === 0) return [figureRelaxation(one, others, holds)];
    const by = leastSlack(one, others, limits);
    return [
      { words: one.words, byRatio: by === undefined ? Infinity : enough(one, by, others, holds) },
    ];
  });
  return [...options].sort((a, b) => a.byRatio - b.byRatio)[0];
}

export function relaxationText(relaxation: LimitRelaxation): string {
  return `It would do to ${changeText(relaxation)}.`;
}

/** Of a relaxation that resolves the named conflict, where there are others besides. */
export function partialRelaxationText(relaxation: LimitRelaxation): string {
  return `For these it would do to ${changeText(relaxation)}; other limits conflict as well.`;
}

function changeText({ words, byRatio, countMax }: LimitRelaxation): string {
  if (countMax !== undefined) return `allow ${countMax} positions (${words})`;
  if (!Number.isFinite(byRatio)) return `leave out that ${words}`;
  const points = (Math.ceil(byRatio * 1e4 - 1e-9) / 100).toFixed(2);
  return `loosen by ${points} percentage points that ${words}`;
}

type Holds = (requirements: readonly Requirement[]) => boolean;

/** The least count that would do: the more are allowed, the more can be held. */
function countRelaxation(
  one: Requirement,
  countMax: number,
  others: readonly Requirement[],
  { securities }: AllocationLimits,
  holds: Holds,
): LimitRelaxation {
  const count = leastThat(countMax + 1, securities.length, (most) =>
    holds([...others, { ...one, countMax: most }]),
  );
  return { words: one.words, byRatio: Infinity, countMax: count };
}

/** A hundredth of a percentage point, in which sizes and volatilities are relaxed; one more than needed keeps off the edge. */
const STEP = 1e-4;
/** No portfolio has more: 1,000 % a year. */
const VOLATILITY_MOST = 10;

/** The least by which a smallest size, or a volatility, must be relaxed. */
function figureRelaxation(
  one: Requirement,
  others: readonly Requirement[],
  holds: Holds,
): LimitRelaxation {
  const { sizeMin, volatilityMax } = one;
  const most = sizeMin === undefined ? VOLATILITY_MOST : sizeMin;
  const relaxed = (steps: number): Requirement => ({
    ...one,
    sizeMin: sizeMin === undefined ? undefined : Math.max(0, sizeMin - steps * STEP),
    volatilityMax: volatilityMax === undefined ? undefined : volatilityMax + steps * STEP,
  });
  const steps = leastThat(1, Math.ceil(most / STEP), (count) => holds([...others, relaxed(count)]));
  return { words: one.words, byRatio: steps === undefined ? Infinity : (steps + 1) * STEP };
}

/** The least whole number from one to another that holds, where all above it hold; undefined where none does. */
function leastThat(
  from: number,
  to: number,
  holds: (count: number) => boolean,
): number | undefined {
  if (from > to || !holds(to)) return undefined;
  let [low, high] = [from - 1, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The slack where that suffices, else the least steps beyond it: counts and sizes are no part of the slack. */
function enough(
  one: Requirement,
  by: number,
  others: readonly Requirement[],
  holds: Holds,
): number {
  const isEnough = (ratio: number): boolean => holds([...others, loosened(one, ratio)]);
  if (isEnough(by)) return by;
  const steps = leastThat(Math.ceil(by / STEP), Math.ceil(1 / STEP), (count) =>
    isEnough(count * STEP),
  );
  return steps === undefined ? Infinity : (steps + 1) * STEP;
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

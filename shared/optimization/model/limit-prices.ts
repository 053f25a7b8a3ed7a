/**
 * The price of each limit: the utility a year, mu'w - (gamma/2) w'Sw, that the best weights would
 * have more without it, found by solving again without it; and its shadow price, the utility of one
 * more percentage point, from the multipliers of the solution with all limits (Boyd and
 * Vandenberghe, "Convex Optimization", 5.6). Where counts or sizes of positions are limited there are no
 * multipliers, and both are found by solving again (`position-limit-prices.ts`).
 */
import { at, scaled, sum } from '#shared/quant/linear-algebra/matrix.ts';
import type { QuadraticAnswer } from '#shared/quant/solvers/quadratic-program.ts';
import { solveQuadratic } from '#shared/quant/solvers/quadratic.ts';
import { problemOf, solveWithin } from './allocate.ts';
import {
  longOnly,
  requirementsOf,
  variableCountOf,
  type AllocationLimits,
  type Requirement,
} from './constraints.ts';
import { isDefinition, positionedPrices } from './position-limit-prices.ts';
import type { Moments } from './security-moments.ts';

export interface LimitPrice {
  /** The limit, as a clause for a person. */
  readonly description: string;
  /** Utility a year that the limit costs, as a fraction of the value. */
  readonly costRatio: number;
  /** Utility a year of one more percentage point of it; of a limit on the count, of one more position. */
  readonly perPointRatio: number;
}

const POINT = 0.01;
/** A thousandth of a basis point a year is no difference. */
const LEAST_COST = 1e-7;
const LEAST_MULTIPLIER = 1e-8;

/** Of the limits that bind, the dearest first; none where nothing satisfies all of them. */
export function limitPrices(
  moments: Moments,
  limits: AllocationLimits,
  riskAversion: number,
): readonly LimitPrice[] {
  const requirements = requirementsOf(limits);
  const isCounted = requirements.some(({ rows }) => rows.length === 0);
  const prices = isCounted
    ? pricesWithPositions(moments, limits, riskAversion, requirements)
    : pricesByMultipliers(moments, limits, riskAversion, requirements);
  return prices
    .filter(({ costRatio, perPointRatio }) => Math.max(costRatio, perPointRatio) > LEAST_COST)
    .filter(({ costRatio }) => Number.isFinite(costRatio))
    .sort((a, b) => b.costRatio - a.costRatio || (a.description < b.description ? -1 : 1));
}

function pricesWithPositions(
  moments: Moments,
  limits: AllocationLimits,
  riskAversion: number,
  requirements: readonly Requirement[],
): readonly LimitPrice[] {
  const goal = { kind: 'QUADRATIC_UTILITY', riskAversion } as const;
  const prices = positionedPrices(requirements, (some, budget) =>
    solveWithin(goal, problemOf(moments, limits, some), some, budget),
  );
  return prices.map(({ requirement, costRatio, perUnitRatio: perPointRatio, isProven }) => ({
    ...{ costRatio, perPointRatio },
    description: isProven ? requirement.words : `${requirement.words} (costs at least this)`,
  }));
}

function pricesByMultipliers(
  moments: Moments,
  limits: AllocationLimits,
  riskAversion: number,
  requirements: readonly Requirement[],
): readonly LimitPrice[] {
  const best = solve(moments, limits, riskAversion, requirements);
  if (!best) return [];
  return requirements.flatMap((one, k): LimitPrice[] => {
    const multiplier = multiplierOf(best, limits, requirements, k);
    if (multiplier < LEAST_MULTIPLIER) return [];
    const others = requirements.filter((other) => other !== one);
    const without = solve(moments, limits, riskAversion, others);
    const costRatio = without ? Math.max(0, best.value - without.value) : Infinity;
    return [{ description: one.words, costRatio, perPointRatio: multiplier * POINT }];
  });
}

/** Least negative utility. */
function solve(
  { expected, covariance }: Moments,
  limits: AllocationLimits,
  riskAversion: number,
  requirements: readonly Requirement[],
): QuadraticAnswer | undefined {
  const size = variableCountOf(limits);
  const quadratic = Array.from({ length: size }, (_, i) => {
    const row = new Float64Array(size);
    const own = covariance[i];
    if (own) row.set(scaled(own, riskAversion));
    return row;
  });
  const linear = new Float64Array(size);
  linear.set(scaled(expected, -1));
  const rows = [...longOnly(limits), ...requirements.flatMap((one) => one.rows)];
  return solveQuadratic({ quadratic, linear, rows });
}

/** What one more of all bounds of a requirement is worth, loosened together. */
function multiplierOf(
  { multipliers }: QuadraticAnswer,
  limits: AllocationLimits,
  requirements: readonly Requirement[],
  k: number,
): number {
  const before = requirements.slice(0, k).map(({ rows }) => rows.length);
  const first = longOnly(limits).length + sum(before);
  const rows = requirements[k]?.rows ?? [];
  const own = rows.map((row, r) =>
    isDefinition(row.bound, row.relation) ? 0 : at(multipliers, first + r),
  );
  return sum(own.map((value) => Math.abs(value)));
}

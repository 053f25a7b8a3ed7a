/**
 * The price of each limit where the number or the size of positions is limited: what the best weights without it gain,
 * both found by the search over what is held. One more percentage point, or one more position, is priced the same
 * way. Where a search ended before its proof, the gain is what it found: the limit costs at least that.
 */
import type { SearchBudget } from '#shared/quant/solvers/semicontinuous/branch-and-bound.ts';
import { positionBudget, type Positioned } from './position-limits.ts';
import type { Requirement } from './constraints.ts';

export interface PositionedPrice {
  readonly requirement: Requirement;
  /** Utility a year, at least. */
  readonly costRatio: number;
  /** Of one more percentage point, or of one more position. */
  readonly perUnitRatio: number;
  readonly isProven: boolean;
}

/** Solves for the utility under some requirements, within a budget. */
export type SolveUnder = (requirements: readonly Requirement[], budget: SearchBudget) => Positioned;

const POINT = 0.01;
/** A bound this near is reached. */
const TOUCHES = 1e-7;

export function positionedPrices(
  requirements: readonly Requirement[],
  solve: SolveUnder,
): readonly PositionedPrice[] {
  const whole = positionBudget().left / 2;
  const best = solve(requirements, { left: whole / 4 });
  const { solution } = best;
  if (!solution) return [];
  const candidates = requirements.filter((one) => mayBind(one, solution.weights));
  const left = whole / (2 * Math.max(1, candidates.length));
  return candidates.map((requirement): PositionedPrice => {
    const others = requirements.filter((other) => other !== requirement);
    const without = solve(others, { left });
    const more = solve([...others, loosenedByOne(requirement)], { left });
    return {
      requirement,
      costRatio: gain(solution.loss, without),
      perUnitRatio: gain(solution.loss, more),
      isProven: best.proven && without.proven,
    };
  });
}

function gain(loss: number, { solution }: Positioned): number {
  return solution ? Math.max(0, loss - solution.loss) : 0;
}

/** A count or a size may keep out what is not held; a bound binds only where it is reached. */
function mayBind({ rows, countMax, sizeMin }: Requirement, weights: Float64Array): boolean {
  const held = weights.filter((weight) => weight > 0).length;
  if (countMax !== undefined) return held >= countMax;
  if (sizeMin !== undefined) return true;
  return rows.some(({ coefficients, relation, bound }) => {
    if (coefficients.length > weights.length) return true;
    const sum = weights.reduce((all, weight, i) => all + weight * (coefficients[i] ?? 0), 0);
    return relation === '<=' ? sum >= bound - TOUCHES : sum <= bound + TOUCHES && bound > 0;
  });
}

function loosenedByOne(one: Requirement): Requirement {
  const { rows, countMax, sizeMin } = one;
  return {
    ...one,
    countMax: countMax === undefined ? undefined : countMax + 1,
    sizeMin: sizeMin === undefined ? undefined : Math.max(0, sizeMin - POINT),
    rows: rows.map((row) => {
      if (isDefinition(row.bound, row.relation)) return row;
      return { ...row, bound: row.relation === '<=' ? row.bound + POINT : row.bound - POINT };
    }),
  };
}

/** Rows that only define a variable, as the change of a weight, are no limit. */
export function isDefinition(bound: number, relation: string): boolean {
  return relation === '>=' && bound <= 0;
}

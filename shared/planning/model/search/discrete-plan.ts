/** The search space as a discrete problem: the same rules and the same utility, solved with proof. */
import type { TaxPiece } from '../taxes/tax-curve.ts';
import type { DiscreteProblem, DiscreteSecurity, GainTax } from '../discrete/discrete-problem.ts';
import {
  searchDiscrete,
  type DiscreteProgress,
  type DiscreteSolution,
} from '../discrete/discrete-search.ts';
import { PRICE_MOVE_RATIO } from '../plan-limits.ts';
import type { SearchSpace } from './search-space.ts';
import { ROUNDING_RESERVE } from './sequence-state.ts';

/** Node limit: ranges bounded before the search ends with the best found and its gap. */
const PLAN_NODES = 1_200;
/** A thousandth of a basis point a year is no difference. */
const SAME_UTILITY = 1e-7;

/** A straight part of the tax on gains, and the gain of each lot sold as the search is to count it. */
export interface TaxedPart {
  readonly piece: TaxPiece;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly gainEach: readonly number[];
}

export type PlanProgress = Pick<DiscreteProgress, 'evaluated' | 'gain'>;

export interface SolvedPlan {
  readonly lots: Float64Array;
  /** False where no sequence keeps the limits. */
  readonly found: boolean;
  readonly exact: boolean;
  /** No plan's utility exceeds that of holding by more, the tax as this part of it says. */
  readonly gainBound: number;
  /** No plan's utility exceeds that of these lots by more. */
  readonly gap: number;
  readonly nodes: number;
  readonly evaluated: number;
}

/**
 * Yields the sequences evaluated and the best gain so far.
 * @param taxed the part of the tax that the plan is to lie on; absent where no gain is taxed
 * @param starts sequences to begin with
 * @param enough ends as soon as a sequence gains more than this, or none can
 */
export function* solvePlan(
  space: SearchSpace,
  taxed: TaxedPart | undefined,
  starts: readonly Float64Array[],
  enough?: number,
): Generator<PlanProgress, SolvedPlan> {
  const problem = discreteOf(space, taxed);
  let solved = yield* solve(problem, starts, enough);
  // Below the reserve nothing may be bought; what is sold brings cash, however little.
  if (space.cash < space.reserve)
    solved = better(solved, yield* solve(salesOnly(problem), [], enough));
  const found = solved.gap < Infinity;
  return {
    lots: found ? solved.lots : new Float64Array(space.size),
    found,
    exact: solved.status === 'exact' || solved.status === 'infeasible',
    // A range without a choice bounds nothing.
    gainBound: solved.status === 'infeasible' ? -Infinity : solved.bound - solved.idle,
    ...{ gap: solved.gap, nodes: solved.nodes, evaluated: solved.evaluated },
  };
}

function* solve(
  problem: DiscreteProblem,
  starts: readonly Float64Array[],
  enough: number | undefined,
): Generator<PlanProgress, DiscreteSolution> {
  const limits = { nodesMost: PLAN_NODES, gap: SAME_UTILITY };
  const search = searchDiscrete(problem, { ...limits, starts, enough });
  for (;;) {
    const next = search.next();
    if (next.done) return next.value;
    yield next.value;
  }
}

/** The better of two results, with the bound that holds for both. */
function better(a: DiscreteSolution, b: DiscreteSolution): DiscreteSolution {
  if (a.status === 'infeasible') return withWork(b, a);
  const best = b.objective > a.objective ? b : a;
  const gap = Math.max(a.bound, b.bound) - best.objective;
  const exact = a.status === 'exact' && b.status === 'exact';
  return withWork({ ...best, gap, status: exact ? 'exact' : 'bounded' }, best === a ? b : a);
}

function withWork(one: DiscreteSolution, other: DiscreteSolution): DiscreteSolution {
  const { nodes, evaluated } = other;
  return { ...one, nodes: one.nodes + nodes, evaluated: one.evaluated + evaluated };
}

function salesOnly(problem: DiscreteProblem): DiscreteProblem {
  return {
    ...problem,
    securities: problem.securities.map((one) => ({ ...one, buyMost: 0 })),
    limits: { ...problem.limits, cashFloor: -Infinity },
  };
}

/** @internal exported for its tests */
export function discreteOf(space: SearchSpace, taxed?: TaxedPart): DiscreteProblem {
  const { value, cash, costScale } = space;
  const owed = taxed && taxed.piece.from >= 0 ? fixedTax(taxed.piece) : 0;
  return {
    ...{ value, cash },
    securities: space.instruments.map((_, i) => securityOf(space, i, taxed)),
    costs: {
      fixed: space.feeFixed,
      buyRatio: space.buyCostRatio,
      sellRatio: space.sellCostRatio,
    },
    limits: {
      ...{
        cashFloor: space.reserve + owed,
        keptPerOrder: ROUNDING_RESERVE,
        keptRatio: PRICE_MOVE_RATIO,
      },
      ...{ turnoverMost: space.turnoverMax, ordersMost: space.ordersMax },
      positionsMore: space.positionsMax - space.positions,
      groups: [...space.groupWeight].map((weight, g) => ({
        ...{ weight, weightMost: space.groupMax[g] as number },
      })),
    },
    objective: {
      ...{ kind: 'utility', expected: space.expected, covariance: space.covariance },
      ...{ riskAversion: space.riskAversion, costWeight: value / costScale },
      background: backgroundOf(space),
    },
    tax: taxed && gainTaxOf(taxed),
  };
}

/** The tax that a part's line has at gains of 0. */
export function fixedTax({ start, slope, from }: TaxPiece): number {
  return start - slope * from;
}

/** What is owed is kept in cash; what is saved is none. */
function gainTaxOf({ piece: { from, to, slope }, isFirst, isLast }: TaxedPart): GainTax {
  return {
    gainsLeast: isFirst ? -Infinity : from,
    gainsMost: isLast ? Infinity : to,
    perGain: slope,
    cashPerGain: from >= 0 ? slope : 0,
  };
}

function securityOf(space: SearchSpace, i: number, taxed?: TaxedPart): DiscreteSecurity {
  const least = space.lotsMin[i] as number;
  const groups = [space.sector, space.country, space.currency].map((column) => column[i] as number);
  return {
    lotValue: space.lotValue[i] as number,
    heldValue: (space.weight[i] as number) * space.value,
    ...{ buyLeast: least, sellLeast: least },
    buyMost: space.buyMax[i] as number,
    sellMost: space.sellMax[i] as number,
    gainEach: space.gains[i]?.lots.length ? taxed?.gainEach[i] : undefined,
    lotsToClose: space.lotsToClose[i] as number,
    held: space.held[i] === 1,
    groups: groups.filter((group) => group >= 0),
  };
}

/** S w of what is held and not in the space. */
function backgroundOf({ size, gradient, covariance, weight }: SearchSpace): Float64Array {
  return gradient.map((all, i) => {
    let own = 0;
    for (let j = 0; j < size; j += 1)
      own += (covariance[i * size + j] as number) * (weight[j] as number);
    return all - own;
  });
}

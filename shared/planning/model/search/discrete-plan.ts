/** The search space as a discrete problem: the same rules and the same utility, solved with proof. */
import type { DiscreteProblem, DiscreteSecurity } from '../discrete/discrete-problem.ts';
import {
  searchDiscrete,
  type DiscreteProgress,
  type DiscreteSolution,
} from '../discrete/discrete-search.ts';
import { PRICE_MOVE_RATIO } from '../plan-limits.ts';
import type { SearchSpace } from './search-space.ts';
import { ROUNDING_RESERVE, sellRatioOf } from './sequence-state.ts';

/** Node limit: ranges bounded before the search ends with the best found and its gap. */
const PLAN_NODES = 1_200;
/** A thousandth of a basis point a year is no difference. */
const SAME_UTILITY = 1e-7;

export type PlanProgress = Pick<DiscreteProgress, 'evaluated' | 'gain'>;

export interface SolvedPlan {
  readonly lots: Float64Array;
  readonly exact: boolean;
  /** No plan's utility exceeds that of these lots by more. */
  readonly gap: number;
  readonly nodes: number;
  readonly evaluated: number;
}

/**
 * Yields the sequences evaluated and the best gain so far.
 * @param starts sequences to begin with
 * @param enough ends as soon as a sequence gains more than this, or none can
 */
export function* solvePlan(
  space: SearchSpace,
  starts: readonly Float64Array[],
  enough?: number,
): Generator<PlanProgress, SolvedPlan> {
  let solved = yield* solve(discreteOf(space), starts, enough);
  // Below the reserve nothing may be bought; what is sold brings cash, however little.
  if (space.cash < space.reserve)
    solved = better(solved, yield* solve(salesOnly(discreteOf(space)), [], enough));
  const found = solved.gap < Infinity;
  return {
    lots: found ? solved.lots : new Float64Array(space.size),
    exact: solved.status === 'exact',
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
export function discreteOf(space: SearchSpace): DiscreteProblem {
  const { value, cash, costScale } = space;
  return {
    ...{ value, cash },
    securities: space.instruments.map((_, i) => securityOf(space, i)),
    costs: {
      fixed: space.feeFixed,
      buyRatio: space.buyCostRatio,
      sellRatio: space.sellCostRatio,
    },
    limits: {
      ...{ cashFloor: space.reserve, keptPerOrder: ROUNDING_RESERVE, keptRatio: PRICE_MOVE_RATIO },
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
  };
}

function securityOf(space: SearchSpace, i: number): DiscreteSecurity {
  const least = space.lotsMin[i] as number;
  const groups = [space.sector, space.country, space.currency].map((column) => column[i] as number);
  return {
    lotValue: space.lotValue[i] as number,
    heldValue: (space.weight[i] as number) * space.value,
    ...{ buyLeast: least, sellLeast: least },
    buyMost: space.buyMax[i] as number,
    sellMost: space.sellMax[i] as number,
    sellRatio: sellRatioOf(space, i),
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

/**
 * From the problem to a decision: search, search again from where the plan leads, weigh against
 * holding, settle exactly.
 */
import { eligible } from './eligibility.ts';
import type { LeftOut, Opportunity } from './opportunity.ts';
import { searchFrom, searchPlan, type SearchOutcome, type SearchProgress } from './plan-search.ts';
import { portfolioValue, type PlanningProblem } from './problem.ts';
import { searchSpace, type SearchSpace } from './search-space.ts';
import { ordersOf, type SizedOrder } from './sequence.ts';
import { SequenceState } from './sequence-state.ts';
import {
  afterOrders,
  cashReserve,
  repaired,
  type Settlement,
  type RequestedOrder,
} from './settlement.ts';

export interface Decision {
  readonly space: SearchSpace;
  readonly opportunities: readonly Opportunity[];
  /** Securities that offered nothing, and why. */
  readonly leftOut: readonly LeftOut[];
  /** What was found, whether or not it is done. */
  readonly search: SearchOutcome;
  /** What is done: the plan's sequence, or nothing. */
  readonly state: SequenceState;
  readonly settlement: Settlement;
  /** True when a limit keeps the plan from doing all that is worthwhile. */
  readonly continues: boolean;
}

/** Plans from where a plan leads, to see whether it left something over. */
const ROUNDS_MAX = 3;

export function* decide(problem: PlanningProblem): Generator<SearchProgress, Decision> {
  const { space, opportunities, leftOut } = spaceOf(problem);
  const { search, continues } = yield* searchToRest(problem, space);
  const margin = problem.limits.marginRatio;
  const requested = search.gain > margin ? executionOrder(space, search.lots) : [];
  const settlement = repaired(problem, requested);
  const state = stateOf(space, settlement);
  const known = { space, opportunities, leftOut, search };
  if (state.gain > margin) return { ...known, state, settlement, continues };
  const nothing = { state: new SequenceState(space), settlement: repaired(problem, []) };
  return { ...known, ...nothing, continues: false };
}

function spaceOf(problem: PlanningProblem) {
  const figures = { value: portfolioValue(problem), reserve: cashReserve(problem) };
  const { opportunities, leftOut } = eligible(problem);
  return { space: searchSpace(problem, figures, opportunities), opportunities, leftOut };
}

/**
 * Searches, then searches again from the portfolio the plan leads to. What is still found there is
 * put into the plan, since doing both at once costs less than one after the other; so that planning
 * again after a plan was carried out finds nothing.
 */
function* searchToRest(
  problem: PlanningProblem,
  space: SearchSpace,
): Generator<SearchProgress, { search: SearchOutcome; continues: boolean }> {
  const { depth, marginRatio } = problem.limits;
  let search = yield* searchPlan(space, depth);
  for (let round = 1; round < ROUNDS_MAX && search.gain > marginRatio; round += 1) {
    const settlement = repaired(problem, executionOrder(space, search.lots));
    const { space: further } = spaceOf(afterOrders(problem, settlement));
    const more = yield* searchPlan(further, depth);
    const evaluated = search.evaluated + more.evaluated;
    search = { ...search, evaluated };
    if (more.gain <= marginRatio) break;
    const joined = join(space, search, further, more);
    if (!joined || joined.gain <= search.gain) return { search, continues: true };
    search = yield* searchFrom(space, { ...search, lots: joined.lots, gain: joined.gain }, [
      joined.lots,
    ]);
  }
  return { search, continues: false };
}

/** Two plans as one, where the rules allow it. */
function join(
  space: SearchSpace,
  first: SearchOutcome,
  further: SearchSpace,
  second: SearchOutcome,
): SequenceState | undefined {
  const lots = Int32Array.from(first.lots);
  for (const { security, side, lots: size } of ordersOf(second.lots)) {
    const isin = further.instruments[security]?.isin;
    const index = space.instruments.findIndex((one) => one.isin === isin);
    if (index < 0) return undefined;
    lots[index] = (lots[index] ?? 0) + (side === 'SELL' ? -size : size);
  }
  const state = SequenceState.of(space, lots);
  return state.isAllowed() ? state : undefined;
}

/** Sells first, the largest first; then buys, the most useful first. */
function executionOrder(space: SearchSpace, lots: Int32Array): readonly RequestedOrder[] {
  const state = SequenceState.of(space, lots);
  const value = ({ security, lots: size }: SizedOrder): number =>
    size * (space.lotValue[security] ?? 0);
  const use = ({ security }: SizedOrder): number => -state.gainOf(security, 0);
  const orders = ordersOf(lots);
  const sells = orders.filter((order) => order.side === 'SELL');
  const buys = orders.filter((order) => order.side === 'BUY');
  sells.sort((a, b) => value(b) - value(a) || a.security - b.security);
  buys.sort((a, b) => use(b) - use(a) || a.security - b.security);
  return [...sells, ...buys].flatMap(({ security, side, lots: size }) => {
    const instrument = space.instruments[security];
    return instrument ? [{ instrument, side, lots: size }] : [];
  });
}

function stateOf(space: SearchSpace, { orders }: Settlement): SequenceState {
  const state = new SequenceState(space);
  for (const { instrument, side, lots } of orders)
    state.set(space.instruments.indexOf(instrument), side === 'SELL' ? -lots : lots);
  return state;
}

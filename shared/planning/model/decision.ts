/**
 * Decides what to trade. Investing cash by purchases alone needs to gain more than it costs;
 * switching, which sells as well, must gain more than the margin on top of that. What is chosen is
 * settled exactly.
 */
import { eligible } from './eligibility.ts';
import type { LeftOut, Opportunity } from './opportunity.ts';
import { searchPlan, type SearchOutcome, type SearchProgress } from './search/plan-search.ts';
import { portfolioValue, type PlanningProblem } from './problem.ts';
import { searchSpace, type SearchSpace } from './search/search-space.ts';
import { ordersOf, type SizedOrder } from './search/sequence.ts';
import { SequenceState } from './search/sequence-state.ts';
import {
  afterOrders,
  cashReserve,
  repairedOrders,
  type RequestedOrder,
  type Settlement,
} from './settlement.ts';

export interface Decision {
  readonly space: SearchSpace;
  readonly opportunities: readonly Opportunity[];
  /** Securities that offered nothing, and why. */
  readonly leftOut: readonly LeftOut[];
  /** What was chosen, with the bound on every plan, whether it sells or not. */
  readonly search: SearchOutcome;
  /** Gain of the best plan found that may sell, over investing the cash alone. */
  readonly switchingGain: number;
  /** The chosen sequence; empty to hold. */
  readonly state: SequenceState;
  readonly settlement: Settlement;
  /** True when a limit keeps the plan from doing all that is worthwhile. */
  readonly continues: boolean;
}

type Choice = Pick<Decision, 'search' | 'switchingGain'>;

/** Gains below this are rounding: a thousandth of a basis point a year. */
const LEAST_GAIN = 1e-7;

export function* decide(problem: PlanningProblem): Generator<SearchProgress, Decision> {
  const { space, opportunities, leftOut } = spaceOf(problem);
  const choice = yield* choose(space, problem.limits.marginRatio);
  const settlement = repairedOrders(problem, executionOrder(space, choice.search.lots));
  const state = stateOf(space, settlement);
  const known = { space, opportunities, leftOut, ...choice };
  if (state.gain > LEAST_GAIN) {
    const continues = yield* isWorthwhile(afterOrders(problem, settlement));
    return { ...known, state, settlement, continues };
  }
  const nothing = { state: new SequenceState(space), settlement: repairedOrders(problem, []) };
  return { ...known, ...nothing, continues: false };
}

/** What can be traded, and the figures to weigh it by. */
export function spaceOf(problem: PlanningProblem) {
  const figures = { value: portfolioValue(problem), reserve: cashReserve(problem) };
  const { opportunities, leftOut } = eligible(problem);
  return { space: searchSpace(problem, figures, opportunities), opportunities, leftOut };
}

/** Purchases alone, unless selling as well gains more than the margin on top. */
function* choose(space: SearchSpace, margin: number): Generator<SearchProgress, Choice> {
  const investing = yield* searchPlan(purchasesOnly(space));
  if (space.sellMax.every((lots) => lots === 0)) return { search: investing, switchingGain: 0 };
  const switching = yield* searchPlan(space, { starts: [investing.lots] });
  const switchingGain = switching.gain - investing.gain;
  const { lots, gain } = switchingGain > margin ? switching : investing;
  return {
    switchingGain,
    search: {
      ...{ lots, gain, method: switching.method, gainBound: switching.gainBound },
      evaluated: investing.evaluated + switching.evaluated,
      nodes: investing.nodes + switching.nodes,
    },
  };
}

function purchasesOnly(space: SearchSpace): SearchSpace {
  const none = new Float64Array(space.size);
  return { ...space, sellMax: none, toTarget: space.toTarget.map((lots) => Math.max(0, lots)) };
}

/** Whether another plan would gain more than the margin. */
function* isWorthwhile(problem: PlanningProblem): Generator<SearchProgress, boolean> {
  const { marginRatio } = problem.limits;
  const { gain } = yield* searchPlan(spaceOf(problem).space, { enough: marginRatio });
  return gain > marginRatio;
}

/** Sells first, the largest first; then buys, the most useful first. */
function executionOrder(space: SearchSpace, lots: Float64Array): readonly RequestedOrder[] {
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

/** The account as the orders leave it. */
export function stateOf(space: SearchSpace, { orders }: Settlement): SequenceState {
  const state = new SequenceState(space);
  for (const { instrument, side, lots } of orders)
    state.set(space.instruments.indexOf(instrument), side === 'SELL' ? -lots : lots);
  return state;
}

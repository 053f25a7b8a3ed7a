/** Which limit keeps a worthwhile order out of a plan, by how much, and what would admit it. */
import { percent } from '#shared/kernel/text.ts';
import { amount, basisPoints, pluralize } from './formatting.ts';
import type { GroupKind, PlanLimits } from './plan-limits.ts';
import { described, type Candidate, type Reason } from './search/candidate.ts';
import type { PlanningProblem } from './problem.ts';
import type { SearchSpace } from './search/search-space.ts';
import type { Barrier, SequenceState } from './search/sequence-state.ts';

/** @param candidate the smallest order that is worthwhile; it breaks `barrier` on top of the plan */
export function rejection(
  problem: PlanningProblem,
  space: SearchSpace,
  state: SequenceState,
  candidate: Candidate,
  barrier: Barrier,
): Reason {
  const order = described(problem, space, candidate);
  const worth = `${order} would gain ${basisPoints(candidate.gain)} a year after cost`;
  const needed = requirement(problem, space, state, candidate, barrier);
  return { rule: barrier, reason: `${worth}, but ${needed}.` };
}

function requirement(
  problem: PlanningProblem,
  space: SearchSpace,
  state: SequenceState,
  { index, lots }: Candidate,
  barrier: Barrier,
): string {
  const { limits, base } = problem;
  switch (barrier) {
    case 'cash-reserve':
      return cashNeeded(problem, space, state, { index, lots });
    case 'orders-max':
      return `the plan has the most orders it may, ${limits.ordersMax}; it would take a limit of ${state.orders + 1}`;
    case 'turnover-max': {
      const traded = state.turnoverWith(index, lots);
      return `with it the plan would trade ${share(traded / space.value)} of the value, and ${percent(limits.turnoverMaxRatio)} is the most; that is ${roundedUp(traded - space.turnoverMax, base)} too much`;
    }
    case 'positions-max': {
      const after = state.positions + 1;
      return `${pluralize(state.positions, 'position')} would be held already and ${space.positionsMax} are the most; it would take a limit of ${after}`;
    }
    case 'sector-max':
    case 'country-max':
    case 'currency-max':
      return groupNeeded(barrier.replace('-max', '') as GroupKind);
  }

  function groupNeeded(kind: GroupKind): string {
    const g = (index >= 0 ? space[kind][index] : undefined) ?? -1;
    const group = space.groups[g] ?? kind;
    const before = state.groupWeight[g] ?? 0;
    const after = before + (lots * (space.lotValue[index] ?? 0)) / space.value;
    const allowed = space.groupMax[g] ?? 1;
    return `the ${group} would take ${share(after)} of the value and may take ${percent(allowed)}; that is ${roundedUp((after - allowed) * space.value, base)} too much`;
  }
}

function cashNeeded(
  { base, limits }: PlanningProblem,
  space: SearchSpace,
  state: SequenceState,
  { index, lots }: Pick<Candidate, 'index' | 'lots'>,
): string {
  const short = cashMissing(limits, space, state.cashShort(index, lots));
  const free = Math.max(0, state.cash - space.reserve);
  const spent = state.buys > 0 ? 'the purchases of the plan leave' : 'there are';
  return (
    `${spent} ${amount(free, base)} above the reserve of ${amount(space.reserve, base)}; ` +
    `it takes ${roundedUp(short, base)} more cash`
  );
}

/**
 * Cash counts in the value that the reserve is a share of, so more of it raises the reserve too, as long
 * as the share is more than the fixed amount.
 */
function cashMissing(
  { cashReserveRatio: ratio, cashReserveAmount }: PlanLimits,
  { value, reserve }: SearchSpace,
  short: number,
): number {
  const amountToKeep = cashReserveAmount?.toEstimate() ?? 0;
  const besideReserve = short - reserve;
  return Math.max(besideReserve + amountToKeep, (besideReserve + ratio * value) / (1 - ratio));
}

/** Never less than what is needed. */
function roundedUp(value: number, currency: string): string {
  return amount(Math.ceil(value * 100 - 1e-6) / 100, currency);
}

/** With enough decimals to differ from the limit beside it. */
function share(ratio: number): string {
  return `${(ratio * 100).toFixed(2)} %`;
}

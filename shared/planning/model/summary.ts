/** A plan in plain sentences: what is done, what it gains, and how far it could be from the best. */
import { Money } from '#shared/kernel/money.ts';
import type { Decision } from './decision.ts';
import { basisPoints, basisPointsAtMost, pluralize } from './formatting.ts';
import { COST_HORIZON_YEARS } from './limits.ts';
import { portfolioValue, type PlanningProblem } from './problem.ts';

/** No plan within the limits gains more than this beyond what the plan gains, a year. */
export function gapOf({ search, state }: Decision): number {
  return Math.max(0, search.gainBound - state.gain);
}

export function summaryOf(problem: PlanningProblem, decision: Decision): string {
  const { settlement, state } = decision;
  const value = portfolioValue(problem);
  if (value.sign === 0) return 'Hold: the account has neither cash nor securities.';
  if (value.sign < 0) return `Hold: the account owes more than it holds; it is worth ${value}.`;
  if (settlement.orders.length === 0) return `${holding(problem, decision)} ${proof(decision)}`;
  const orders = (['SELL', 'BUY'] as const)
    .map((side) => ordersOn(problem, decision, side))
    .filter((text) => text !== '');
  const sentences = [
    `${orders.join('; ')}: gains ${basisPoints(state.gain)} a year over holding after a cost of ${settlement.cost}.`,
    ...switching(problem, decision),
    proof(decision),
    ...(decision.continues
      ? ['A limit of this plan binds; planning again afterwards would go on.']
      : []),
    'Gains follow from risk, scores and the returns they imply, which are no forecast.',
  ];
  return sentences.join(' ');
}

function ordersOn(
  { base }: PlanningProblem,
  { settlement }: Decision,
  side: 'BUY' | 'SELL',
): string {
  const orders = settlement.orders.filter((order) => order.side === side);
  const total = Money.sum(
    orders.map((order) => order.value),
    base,
  );
  const verb = side === 'BUY' ? 'Buy' : 'Sell';
  return orders.length === 0 ? '' : `${verb} ${pluralize(orders.length, 'security')} for ${total}`;
}

/** What selling as well would have gained, where the margin kept the plan from it. */
function switching({ limits }: PlanningProblem, decision: Decision): readonly string[] {
  const { switchingGain, settlement } = decision;
  const sells = settlement.orders.some(({ side }) => side === 'SELL');
  if (sells || !(switchingGain > 1e-7)) return [];
  return [
    `Selling as well would gain ${basisPoints(switchingGain)} more, not more than the margin of ` +
      `${basisPoints(limits.marginRatio)} for switching.`,
  ];
}

/** Said of the plan as it is: also of one that leaves out a switch below the margin. */
function proof(decision: Decision): string {
  return `Proven: no plan is better by more than ${basisPointsAtMost(gapOf(decision))} a year.`;
}

function holding({ limits }: PlanningProblem, { switchingGain, space, search }: Decision): string {
  const weighed = pluralize(space.size, 'candidate');
  const best = Math.max(switchingGain, search.gain);
  if (best <= 1e-7)
    return `Hold: nothing gains more than it costs within ${pluralize(COST_HORIZON_YEARS, 'year')} (${weighed}).`;
  return (
    `Hold: the best switch would gain ${basisPoints(best)} a year after cost, ` +
    `not more than the margin of ${basisPoints(limits.marginRatio)} (${weighed}).`
  );
}

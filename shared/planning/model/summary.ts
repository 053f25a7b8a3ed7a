/** A plan in plain sentences: what is done, what it gains, and how far it could be from the best. */
import { Money } from '#shared/kernel/money.ts';
import type { Decision } from './decision.ts';
import { basisPoints, basisPointsAtMost, pluralize } from './formatting.ts';
import { COST_HORIZON_YEARS } from './plan-limits.ts';
import type { RejectedCandidate } from './not-taken.ts';
import { portfolioValue, type PlanningProblem } from './problem.ts';
import { planTaxText } from './taxes/tax-text.ts';

/** No plan within the limits gains more than this beyond what the plan gains, a year. */
export function gapOf({ search, state }: Decision): number {
  return Math.max(0, search.gainBound - state.gain);
}

export function planSummaryOf(
  problem: PlanningProblem,
  decision: Decision,
  left: readonly RejectedCandidate[],
): string {
  const { settlement, state } = decision;
  const value = portfolioValue(problem);
  if (value.sign === 0) return 'Hold: the account has neither cash nor securities.';
  if (value.sign < 0) return `Hold: the account owes more than it holds; it is worth ${value}.`;
  if (settlement.orders.length === 0)
    return `${holding(problem, decision, left)} ${proof(decision)}`;
  const orders = (['SELL', 'BUY'] as const)
    .map((side) => ordersOn(problem, decision, side))
    .filter((text) => text !== '');
  const sentences = [
    `${orders.join('; ')}: gains ${basisPoints(state.gain)} a year over holding after a cost of ${settlement.cost}.`,
    ...planTaxText(problem, settlement),
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

function holding(
  { limits }: PlanningProblem,
  decision: Decision,
  left: readonly RejectedCandidate[],
): string {
  const { switchingGain, space, search } = decision;
  if (space.size === 0) return nothingToTrade(left);
  const candidates = pluralize(space.size, 'candidate');
  const best = Math.max(switchingGain, search.gain);
  if (best <= 1e-7) return nothingAdmitted(left, candidates);
  return (
    `Hold: the best switch would gain ${basisPoints(best)} a year after cost, ` +
    `not more than the margin of ${basisPoints(limits.marginRatio)} (${candidates}).`
  );
}

/** Rules as what is said of what they leave out; any other by its code. */
const ruleTexts: Readonly<Record<string, string>> = {
  'at-target': 'at the target',
  'below-minimum-order': 'smaller than the smallest order',
  'broker-currency': 'in a currency that the broker takes no orders in',
  'broker-refuses': 'in which the broker takes no orders',
  cooldown: 'sold too lately to be bought',
  'dead-price': 'with a price that no longer moves',
  'deposit-first': 'balanced by the next deposit',
  excluded: 'excluded by the policy',
  frozen: 'frozen',
  'live-order': 'with an order on the way',
  'minimum-hold': 'bought too lately to be sold',
  'no-sells': 'sales, in a plan that sells nothing',
  'no-target': 'without a target',
  'no-value': 'in an account without value',
  'order-max': 'larger than the largest order',
  'price-too-old': 'with a price that is too old',
  'sell-only': 'that may only be sold',
  'short-history': 'with too short a history',
  'suspected-split': 'with a suspected split',
  unpriced: 'without a price',
  'weight-max': 'over the most that a security may have',
};

/** Where no order came into question, the rules that left the securities out, most frequent first. */
function nothingToTrade(left: readonly RejectedCandidate[]): string {
  if (left.length === 0) return 'Hold: there is no security to choose from.';
  const counts = new Map<string, number>();
  for (const { notTaken } of left) counts.set(notTaken.rule, (counts.get(notTaken.rule) ?? 0) + 1);
  const rules = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const words = rules.map(([rule, count]) => `${count} ${ruleTexts[rule] ?? rule}`).join(', ');
  return `Hold: nothing was weighed, since a rule leaves out each of ${pluralize(left.length, 'order')}: ${words}.`;
}

/** What would have gained is said with the rule that bars it, the greatest gain first. */
function nothingAdmitted(left: readonly RejectedCandidate[], candidates: string): string {
  const barred = left.filter(
    ({ gain, notTaken }) => gain > 1e-7 && notTaken.rule !== 'below-margin',
  );
  const [first] = [...barred].sort((a, b) => b.gain - a.gain);
  if (!first)
    return `Hold: nothing gains more than it costs within ${pluralize(COST_HORIZON_YEARS, 'year')} (${candidates}).`;
  const { symbol, reason } = first.notTaken;
  return `Hold: a rule bars each order that would gain more than it costs (${barred.length} of ${candidates}). The greatest gain is ${symbol}'s: ${reason}`;
}

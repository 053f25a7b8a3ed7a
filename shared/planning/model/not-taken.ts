/**
 * The reason why each other security is not in the plan: the binding rule, its figures, and what
 * would change it.
 */
import type { Decision } from './decision.ts';
import {
  bestCandidate,
  described,
  leastWorthwhile,
  type Candidate,
  type Reason,
} from './search/candidate.ts';
import { amount, basisPoints } from './formatting.ts';
import { COST_HORIZON_YEARS } from './plan-limits.ts';
import type { NotTaken } from './plan.ts';
import type { PlanningProblem } from './problem.ts';
import { rejection } from './rejection.ts';
import type { SearchSpace } from './search/search-space.ts';
import type { Side } from './search/sequence.ts';

/** A security that was left out, with what its smallest worthwhile order would have gained. */
export interface RejectedCandidate {
  readonly notTaken: NotTaken;
  /** Utility a year after cost, where something else than cost decided; 0 otherwise. */
  readonly gain: number;
}

/** Every security of the problem but those traded; by symbol. */
export function rejected(
  problem: PlanningProblem,
  decision: Decision,
): readonly RejectedCandidate[] {
  const { space, state } = decision;
  const unpriced = problem.unpriced.map(({ isin, symbol, reason }): NotTaken => ({
    ...{ isin, symbol, rule: 'unpriced' },
    reason: `It ${reason}.`,
  }));
  const traded = new Set(decision.settlement.orders.map(({ instrument }) => instrument));
  const idleOnly = decision.leftOut.filter(({ instrument }) => !traded.has(instrument));
  const closed = idleOnly.map(({ instrument: { isin, symbol }, side, rule, reason }): NotTaken => ({
    ...{ isin, symbol, side, rule, reason },
  }));
  const idle = space.instruments.flatMap((instrument, i): RejectedCandidate[] => {
    if (state.lots[i] !== 0) return [];
    return sidesOf(space, i).map((side) => {
      const { isin, symbol } = instrument;
      const { gain, ...reason } = reasonFor(problem, decision, i, side);
      return { notTaken: { isin, symbol, side, ...reason }, gain };
    });
  });
  const without = [...unpriced, ...closed].map((one): RejectedCandidate => ({
    notTaken: one,
    gain: 0,
  }));
  return [...without, ...idle].sort((a, b) => (a.notTaken.symbol < b.notTaken.symbol ? -1 : 1));
}

function sidesOf(space: SearchSpace, i: number): readonly Side[] {
  const sides: Side[] = [];
  if ((space.sellMax[i] as number) > 0) sides.push('SELL');
  if ((space.buyMax[i] as number) > 0) sides.push('BUY');
  return sides;
}

function reasonFor(
  problem: PlanningProblem,
  decision: Decision,
  i: number,
  side: Side,
): Reason & { readonly gain: number } {
  const { space, state } = decision;
  const best = bestCandidate(space, state, i, side);
  if (best.gain <= 0) return { ...notWorthIt(problem, decision, best), gain: 0 };
  const least = leastWorthwhile(space, state, best);
  const barrier = state.barrier(i, least.lots);
  const { gain } = best;
  if (barrier !== undefined) return { ...rejection(problem, space, state, least, barrier), gain };
  return { ...belowMargin(problem, decision, best), gain };
}

function notWorthIt(
  problem: PlanningProblem,
  { space, state }: Pick<Decision, 'space' | 'state'>,
  candidate: Candidate,
): Reason {
  const { index, lots, gain } = candidate;
  const cost = state.costOf(index, lots);
  const spread = cost / space.costScale;
  const order = described(problem, space, candidate);
  const years = COST_HORIZON_YEARS === 1 ? 'a year' : `${COST_HORIZON_YEARS} years`;
  if (gain + spread <= 0)
    return {
      rule: 'no-gain',
      reason: `${order} would lose ${basisPoints(-gain - spread)} a year before any cost.`,
    };
  const worth = (gain + spread) * space.costScale;
  return {
    rule: 'cost-exceeds-gain',
    reason:
      `${order} would gain ${basisPoints(gain + spread)} in ${years} and cost ` +
      `${amount(cost, problem.base)}, ${basisPoints(spread)}; it would pay at a cost below ` +
      `${amount(worth, problem.base)}.`,
  };
}

/** Nothing but the margin for switching keeps an order with a gain from being made. */
function belowMargin(problem: PlanningProblem, decision: Decision, candidate: Candidate): Reason {
  const { marginRatio } = problem.limits;
  const gain = basisPoints(candidate.gain);
  const order = described(problem, decision.space, candidate);
  const more = basisPoints(Math.max(0, marginRatio - decision.switchingGain));
  if (candidate.lots > 0)
    return {
      rule: 'below-margin',
      reason: `${order} would gain ${gain} a year after cost, which is within what the plan is proven to.`,
    };
  return {
    rule: 'below-margin',
    reason:
      `${order} would gain ${gain} a year after cost. The best plan that sells gains ` +
      `${basisPoints(decision.switchingGain)} more than one that does not, and must gain more than ` +
      `${basisPoints(marginRatio)}: ${more} more.`,
  };
}

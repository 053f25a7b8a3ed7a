/** An order that a plan could have made, and the sizes of it that matter. */
import { amount } from '../formatting.ts';
import type { PlanningProblem } from '../problem.ts';
import type { SearchSpace } from './search-space.ts';
import type { Side } from './sequence.ts';
import { gainOf, NO_GAINS } from '../taxes/gain-curve.ts';
import { slopeAt } from '../taxes/tax-curve.ts';
import type { SequenceState } from './sequence-state.ts';

export interface Reason {
  readonly rule: string;
  readonly reason: string;
}

/** An order that was not made. Lots are signed. */
export interface Candidate {
  readonly index: number;
  readonly lots: number;
  /** Utility a year it would add to the plan, after cost. */
  readonly gain: number;
}

/** The size of one side that would add most to the plan, limits left aside. */
export function bestCandidate(
  space: SearchSpace,
  state: SequenceState,
  index: number,
  side: Side,
): Candidate {
  const sign = side === 'SELL' ? -1 : 1;
  const most = (side === 'SELL' ? space.sellMax : space.buyMax)[index] as number;
  const least = Math.min(most, space.lotsMin[index] as number);
  const share = ((space.lotValue[index] as number) / space.value) * sign;
  const { riskAversion, expected, covariance, size } = space;
  const slope =
    (expected[index] as number) - riskAversion * (state.gradient[index] as number) - sign * ratio();
  const bend = riskAversion * (covariance[index * size + index] as number) * share;
  const ideal = bend === 0 ? most : Math.round(slope / bend);
  const lots = sign * Math.min(most, Math.max(least, ideal));
  return { index, lots, gain: state.gainOf(index, lots) };

  /** With the tax on the gain of all that could be sold. */
  function sellRatio(): number {
    const curve = space.gains[index] ?? NO_GAINS;
    const worth = most * (space.lotValue[index] as number);
    const taxed = slopeAt(space.tax, state.realised) * (gainOf(curve, most) + curve.fixed);
    return space.sellCostRatio + (worth > 0 ? taxed / worth : 0);
  }

  /** Proportional cost of a unit of weight. */
  function ratio(): number {
    const proportional = side === 'SELL' ? sellRatio() : space.buyCostRatio;
    return (proportional * space.value) / space.costScale;
  }
}

/** The smallest size whose gain exceeds its cost: gain rises up to the best size. */
export function leastWorthwhile(
  space: SearchSpace,
  state: SequenceState,
  best: Candidate,
): Candidate {
  const { index } = best;
  const sign = Math.sign(best.lots);
  const gainOf = (lots: number): number => state.gainOf(index, sign * lots);
  const least = Math.min(Math.abs(best.lots), space.lotsMin[index] as number);
  let [idle, worthwhile] = [least - 1, Math.abs(best.lots)];
  if (gainOf(least) > 0) worthwhile = least;
  else idle = least;
  while (worthwhile - idle > 1) {
    const middle = Math.floor((idle + worthwhile) / 2);
    if (gainOf(middle) > 0) worthwhile = middle;
    else idle = middle;
  }
  return { index, lots: sign * worthwhile, gain: gainOf(worthwhile) };
}

export function described(
  { base }: PlanningProblem,
  space: SearchSpace,
  { index, lots }: Candidate,
): string {
  const value = Math.abs(lots) * (space.lotValue[index] ?? 0);
  return `${lots < 0 ? 'Selling' : 'Buying'} ${amount(value, base)}`;
}

/** Why each security that is not in the plan is not: the binding rule and the numbers behind it. */
import type { Decision } from './decision.ts';
import { COST_HORIZON_YEARS } from './limits.ts';
import type { NotTaken } from './plan.ts';
import type { PlanningProblem } from './problem.ts';
import type { SearchSpace } from './search-space.ts';
import type { Side } from './sequence.ts';
import { costOf, type Barrier, type SequenceState } from './sequence-state.ts';
import { amount, basisPoints, counted, percent } from './words.ts';

/** Every security of the problem but those traded; by symbol. */
export function notTaken(problem: PlanningProblem, decision: Decision): readonly NotTaken[] {
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
  const idle = space.instruments.flatMap((instrument, i): NotTaken[] => {
    if (state.lots[i] !== 0) return [];
    return sidesOf(space, i).map((side) => {
      const { isin, symbol } = instrument;
      return { isin, symbol, side, ...binding(problem, decision, i, side) };
    });
  });
  return [...unpriced, ...closed, ...idle].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
}

function sidesOf(space: SearchSpace, i: number): readonly Side[] {
  const sizes = space.sizes[i] ?? [];
  const sides: Side[] = [];
  if (sizes.some((lots) => lots < 0)) sides.push('SELL');
  if (sizes.some((lots) => lots > 0)) sides.push('BUY');
  return sides;
}

interface Trial {
  readonly lots: number;
  readonly gain: number;
}

function binding(problem: PlanningProblem, { space, state }: Decision, i: number, side: Side) {
  const tried = trialsOf(space, state, i, side);
  const requested = bestOf(tried);
  if (requested.gain <= 0) return notWorthIt(problem, space, i, requested);
  const allowed = bestOf(tried.filter(({ lots }) => state.barrier(i, lots) === undefined));
  if (allowed.gain > 0) return belowMargin(problem, space, i, allowed);
  return barred(problem, space, i, requested, state.barrier(i, requested.lots) ?? 'cash-reserve');
}

function trialsOf(space: SearchSpace, state: SequenceState, i: number, side: Side): Trial[] {
  const sizes = space.sizes[i] ?? [];
  const ofSide = sizes.filter((lots) => (side === 'SELL' ? lots < 0 : lots > 0));
  return ofSide.map((lots) => ({ lots, gain: state.gainOf(i, lots) }));
}

function bestOf(trials: readonly Trial[]): Trial {
  const none: Trial = { lots: 0, gain: -Infinity };
  return trials.reduce((best, trial) => (trial.gain > best.gain ? trial : best), none);
}

function described(problem: PlanningProblem, space: SearchSpace, i: number, lots: number): string {
  const value = Math.abs(lots) * (space.lotValue[i] ?? 0);
  return `${lots < 0 ? 'Selling' : 'Buying'} ${amount(value, problem.base)}`;
}

function notWorthIt(
  problem: PlanningProblem,
  space: SearchSpace,
  i: number,
  { lots, gain }: Trial,
): { rule: string; reason: string } {
  const cost = costOf(space, i, lots);
  const spread = cost / space.costScale;
  const trade = described(problem, space, i, lots);
  const years = COST_HORIZON_YEARS === 1 ? 'a year' : `${COST_HORIZON_YEARS} years`;
  if (gain + spread <= 0)
    return {
      rule: 'no-gain',
      reason: `${trade} would lose ${basisPoints(-gain - spread)} a year before any cost.`,
    };
  return {
    rule: 'cost-exceeds-gain',
    reason:
      `${trade} would gain ${basisPoints(gain + spread)} in ${years} and cost ` +
      `${amount(cost, problem.base)}, ${basisPoints(spread)}.`,
  };
}

function belowMargin(problem: PlanningProblem, space: SearchSpace, i: number, trial: Trial) {
  const margin = basisPoints(problem.limits.marginRatio);
  const trade = described(problem, space, i, trial.lots);
  const gain = basisPoints(trial.gain);
  return {
    rule: 'below-margin',
    reason: `${trade} would gain ${gain} a year after cost; a plan must gain more than ${margin}.`,
  };
}

function barred(
  problem: PlanningProblem,
  space: SearchSpace,
  i: number,
  { lots, gain }: Trial,
  barrier: Barrier,
): { rule: string; reason: string } {
  const trade = described(problem, space, i, lots);
  const worth = `${trade} would gain ${basisPoints(gain)} a year`;
  return { rule: barrier, reason: `${worth}, but ${blockingReason(problem, space, i, barrier)}.` };
}

function blockingReason(
  { limits, base, instruments }: PlanningProblem,
  space: SearchSpace,
  i: number,
  barrier: Barrier,
): string {
  const one = space.instruments[i];
  switch (barrier) {
    case 'cash-reserve':
      return `the cash above the reserve of ${amount(space.reserve, base)} is put to better use`;
    case 'orders-max':
      return `the plan has its ${counted(limits.ordersMax, 'order')} already`;
    case 'turnover-max':
      return `no more than ${percent(limits.turnoverMaxRatio)} of the value may be traded`;
    case 'positions-max':
      return `no more than ${counted(limits.positionsMax, 'position')} may be held (now ${instruments.filter(({ held }) => held.sign > 0).length})`;
    case 'sector-max':
      return `the sector ${one?.sector} may take no more than ${percent(limits.sectorMaxRatio)}`;
    case 'country-max':
      return `the country ${one?.country} may take no more than ${percent(limits.countryMaxRatio)}`;
  }
}

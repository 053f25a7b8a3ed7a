/**
 * The oracle: every sequence as a list of orders, the whole portfolio copied and everything computed
 * anew for each. Slow, and too plain to be wrong in the same way as the search.
 */
import { estimatedCost } from '#shared/kernel/costs.ts';
import { PRICE_MOVE_RATIO } from '#shared/planning/model/plan-limits.ts';
import { instrumentWeightOf, type Opportunity } from '#shared/planning/model/opportunity.ts';
import { lotValue, portfolioValue, type PlanningProblem } from '#shared/planning/model/problem.ts';
import type { Side } from '#shared/planning/model/search/sequence.ts';
import { cashReserve } from '#shared/planning/model/settlement.ts';
import { sizesOf } from './sizes.ts';
import type { Isin } from '#shared/kernel/isin.ts';

export interface OracleOrder {
  readonly isin: Isin;
  readonly side: Side;
  readonly lots: number;
}

/** Utility of the portfolio after the orders, less that of holding. */
export function oracleGain(problem: PlanningProblem, orders: readonly OracleOrder[]): number {
  return utility(problem, orders) - utility(problem, []);
}

function utility(problem: PlanningProblem, orders: readonly OracleOrder[]): number {
  const { isins, expected, covariance } = problem.moments;
  const weights = weightsAfter(problem, orders);
  const w = isins.map((isin) => weights.get(isin) ?? 0);
  let [mean, variance] = [0, 0];
  w.forEach((wi, i) => {
    mean += wi * (expected[i] ?? 0);
    w.forEach((wj, j) => (variance += wi * wj * (covariance[i]?.[j] ?? 0)));
  });
  const value = portfolioValue(problem).toEstimate();
  const cost = orders.reduce((sum, order) => sum + costOf(problem, order), 0);
  return mean - (problem.limits.riskAversion / 2) * variance - cost / value;
}

function weightsAfter(problem: PlanningProblem, orders: readonly OracleOrder[]): Map<Isin, number> {
  const value = portfolioValue(problem).toEstimate();
  const weights = new Map(
    problem.instruments.map((one) => [one.isin, instrumentWeightOf(one, value)]),
  );
  for (const order of orders) {
    const change = valueOf(problem, order) / value;
    const before = weights.get(order.isin) ?? 0;
    weights.set(order.isin, order.side === 'SELL' ? before - change : before + change);
  }
  return weights;
}

function valueOf(problem: PlanningProblem, { isin, lots }: OracleOrder): number {
  const one = problem.instruments.find((candidate) => candidate.isin === isin);
  return one ? lots * lotValue(one) : 0;
}

function costOf(problem: PlanningProblem, order: OracleOrder): number {
  return estimatedCost(problem.limits.costs, order.side, valueOf(problem, order));
}

/** Whether every rule is kept, walking through the orders one after the other. */
export function oracleAllows(problem: PlanningProblem, orders: readonly OracleOrder[]): boolean {
  const { limits, instruments } = problem;
  const value = portfolioValue(problem).toEstimate();
  const reserve = cashReserve(problem).toEstimate();
  let cash = problem.cash.subtract(problem.reserved).toEstimate();
  let traded = 0;
  for (const order of orders) {
    const worth = valueOf(problem, order);
    cash += (order.side === 'SELL' ? worth : -worth) - costOf(problem, order);
    traded += worth;
    // Five cents an order are kept for rounding, and a part of what is traded for moving prices.
    const kept = 0.05 * orders.length + PRICE_MOVE_RATIO * traded;
    if (order.side === 'BUY' && cash - kept < reserve) return false;
  }
  if (orders.length > limits.ordersMax || traded > limits.turnoverMaxRatio * value) return false;
  const weights = weightsAfter(problem, orders);
  const before = weightsAfter(problem, []);
  const count = (of: Map<Isin, number>) => [...of.values()].filter((w) => w > 1e-9).length;
  if (count(weights) > Math.max(limits.positionsMax, count(before))) return false;
  const fits = (by: 'sector' | 'country', limit: number): boolean =>
    [...new Set(instruments.map((one) => one[by]))].every((group) => {
      const share = (of: Map<Isin, number>) =>
        instruments.reduce(
          (sum, one) => sum + (one[by] === group ? (of.get(one.isin) ?? 0) : 0),
          0,
        );
      return share(weights) <= Math.max(limit, share(before)) + 1e-12;
    });
  return fits('sector', limits.sectorMaxRatio) && fits('country', limits.countryMaxRatio);
}

/** The best gain of all allowed sequences of at most `depth` orders. */
export function oracleBest(
  problem: PlanningProblem,
  opportunities: readonly Opportunity[],
  depth: number,
): { gain: number; orders: readonly OracleOrder[]; evaluated: number } {
  let best: { gain: number; orders: readonly OracleOrder[] } = { gain: 0, orders: [] };
  let evaluated = 0;
  const sorted = [...opportunities].sort(
    (a, b) => Number(a.side === 'BUY') - Number(b.side === 'BUY'),
  );
  const walk = (from: number, orders: readonly OracleOrder[]): void => {
    if (orders.length > 0) {
      evaluated += 1;
      const gain = oracleGain(problem, orders);
      if (gain > best.gain && oracleAllows(problem, orders)) best = { gain, orders };
    }
    if (orders.length === depth) return;
    sorted.slice(from).forEach((opportunity, step) => {
      const { instrument, side } = opportunity;
      const { isin } = instrument;
      if (orders.some((order) => order.isin === isin)) return;
      for (const lots of sizesOf(opportunity))
        walk(from + step + 1, [...orders, { isin, side, lots }]);
    });
  };
  walk(0, []);
  return { ...best, evaluated };
}

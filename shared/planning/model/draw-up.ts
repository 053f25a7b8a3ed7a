/** From a decision to a plan a person can read: each order with the numbers that decided. */
import type { Decision } from './decision.ts';
import { COST_HORIZON_YEARS } from './limits.ts';
import { notTaken } from './not-taken.ts';
import { gainOnCost, weightOf, type OpportunityKind } from './opportunity.ts';
import type { PlanContent, PlannedAction } from './plan.ts';
import { momentRows, portfolioValue, type Instrument, type PlanningProblem } from './problem.ts';
import { afterOrders, type ExactOrder } from './settlement.ts';
import { amount, basisPoints, counted, percent } from './words.ts';
import { Money } from '#shared/kernel/money.ts';

/** From half a point on, a weight above the target is worth a word. */
const ABOVE_TARGET = 0.005;

export function drawUp(problem: PlanningProblem, decision: Decision): PlanContent {
  const { settlement, state, space, search } = decision;
  const value = portfolioValue(problem);
  const { utilityOfHolding } = space;
  return {
    actions: settlement.orders.map((order, k) => actionOf(problem, decision, order, k + 1)),
    notTaken: notTaken(problem, decision),
    search: {
      method: search.method,
      sequencesEvaluated: search.evaluated,
      depth: search.depth,
      coverageRatio: search.coverageRatio,
      utility: utilityOfHolding + state.gain,
      utilityOfHolding,
      margin: problem.limits.marginRatio,
      utilityBound: utilityOfHolding + search.gainBound,
      gap: Math.max(0, search.gainBound - search.gain),
      nodes: search.nodes,
    },
    gain: state.gain,
    cost: settlement.cost,
    expectedValue: value.subtract(settlement.cost).add(expectedReturn(problem, decision)),
    portfolioValue: value,
    cashBefore: problem.cash,
    cashAfter: settlement.cashAfter,
    summary: summaryOf(problem, decision),
  };
}

function expectedReturn(problem: PlanningProblem, { settlement }: Decision): Money {
  const rows = momentRows(problem.moments);
  const value = portfolioValue(problem).toEstimate();
  const after = afterOrders(problem, settlement).instruments;
  const mean = after.reduce((sum, one) => {
    const row = rows.get(one.isin);
    const expected = row === undefined ? 0 : (problem.moments.expected[row] ?? 0);
    return sum + weightOf(one, value) * expected;
  }, 0);
  return Money.fromEstimate(mean * value, problem.base, 'half-even');
}

function actionOf(
  problem: PlanningProblem,
  decision: Decision,
  order: ExactOrder,
  priority: number,
): PlannedAction {
  const { instrument, side, quantity, value, cost } = order;
  const total = portfolioValue(problem).toEstimate();
  const change = side === 'SELL' ? quantity.negate() : quantity;
  const weightBefore = weightOf(instrument, total);
  const weightAfter = weightOf({ ...instrument, held: instrument.held.add(change) }, total);
  return {
    ...{ side, quantity, value, priority, weightBefore, weightAfter },
    isin: instrument.isin,
    symbol: instrument.symbol,
    price: instrument.price,
    cost: cost.total,
    reason: reasonOf(problem, decision, order, weightBefore, weightAfter),
  };
}

function reasonOf(
  problem: PlanningProblem,
  { space, state, opportunities }: Decision,
  { instrument, side, value, cost }: ExactOrder,
  before: number,
  after: number,
): string {
  const index = space.instruments.indexOf(instrument);
  const row = momentRows(problem.moments).get(instrument.isin);
  const expected = row === undefined ? undefined : problem.moments.expected[row];
  const found = opportunities.find((o) => o.instrument === instrument && o.side === side);
  const kinds = (found?.kinds ?? []).map((kind) => kindWords(kind, instrument, problem.base));
  const figures = [
    `weight ${percent(before)} to ${percent(after)}, target ${percent(instrument.target)}`,
    ...(side === 'BUY' && after > instrument.target + ABOVE_TARGET
      ? [`above it, as at most ${counted(problem.limits.positionsMax, 'position')} are held`]
      : []),
    ...(expected === undefined ? [] : [`expected return ${percent(expected)} a year`]),
    ...(instrument.score === undefined ? [] : [`score ${instrument.score.toFixed(2)}`]),
  ];
  const worth = basisPoints(-state.gainOf(index, 0));
  const what = kinds.length > 0 ? `${kinds.join(', ')}: ` : '';
  return (
    `${side === 'BUY' ? 'Buy' : 'Sell'} for ${value}: ${what}${figures.join('; ')}; ` +
    `adds ${worth} a year to the plan after its cost of ${cost.total}.`
  );
}

function kindWords(kind: OpportunityKind, instrument: Instrument, currency: string): string {
  const gain = gainOnCost(instrument);
  switch (kind) {
    case 'deposit':
      return 'cash to invest';
    case 'underweight':
      return 'underweight';
    case 'overweight':
      return 'overweight';
    case 'exit':
      return 'no place in the targets';
    case 'average-down':
      return `averages down (${percent(-gain)} below cost)`;
    case 'take-profit':
      return `takes profit (${percent(gain)} above cost)`;
    case 'dividend':
      return `dividends of ${amount(instrument.dividends, currency)} to reinvest`;
  }
}

function summaryOf(problem: PlanningProblem, decision: Decision): string {
  const { settlement, state, search } = decision;
  if (settlement.orders.length === 0) return holdSummary(problem, decision);
  const side = (requested: 'BUY' | 'SELL'): string => {
    const orders = settlement.orders.filter((order) => order.side === requested);
    const total = Money.sum(
      orders.map((order) => order.value),
      problem.base,
    );
    const verb = requested === 'BUY' ? 'Buy' : 'Sell';
    return orders.length === 0 ? '' : `${verb} ${counted(orders.length, 'security')} for ${total}`;
  };
  const trades = [side('SELL'), side('BUY')].filter((text) => text !== '').join('; ');
  const more = decision.continues
    ? ' A limit of this plan binds; planning again afterwards would go on.'
    : '';
  return (
    `${trades}: gains ${basisPoints(state.gain)} a year over holding after a cost of ` +
    `${settlement.cost}, the best of ${search.evaluated} sequences (${search.method}).${more}`
  );
}

function holdSummary(problem: PlanningProblem, { search, space }: Decision): string {
  if (portfolioValue(problem).sign <= 0)
    return 'Hold: the account has neither cash nor securities.';
  const margin = basisPoints(problem.limits.marginRatio);
  const weighed = `${counted(space.size, 'candidate')}, ${counted(search.evaluated, 'sequence')}`;
  if (search.gain <= 0)
    return `Hold: nothing gains more than it costs within ${counted(COST_HORIZON_YEARS, 'year')} (${weighed}).`;
  return (
    `Hold: the best change would gain ${basisPoints(search.gain)} a year after cost, ` +
    `not more than the margin of ${margin} (${weighed}).`
  );
}

/** Builds the plan from a decision, with the figures behind each order. */
import { percent } from '#shared/kernel/text.ts';
import type { Decision } from './decision.ts';
import { rejected } from './not-taken.ts';
import { gapOf, planSummaryOf } from './summary.ts';
import { gainOnCost, instrumentWeightOf, type OpportunityKind } from './opportunity.ts';
import type { PlanContent, PlannedAction, PlannedTax } from './plan.ts';
import { orderMaxOf, orderMaxText } from './plan-limits.ts';
import {
  lotValue,
  momentRows,
  portfolioValue,
  type Instrument,
  type PlanningProblem,
} from './problem.ts';
import type { SaleTax } from './taxes/sale-tax.ts';
import { lotsText, saleTaxText } from './taxes/tax-text.ts';
import type { SequenceState } from './search/sequence-state.ts';
import { afterOrders, type ExactOrder } from './settlement.ts';
import { amount, basisPoints, pluralize } from './formatting.ts';
import { Money } from '#shared/kernel/money.ts';

/** From half a point on, the reason says why a weight ends off the target. */
const OFF_TARGET = 0.005;

export function buildPlan(problem: PlanningProblem, decision: Decision): PlanContent {
  const { settlement, state, space, search } = decision;
  const value = portfolioValue(problem);
  const { utilityOfHolding } = space;
  const left = rejected(problem, decision);
  return {
    actions: settlement.orders.map((order, k) => actionOf(problem, decision, order, k + 1)),
    notTaken: left.map((one) => one.notTaken),
    search: {
      method: search.method,
      sequencesEvaluated: search.evaluated,
      depth: problem.limits.depth,
      coverageRatio: search.method === 'exhaustive' ? 1 : 0,
      utility: utilityOfHolding + state.gain,
      utilityOfHolding,
      margin: problem.limits.marginRatio,
      utilityBound: utilityOfHolding + search.gainBound,
      gap: gapOf(decision),
      nodes: search.nodes,
    },
    gain: state.gain,
    cost: settlement.cost,
    expectedValue: value.subtract(settlement.cost).add(expectedReturn(problem, decision)),
    portfolioValue: value,
    cashBefore: problem.cash,
    cashAfter: settlement.cashAfter,
    summary: planSummaryOf(problem, decision, left),
  };
}

function expectedReturn(problem: PlanningProblem, { settlement }: Decision): Money {
  const rows = momentRows(problem.moments);
  const value = portfolioValue(problem).toEstimate();
  const after = afterOrders(problem, settlement).instruments;
  const mean = after.reduce((sum, one) => {
    const row = rows.get(one.isin);
    const expected = row === undefined ? 0 : (problem.moments.expected[row] ?? 0);
    return sum + instrumentWeightOf(one, value) * expected;
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
  const weightBefore = instrumentWeightOf(instrument, total);
  const weightAfter = instrumentWeightOf(
    { ...instrument, held: instrument.held.add(change) },
    total,
  );
  return {
    ...{ side, quantity, value, priority, weightBefore, weightAfter },
    isin: instrument.isin,
    symbol: instrument.symbol,
    price: instrument.price,
    cost: cost.total,
    taxed: order.taxed && plannedTax(order.taxed),
    reason: reasonOf(problem, decision, order, weightBefore, weightAfter),
  };
}

function plannedTax({ gain, tax, saved }: SaleTax): PlannedTax {
  return { gain, tax, saved };
}

function reasonOf(
  problem: PlanningProblem,
  { space, state, opportunities }: Decision,
  { instrument, side, quantity, value, cost, taxed }: ExactOrder,
  before: number,
  after: number,
): string {
  const index = space.instruments.indexOf(instrument);
  const row = momentRows(problem.moments).get(instrument.isin);
  const expected = row === undefined ? undefined : problem.moments.expected[row];
  const found = opportunities.find((o) => o.instrument === instrument && o.side === side);
  const kinds = (found?.kinds ?? []).map((kind) => kindText(kind, instrument, problem.base));
  const figures = [
    `weight ${percent(before)} to ${percent(after)}, target ${percent(instrument.target)}`,
    ...(side === 'BUY' && after > instrument.target + OFF_TARGET
      ? [whyAboveTarget(problem, state)]
      : []),
    ...(isShort(side, after, instrument.target) ? whyNoLarger(problem, instrument, value) : []),
    ...(expected === undefined ? [] : [`implied return ${percent(expected)} a year`]),
    ...(instrument.score === undefined ? [] : [`score ${instrument.score.toFixed(2)}`]),
  ];
  const worth = basisPoints(-state.gainOf(index, 0));
  const what = kinds.length > 0 ? `${kinds.join(', ')}: ` : '';
  return (
    `${side === 'BUY' ? 'Buy' : 'Sell'} for ${value}: ${what}${figures.join('; ')}; ` +
    `adds ${worth} a year to the plan after its cost of ${cost.total}${taxed ? saleTaxText(taxed) : ''}.` +
    (taxed ? lotsText(instrument.taxLots ?? [], quantity, problem.limits) : '')
  );
}

function isShort(side: ExactOrder['side'], after: number, target: number): boolean {
  return side === 'BUY' ? after < target - OFF_TARGET : after > target + OFF_TARGET;
}

/** The limit that kept an order from one more lot. */
function whyNoLarger(problem: PlanningProblem, instrument: Instrument, value: Money): string[] {
  const largest = orderMaxOf(problem.limits, portfolioValue(problem).toEstimate());
  const isFull = value.toEstimate() + lotValue(instrument) > largest.most;
  return isFull ? [orderMaxText(largest, problem.base)] : [];
}

/** The limit that prevented investing the cash in more securities. */
function whyAboveTarget({ limits }: PlanningProblem, state: SequenceState): string {
  if (state.positions >= limits.positionsMax)
    return `above it, as at most ${pluralize(limits.positionsMax, 'position')} are held`;
  if (state.orders >= limits.ordersMax)
    return `above it, as a plan has at most ${pluralize(limits.ordersMax, 'order')}`;
  return 'above it, where the cash adds most utility after cost';
}

function kindText(kind: OpportunityKind, instrument: Instrument, currency: string): string {
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

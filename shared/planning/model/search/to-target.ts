/** Plans whose orders lead straight to given weights. */
import { percent } from '#shared/kernel/text.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import { orderMaxText } from '../plan-limits.ts';
import type { NotTaken, PlanContent, PlannedAction } from '../plan.ts';
import { pluralize } from '../formatting.ts';
import { withSale } from '../taxes/sale-tax.ts';
import { lotsText, saleTaxText, yearTaxText } from '../taxes/tax-text.ts';
import { gainsOf, ordersToTarget, worth } from './target-orders.ts';
import type { TargetInstrument, TargetOrder, TargetProblem } from './target-problem.ts';

/** A plan that trades to the `target` of each instrument. */
export function planToTarget(problem: TargetProblem): PlanContent {
  const value = valueOf(problem);
  const orders = ordersToTarget(problem, value);
  const cost = Money.sum(
    orders.map((order) => order.cost),
    problem.base,
  );
  const moved = orders.map(({ side, value: of }) => (side === 'SELL' ? of : of.negate()));
  return {
    actions: orders.map((order, index) => actionOf(problem, order, index + 1, value)),
    notTaken: problem.instruments.flatMap((one) => keptOf(one, orders)),
    search: noSearch(problem),
    gain: 0,
    cost,
    expectedValue: value.subtract(cost),
    portfolioValue: value,
    cashBefore: problem.cash,
    cashAfter: Money.sum([problem.cash, ...moved], problem.base).subtract(cost),
    summary: summaryOf(problem, orders, cost),
  };
}

function summaryOf(problem: TargetProblem, orders: readonly TargetOrder[], cost: Money): string {
  if (orders.length === 0) return 'Every weight is as near to its target as whole lots allow.';
  const all = `${pluralize(orders.length, 'order')} to the stated weights, costing ${cost}.`;
  const sales = orders.filter(({ taxed }) => taxed);
  const { taxYear } = problem;
  const after =
    taxYear && sales.reduce((year, sale) => withSale(year, gainsOf(problem, sale)), taxYear);
  const taxes = sales.flatMap(({ taxed }) => taxed ?? []);
  return [all, ...yearTaxText(taxYear, after, taxes)].join(' ');
}

function keptOf(instrument: TargetInstrument, orders: readonly TargetOrder[]): NotTaken[] {
  const { isin, symbol, keptBecause, closedBy } = instrument;
  if (keptBecause !== undefined)
    return [{ isin, symbol, rule: 'unpriced', reason: `It ${keptBecause}.` }];
  const isTraded = orders.some((order) => order.instrument === instrument);
  return closedBy && !isTraded ? [{ isin, symbol, ...closedBy }] : [];
}

function noSearch({ limits }: TargetProblem): PlanContent['search'] {
  return {
    method: 'to-target',
    sequencesEvaluated: 0,
    depth: limits.depth,
    coverageRatio: 0,
    utility: 0,
    utilityOfHolding: 0,
    margin: limits.marginRatio,
  };
}

function valueOf({ instruments, cash, otherCash, base }: TargetProblem): Money {
  const values = instruments.map((one) => worth(one, one.held));
  return Money.sum([cash, ...(otherCash ? [otherCash] : []), ...values], base);
}

function actionOf(
  { limits }: TargetProblem,
  { instrument, side, quantity, value, cost, cappedAt, taxed }: TargetOrder,
  priority: number,
  total: Money,
): PlannedAction {
  const { held, isin, symbol, price, target } = instrument;
  const share = (of: Quantity): number => worth(instrument, of).toEstimate() / total.toEstimate();
  const after = side === 'SELL' ? held.subtract(quantity) : held.add(quantity);
  const [weightBefore, weightAfter] = [share(held), share(after)];
  const limit = cappedAt ? `; ${orderMaxText(cappedAt, total.currency)}` : '';
  return {
    ...{ side, quantity, value, cost, priority, weightBefore, weightAfter, isin, symbol, price },
    ...(taxed && { taxed: { gain: taxed.gain, tax: taxed.tax, saved: taxed.saved } }),
    reason:
      `${side === 'BUY' ? 'Buy' : 'Sell'} for ${value}: weight ${percent(weightBefore)} to ` +
      `${percent(weightAfter)}, stated ${percent(target)}${limit}; costs ${cost}` +
      (taxed
        ? `${saleTaxText(taxed)}.${lotsText(instrument.taxLots ?? [], quantity, limits)}`
        : '.'),
  };
}

/**
 * Orders that lead straight to given weights. With V the value before any order, w the weight, p
 * the price and h what is held, an order may take A = w V - h p in base currency:
 * - a purchase is the most whole lots whose value and cost are at most A, and at most the cash that
 * is there;
 * - a sale is the fewest whole lots that bring at least -A after their cost, and at most what is
 * held;
 * - a weight of 0 sells all;
 * - no order is larger than the largest that may be sent; the next plan goes on from there.
 * Sales come first; the tax on what they realise stays in cash. Gain is not compared with cost or tax: stated weights
 * are instructions.
 */
import { percent } from '#shared/kernel/text.ts';
import { orderCost, type CostModel } from '#shared/kernel/costs.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { convert } from '#shared/kernel/exchange-rate.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import {
  orderMaxOf,
  orderMaxText,
  reserveOf,
  type OrderMax,
  type PlanLimits,
} from '../plan-limits.ts';
import type { NotTaken, PlanContent, PlannedAction } from '../plan.ts';
import type { Instrument } from '../problem.ts';
import { pluralize } from '../formatting.ts';
import {
  lotGains,
  saleTaxes,
  withSale,
  type LotGain,
  type SaleTax,
  type TaxYear,
} from '../taxes/sale-tax.ts';
import { lotsText, saleTaxText, yearTaxText } from '../taxes/tax-text.ts';
import type { Side } from './sequence.ts';

/** A security that is held or has a weight. */
export interface TargetInstrument extends Pick<
  Instrument,
  | 'isin'
  | 'symbol'
  | 'exchange'
  | 'lot'
  | 'price'
  | 'rate'
  | 'held'
  | 'target'
  | 'keptBecause'
  | 'taxLots'
> {
  /** Whether it may be bought, and sold. */
  readonly buys: boolean;
  readonly sells: boolean;
  /** Most that an order may sell; absent: all that is held. */
  readonly sellMost?: Quantity | undefined;
  /** Why it is not bought or sold, where the policy or the request forbids it. */
  readonly closedBy?: { readonly rule: string; readonly reason: string } | undefined;
}

export interface TargetProblem {
  readonly base: Currency;
  /** The day of the prices. */
  readonly day: CalendarDay;
  readonly cash: Money;
  /** Worth of cash in other currencies, which pays for nothing; absent where there is none. */
  readonly otherCash?: Money | undefined;
  readonly instruments: readonly TargetInstrument[];
  readonly limits: Pick<
    PlanLimits,
    | 'costs'
    | 'depth'
    | 'marginRatio'
    | 'minimumOrder'
    | 'cashReserveRatio'
    | 'cashReserveAmount'
    | 'orderMaxRatio'
    | 'orderMaxAmount'
    | 'specificLots'
  >;
  /** Absent where no gain is taxed. */
  readonly taxYear?: TaxYear | undefined;
  /** Securities with an order under way; they are left alone. */
  readonly live: ReadonlySet<Isin>;
}

interface TargetOrder {
  readonly instrument: TargetInstrument;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly value: Money;
  /** Of a sale with the tax on its gain, which is owed later and stays in cash until then. */
  readonly cost: Money;
  readonly taxed?: SaleTax | undefined;
  /** The largest order that may be sent, where it would have been larger. */
  readonly cappedAt?: OrderMax | undefined;
}

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

/** Sales with the tax of all of them together, on top of what the year holds. */
function withTaxes(problem: TargetProblem, sales: readonly TargetOrder[]): readonly TargetOrder[] {
  const { taxYear } = problem;
  if (!taxYear) return sales;
  const taxes = saleTaxes(
    taxYear,
    sales.map((sale) => gainsOf(problem, sale)),
  );
  return sales.map((sale, i) => {
    const taxed = sale.instrument.taxLots && taxes[i];
    return taxed ? { ...sale, cost: sale.cost.add(taxed.tax), taxed } : sale;
  });
}

function gainsOf(
  { day, limits }: TargetProblem,
  { instrument, quantity, value }: TargetOrder,
): readonly LotGain[] {
  const proceeds = value.subtract(orderCost(limits.costs, 'SELL', value).total);
  return lotGains(instrument.isin, instrument.taxLots ?? [], quantity, proceeds, day);
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

function worth({ price, rate }: TargetInstrument, quantity: Quantity): Money {
  return convert(price.times(quantity, 'half-even'), rate, 'half-even');
}

function ordersToTarget(problem: TargetProblem, total: Money): readonly TargetOrder[] {
  const { costs, minimumOrder } = problem.limits;
  const free = problem.instruments.filter(({ isin }) => !problem.live.has(isin));
  const isLarge = (order: TargetOrder | undefined): TargetOrder[] =>
    order && order.quantity.sign > 0 && order.value.compare(minimumOrder) >= 0 ? [order] : [];
  const largest = orderMaxOf(problem.limits, total.toEstimate());
  const capped = (order: TargetOrder | undefined) => order && within(order, largest, costs);
  const sales = withTaxes(
    problem,
    free.flatMap((one) => isLarge(capped(saleOf(one, amountOf(one, total), costs)))),
  );
  let cash = problem.cash.subtract(reserveOf(problem.limits, total));
  for (const { value, cost } of sales) cash = cash.add(value).subtract(cost);
  const purchases = free.flatMap((one) => {
    const most = lesser(amountOf(one, total), cash.amount);
    const [order] = isLarge(capped(purchaseOf(one, most, costs)));
    if (order) cash = cash.subtract(order.value).subtract(order.cost);
    return order ?? [];
  });
  return [...sales, ...purchases];
}

/** The order, or the most whole lots of it that may be sent at once. */
function within(order: TargetOrder, largest: OrderMax, costs: CostModel): TargetOrder {
  const { instrument, side, value } = order;
  if (value.toEstimate() <= largest.most) return order;
  const most = Decimal.ofNumber(largest.most);
  const lots = most.divide(priceInBase(instrument).multiply(instrument.lot), 0, 'floor');
  const quantity = lots.multiply(instrument.lot).normalize();
  return { ...orderOf(instrument, side, quantity, costs), cappedAt: largest };
}

/** What an order may take, in base currency and unrounded. */
function amountOf(instrument: TargetInstrument, total: Money): Decimal {
  const target = total.amount.multiply(Decimal.ofNumber(instrument.target));
  return target.subtract(instrument.held.multiply(priceInBase(instrument)));
}

function priceInBase({ price, rate }: TargetInstrument): Decimal {
  return price.amount.multiply(rate.rate);
}

function lesser(a: Decimal, b: Decimal): Decimal {
  return a.compare(b) < 0 ? a : b;
}

function saleOf(
  instrument: TargetInstrument,
  amount: Decimal,
  costs: CostModel,
): TargetOrder | undefined {
  const { held, target, lot, sells, sellMost = held } = instrument;
  if (!sells || held.sign <= 0 || (target > 0 && amount.sign >= 0)) return undefined;
  if (target === 0) return orderOf(instrument, 'SELL', sellMost, costs);
  const brings = amount.negate();
  const each = priceInBase(instrument).multiply(Decimal.ofNumber(1 - ratioOf(costs, 'SELL')));
  const guess = brings.add(costs.feeFixed).divide(each.multiply(lot), 0, 'ceiling');
  const enough = (lots: Decimal): boolean => {
    const { value, cost } = orderOf(instrument, 'SELL', lots.multiply(lot), costs);
    return value.subtract(cost).amount.compare(brings) >= 0;
  };
  const quantity = firstThat(guess, enough).multiply(lot).normalize();
  return orderOf(instrument, 'SELL', lesser(quantity, sellMost), costs);
}

function purchaseOf(
  instrument: TargetInstrument,
  most: Decimal,
  costs: CostModel,
): TargetOrder | undefined {
  const { buys, target, lot } = instrument;
  if (!buys || target === 0 || most.sign <= 0) return undefined;
  const each = priceInBase(instrument).multiply(Decimal.ofNumber(1 + ratioOf(costs, 'BUY')));
  const guess = most.subtract(costs.feeFixed).divide(each.multiply(lot), 0, 'floor');
  const fits = (lots: Decimal): boolean => {
    const { value, cost } = orderOf(instrument, 'BUY', lots.multiply(lot), costs);
    return value.add(cost).amount.compare(most) <= 0;
  };
  const quantity = lastThat(guess, fits).multiply(lot).normalize();
  return quantity.sign > 0 ? orderOf(instrument, 'BUY', quantity, costs) : undefined;
}

/**
 * The least number of lots that holds, where all above it hold. Values and fees are rounded to the minor unit, so that
 * a quotient is off by lots of little worth together; of small fractions of a share these are many, hence by doubling.
 */
function firstThat(guess: Decimal, holds: (lots: Decimal) => boolean): Decimal {
  const last = lastThat(guess.subtract(Decimal.one), (lots) => lots.sign < 0 || !holds(lots));
  return last.add(Decimal.one);
}

/** The greatest number of lots that holds, where all below it hold; one less than none where none does. */
function lastThat(guess: Decimal, holds: (lots: Decimal) => boolean): Decimal {
  const does = (lots: bigint): boolean => lots < 0n || holds(Decimal.of(lots));
  let [low, step] = [guess.units, 1n];
  for (; !does(low); step *= 2n) low -= step;
  let high = low + step;
  for (; does(high); step *= 2n) [low, high] = [high, high + step * 2n];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (does(middle)) low = middle;
    else high = middle;
  }
  return Decimal.of(low < -1n ? -1n : low);
}

/** What an order costs as a share of its value. */
function ratioOf(costs: CostModel, side: Side): number {
  const { feeRatio, exchangeFeeRatio, halfSpreadRatio, sellTaxRatio } = costs;
  return feeRatio + exchangeFeeRatio + halfSpreadRatio + (side === 'SELL' ? sellTaxRatio : 0);
}

function orderOf(
  instrument: TargetInstrument,
  side: Side,
  quantity: Quantity,
  costs: CostModel,
): TargetOrder {
  const value = worth(instrument, quantity);
  return { instrument, side, quantity, value, cost: orderCost(costs, side, value).total };
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

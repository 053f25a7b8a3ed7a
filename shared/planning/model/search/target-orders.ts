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
import { orderCost, type CostModel } from '#shared/kernel/costs.ts';
import { minorDigits, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { convert } from '#shared/kernel/exchange-rate.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import { orderMaxOf, reserveOf, type OrderMax } from '../plan-limits.ts';
import { lotGains, saleTaxes, type LotGain } from '../taxes/sale-tax.ts';
import type { Side } from './sequence.ts';
import type { TargetInstrument, TargetOrder, TargetProblem } from './target-problem.ts';

/** @param total value of the account before any order */
export function ordersToTarget(problem: TargetProblem, total: Money): readonly TargetOrder[] {
  const { costs, minimumOrder } = problem.limits;
  const free = problem.instruments.filter(({ isin }) => !problem.live.has(isin));
  const isLarge = (order: TargetOrder | undefined): TargetOrder[] =>
    order && order.quantity.sign > 0 && order.value.compare(minimumOrder) >= 0 ? [order] : [];
  const largest = orderMaxOf(problem.limits, total.toEstimate());
  const capped = (order: TargetOrder | undefined) => order && within(order, largest, costs);
  const sales = withTaxes(
    problem,
    free.flatMap((one) => {
      const amount = amountOf(one, total);
      if (saleIsBelow(minimumOrder, one, amount, costs)) return [];
      return isLarge(capped(saleOf(one, amount, costs)));
    }),
  );
  let cash = problem.cash.subtract(reserveOf(problem.limits, total));
  for (const { value, cost } of sales) cash = cash.add(value).subtract(cost);
  const purchases = free.flatMap((one) => {
    const most = lesser(amountOf(one, total), cash.amount);
    if (most.compare(minimumOrder.amount) < 0) return [];
    const [order] = isLarge(capped(purchaseOf(one, most, cash, costs)));
    if (order) cash = cash.subtract(needed(order, costs));
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

/** Minor units by which what is rounded in a value and its cost may be off, with room to spare. */
const ROUNDED_UNITS = 10;

/**
 * Whether the sale of an amount is certain to be worth less than the smallest order, so that it need not be looked
 * for: one lot less brings less than the amount.
 */
function saleIsBelow(
  minimum: Money,
  instrument: TargetInstrument,
  amount: Decimal,
  costs: CostModel,
): boolean {
  const { target, lot, price, rate } = instrument;
  const kept = 1 - ratioOf(costs, 'SELL');
  if (target === 0 || amount.sign >= 0 || kept <= 0) return false;
  const unit = unitOf(rate.to) + unitOf(price.currency) * rate.rate.toEstimate();
  const brings = -amount.toEstimate() + costs.feeFixed.toEstimate() + ROUNDED_UNITS * unit;
  const lotWorth = priceInBase(instrument).toEstimate() * lot.toEstimate();
  return (brings / kept + lotWorth) * CERTAIN < minimum.toEstimate();
}

/** Beyond what estimates are off. */
const CERTAIN = 1 + 1e-9;

function unitOf(currency: Currency): number {
  return 10 ** -minorDigits(currency);
}

function purchaseOf(
  instrument: TargetInstrument,
  most: Decimal,
  cash: Money,
  costs: CostModel,
): TargetOrder | undefined {
  const { buys, target, lot } = instrument;
  if (!buys || target === 0 || most.sign <= 0) return undefined;
  const each = priceInBase(instrument).multiply(Decimal.ofNumber(1 + ratioOf(costs, 'BUY')));
  const guess = most.subtract(costs.feeFixed).divide(each.multiply(lot), 0, 'floor');
  const fits = (lots: Decimal): boolean => {
    const order = orderOf(instrument, 'BUY', lots.multiply(lot), costs);
    const isWithin = order.value.add(order.cost).amount.compare(most) <= 0;
    return isWithin && needed(order, costs).compare(cash) <= 0;
  };
  const quantity = lastThat(guess, fits).multiply(lot).normalize();
  return quantity.sign > 0 ? orderOf(instrument, 'BUY', quantity, costs) : undefined;
}

/** Cash that a purchase takes at most, as the check before it is sent counts it: rounded up. */
function needed({ instrument: { price, rate }, quantity }: TargetOrder, costs: CostModel): Money {
  const value = convert(price.times(quantity, 'up'), rate, 'up');
  return value.add(orderCost(costs, 'BUY', value).total);
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

export function gainsOf(
  { day, limits }: TargetProblem,
  { instrument, quantity, value }: TargetOrder,
): readonly LotGain[] {
  const proceeds = value.subtract(orderCost(limits.costs, 'SELL', value).total);
  return lotGains(instrument.isin, instrument.taxLots ?? [], quantity, proceeds, day);
}

export function worth({ price, rate }: TargetInstrument, quantity: Quantity): Money {
  return convert(price.times(quantity, 'half-even'), rate, 'half-even');
}

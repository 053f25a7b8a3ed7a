/**
 * The exact end of planning: the chosen orders one after the other in Money, every rule checked
 * again. The search works on estimates; only settled orders may be sent.
 */
import { orderCost, type OrderCost } from '#shared/kernel/costs.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import {
  groupMaxOf,
  notTakenByBroker,
  orderMaxOf,
  PRICE_MOVE_RATIO,
  reserveOf,
  weightMaxOf,
  type GroupKind,
  type PlanLimits,
} from './plan-limits.ts';
import {
  groupName,
  portfolioValue,
  valueIn,
  type Instrument,
  type PlanningProblem,
} from './problem.ts';
import { lotGains, saleTaxes, withSale, type LotGain, type SaleTax } from './taxes/sale-tax.ts';
import type { Side } from './search/sequence.ts';

export interface RequestedOrder {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly lots: number;
}

export interface ExactOrder extends RequestedOrder {
  readonly quantity: Quantity;
  /** Price x quantity in base currency. */
  readonly value: Money;
  /** Its total contains the tax. */
  readonly cost: OrderCost;
  /** Of a sale, where gains are taxed. It is owed later; until then it stays in cash. What is saved is no cash. */
  readonly taxed?: SaleTax | undefined;
  readonly cashAfter: Money;
}

export interface Settlement {
  readonly orders: readonly ExactOrder[];
  readonly cost: Money;
  /** The whole balance after the last order. */
  readonly cashAfter: Money;
}

/** A rule that an order breaks. */
export interface Breach {
  readonly order: ExactOrder;
  readonly rule: string;
}

/** Weights come from rounded amounts; a difference of a hundredth of a basis point is rounding. */
const RATIO_TOLERANCE = 1e-6;

/** Least cash at every moment. */
export function cashReserve(problem: PlanningProblem): Money {
  return reserveOf(problem.limits, portfolioValue(problem));
}

/** Simulates the orders in the given order: sells first. */
export function settle(problem: PlanningProblem, requested: readonly RequestedOrder[]): Settlement {
  const orders: ExactOrder[] = [];
  const taxes = taxesOf(problem, requested);
  let cash = problem.cash;
  for (const order of requested) {
    const exact = settleOne(problem, order, cash, taxes.get(order));
    cash = exact.cashAfter;
    orders.push(exact);
  }
  const cost = Money.sum(
    orders.map((order) => order.cost.total),
    problem.base,
  );
  return { orders, cost, cashAfter: cash };
}

/** Of the sales together, on top of what the tax year holds already; empty where no gain is taxed. */
function taxesOf(
  problem: PlanningProblem,
  requested: readonly RequestedOrder[],
): ReadonlyMap<RequestedOrder, SaleTax> {
  const { taxYear } = problem;
  const sales = requested.filter(({ side, instrument }) => side === 'SELL' && instrument.taxLots);
  if (!taxYear || sales.length === 0) return new Map();
  const taxes = saleTaxes(
    taxYear,
    sales.map((order) => gainsOf(problem, order)),
  );
  return new Map(sales.map((order, i) => [order, taxes[i] as SaleTax]));
}

function gainsOf({ limits, day }: PlanningProblem, order: RequestedOrder): readonly LotGain[] {
  const { instrument } = order;
  const quantity = quantityOf(order);
  const value = valueIn(instrument, quantity, 'half-even');
  const proceeds = value.subtract(orderCost(limits.costs, 'SELL', value).total);
  return lotGains(instrument.isin, instrument.taxLots ?? [], quantity, proceeds, day);
}

function quantityOf({ instrument, lots }: RequestedOrder): Quantity {
  return instrument.lot.multiply(Decimal.of(lots)).normalize();
}

function settleOne(
  problem: PlanningProblem,
  order: RequestedOrder,
  cash: Money,
  taxed: SaleTax | undefined,
): ExactOrder {
  const quantity = quantityOf(order);
  const value = valueIn(order.instrument, quantity, 'half-even');
  const charged = orderCost(problem.limits.costs, order.side, value);
  const cost = taxed ? { ...charged, total: charged.total.add(taxed.tax) } : charged;
  const moved = order.side === 'SELL' ? value : value.negate();
  return {
    ...order,
    quantity,
    value,
    cost,
    taxed,
    cashAfter: cash.add(moved).subtract(cost.total),
  };
}

/** The first order that breaks a rule, and which. */
export function breachOf(problem: PlanningProblem, settlement: Settlement): Breach | undefined {
  const total = portfolioValue(problem);
  let traded = Money.zero(problem.base);
  for (const order of settlement.orders) {
    traded = traded.add(order.value);
    const rule = orderRule(problem, order, total) ?? cashRule(problem, order, traded);
    if (rule !== undefined) return { order, rule };
  }
  const last = settlement.orders.at(-1);
  const rule = last && planRule(problem, settlement, total);
  return last && rule !== undefined ? { order: last, rule } : undefined;
}

function orderRule(problem: PlanningProblem, order: ExactOrder, total: Money): string | undefined {
  const { instrument, side, quantity, value } = order;
  const { limits } = problem;
  if (problem.live.has(instrument.isin)) return 'live-order';
  if (limits.frozen.has(instrument.isin)) return 'frozen';
  const untaken = notTakenByBroker(limits, instrument.isin, instrument.price.currency);
  if (untaken) return untaken.rule;
  if (side === 'BUY' && limits.excluded?.has(instrument.isin)) return 'excluded';
  if (side === 'BUY' && limits.sellOnly.has(instrument.isin)) return 'sell-only';
  if (side === 'SELL' && limits.noSells) return 'no-sells';
  const sellable = instrument.held.subtract(instrument.locked);
  if (side === 'SELL' && quantity.compare(sellable) > 0) return 'no-short';
  if (side === 'BUY' && instrument.buyableFrom !== undefined) return 'cooldown';
  if (value.compare(limits.minimumOrder) < 0) return 'below-minimum-order';
  if (isTooLarge(limits, value, total)) return 'order-max';
  const after = valueIn(instrument, instrument.held.add(quantity), 'half-even');
  const isAboveMax = side === 'BUY' && exceeds(after, weightMaxOf(limits, instrument.isin), total);
  return isAboveMax ? 'weight-max' : undefined;
}

/** @param traded by the orders up to this one */
function cashRule(problem: PlanningProblem, order: ExactOrder, traded: Money): string | undefined {
  const free = order.cashAfter.subtract(problem.reserved);
  const kept = traded.multiply(Decimal.ofNumber(PRICE_MOVE_RATIO), 'up');
  const short = free.compare(cashReserve(problem).add(kept)) < 0;
  return order.side === 'BUY' && short ? 'cash-reserve' : undefined;
}

function planRule(
  problem: PlanningProblem,
  { orders }: Settlement,
  total: Money,
): string | undefined {
  const { limits, base } = problem;
  if (orders.length > limits.ordersMax) return 'orders-max';
  const traded = Money.sum(
    orders.map((order) => order.value),
    base,
  );
  if (exceeds(traded, limits.turnoverMaxRatio, total)) return 'turnover-max';
  const after = holdingsAfter(problem, orders);
  if (tooMany(problem, after)) return 'positions-max';
  const kinds = ['sector', 'country', 'currency'] as const;
  const full = kinds.find((kind) => overfull(problem, after, kind));
  return full && `${full}-max`;
}

function isTooLarge(limits: PlanLimits, value: Money, total: Money): boolean {
  const { most } = orderMaxOf(limits, total.toEstimate());
  return value.toEstimate() > most + RATIO_TOLERANCE * total.toEstimate();
}

function exceeds(value: Money, ratio: number, total: Money): boolean {
  return value.toEstimate() > (ratio + RATIO_TOLERANCE) * total.toEstimate();
}

function tooMany({ instruments, limits }: PlanningProblem, after: readonly Instrument[]): boolean {
  const count = (of: readonly Instrument[]) => of.filter(({ held }) => held.sign > 0).length;
  return count(after) > Math.max(limits.positionsMax, count(instruments));
}

/** True when a group ends over its limit and larger than it was. */
function overfull(problem: PlanningProblem, after: readonly Instrument[], by: GroupKind): boolean {
  const total = portfolioValue(problem).toEstimate();
  const before = sharesBy(problem.instruments, by, total);
  for (const [group, share] of sharesBy(after, by, total))
    if (
      share >
      Math.max(groupMaxOf(problem.limits, by, group), before.get(group) ?? 0) + RATIO_TOLERANCE
    )
      return true;
  return false;
}

function sharesBy(instruments: readonly Instrument[], by: GroupKind, total: number) {
  const shares = new Map<string, number>();
  for (const one of instruments) {
    const group = groupName(one, by);
    const share = valueIn(one, one.held, 'half-even').toEstimate() / total;
    if (group) shares.set(group, (shares.get(group) ?? 0) + share);
  }
  return shares;
}

function holdingsAfter(
  { instruments }: PlanningProblem,
  orders: readonly ExactOrder[],
): readonly Instrument[] {
  const traded = new Map<Isin, ExactOrder>(orders.map((order) => [order.instrument.isin, order]));
  return instruments.map((one) => {
    const order = traded.get(one.isin);
    if (!order) return one;
    const change = order.side === 'SELL' ? order.quantity.negate() : order.quantity;
    const taxLots = order.side === 'SELL' ? without(one.taxLots, order.quantity) : one.taxLots;
    return { ...one, held: one.held.add(change).normalize(), taxLots };
  });
}

/** What a sale leaves of the lots, which it takes in their order. */
function without(lots: Instrument['taxLots'], sold: Quantity): Instrument['taxLots'] {
  let missing = sold;
  return lots?.flatMap((lot) => {
    const part = lot.quantity.compare(missing) < 0 ? lot.quantity : missing;
    missing = missing.subtract(part);
    const quantity = lot.quantity.subtract(part);
    if (quantity.sign === 0) return [];
    if (part.sign === 0 || !lot.cost) return [{ ...lot, quantity }];
    const cost = lot.cost.amount.multiply(quantity).divide(lot.quantity, 12, 'half-even');
    return [{ ...lot, quantity, cost: Money.rounded(cost, lot.cost.currency, 'half-even') }];
  });
}

/** The problem that is left when the orders have been carried out as estimated. */
export function afterOrders(problem: PlanningProblem, settlement: Settlement): PlanningProblem {
  const { orders, cashAfter } = settlement;
  const sales = orders.filter(({ taxed }) => taxed !== undefined);
  const { taxYear } = problem;
  return {
    ...problem,
    cash: cashAfter,
    instruments: holdingsAfter(problem, orders),
    taxYear:
      taxYear && sales.reduce((year, sale) => withSale(year, gainsOf(problem, sale)), taxYear),
  };
}

/**
 * Orders that keep every rule: while one is broken, the order that breaks it is made as many lots
 * smaller as needed, or dropped where no size keeps the rules.
 */
export function repairedOrders(
  problem: PlanningProblem,
  requested: readonly RequestedOrder[],
): Settlement {
  let orders = requested;
  for (;;) {
    const settlement = settle(problem, orders);
    const breach = breachOf(problem, settlement);
    if (!breach) return settlement;
    orders = smaller(problem, orders, breach);
  }
}

/** The most lots that do not break the rule, by bisection: what an order takes rises with its size. */
function smaller(
  problem: PlanningProblem,
  orders: readonly RequestedOrder[],
  { order, rule }: Breach,
): readonly RequestedOrder[] {
  const sized = (lots: number): readonly RequestedOrder[] =>
    orders.flatMap((one) => {
      if (one.instrument !== order.instrument) return [one];
      return lots > 0 ? [{ ...one, lots }] : [];
    });
  if (rule === 'below-minimum-order') return sized(0);
  let [kept, broken] = [0, order.lots];
  while (broken - kept > 1) {
    const middle = Math.floor((kept + broken) / 2);
    const breach = breachOf(problem, settle(problem, sized(middle)));
    if (breach?.rule === rule && breach.order.instrument === order.instrument) broken = middle;
    else kept = middle;
  }
  return sized(kept);
}

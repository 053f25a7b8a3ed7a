/** Value and cost of an order, and the free cash for it. */
import { orderCost, type OrderCost } from '#shared/kernel/costs.ts';
import { convert } from '#shared/kernel/exchange-rate.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import { cashReserveOf } from '#shared/portfolio/model/policy/policy-cash.ts';
import type { CheckInputs } from './check-inputs.ts';
import { isUnresolved } from './order-state.ts';
import type { OrderRecord } from './order-record.ts';

export interface OrderValue {
  /** Quantity × reference price, in the base currency, rounded up. */
  readonly value: Money;
  readonly cost: OrderCost;
}

/** The price an order is measured by: its limit, else its stop, else the latest close. */
function referencePrice({ order, quote }: CheckInputs): Price | undefined {
  if (order.orderType === 'LIMIT' || order.orderType === 'STOP_LIMIT') return order.limitPrice;
  if (order.orderType === 'STOP') return order.stopPrice;
  return quote?.price;
}

/** Several checks measure the order by the same. */
const values = new WeakMap<CheckInputs, { readonly value: OrderValue | undefined }>();

/** Undefined where price or rate is missing; checks of their own report that. */
export function orderValue(inputs: CheckInputs): OrderValue | undefined {
  const known = values.get(inputs) ?? { value: newOrderValue(inputs) };
  values.set(inputs, known);
  return known.value;
}

function newOrderValue(inputs: CheckInputs): OrderValue | undefined {
  const { order, rate, limits } = inputs;
  const price = referencePrice(inputs);
  if (!price || !rate || price.currency !== rate.from) return undefined;
  const value = convert(price.times(order.quantity, 'up'), rate, 'up');
  return { value, cost: orderCost(limits.costs, order.side, value) };
}

/** Cash that an order takes: a purchase its value and costs, a sale nothing. */
export function cashNeeded(side: 'BUY' | 'SELL', { value, cost }: OrderValue): Money {
  return side === 'BUY' ? value.add(cost.total) : Money.zero(value.currency);
}

export interface FreeCash {
  readonly cash: Money;
  /** By live orders. */
  readonly heldForOrders: Money;
  /** The minimum that always stays. */
  readonly reserve: Money;
  /** What is left; negative when the rest exceeds the cash. */
  readonly free: Money;
}

const free = new WeakMap<CheckInputs, { readonly cash: FreeCash | undefined }>();

/** cash − reserved for live orders − minimum reserve; undefined where account or value are. */
export function freeCash(inputs: CheckInputs): FreeCash | undefined {
  const known = free.get(inputs) ?? { cash: newFreeCash(inputs) };
  free.set(inputs, known);
  return known.cash;
}

function newFreeCash(inputs: CheckInputs): FreeCash | undefined {
  const { account, accountValue, policy, base } = inputs;
  if (!account || !accountValue) return undefined;
  const held = [
    ...account.openOrders.map((open) => open.reserved),
    ...unseen(inputs).map((order) => order.reserved),
  ];
  const heldForOrders = Money.sum(held, base);
  const reserve = cashReserveOf(policy, accountValue);
  const free = account.cash.subtract(heldForOrders).subtract(reserve);
  return { cash: account.cash, heldForOrders, reserve, free };
}

/** Shares held that no live sale is about to deliver; undefined where the account is. */
export function freeShares(inputs: CheckInputs, isin: Isin): Quantity | undefined {
  const { account } = inputs;
  if (!account) return undefined;
  const promised = [
    ...account.openOrders
      .filter((open) => open.isin === isin && open.side === 'SELL')
      .map((open) => open.remaining),
    ...unseen(inputs)
      .filter((order) => order.isin === isin && order.side === 'SELL')
      .map((order) => order.quantity.subtract(order.filledQuantity)),
  ];
  const held = account.holdings.get(isin) ?? Decimal.zero;
  return promised.reduce((free, quantity) => free.subtract(quantity), held).normalize();
}

/**
 * Live orders of ours that the broker does not show as open, and that may still arrive there: those
 * being sent, and those with an unknown outcome. An accepted one that is not open any more has
 * moved cash and shares already.
 */
function unseen({ live, account }: CheckInputs): readonly OrderRecord[] {
  const open = new Set(account?.openOrders.map((order) => order.clientOrderId));
  return live.filter(
    (order) =>
      (order.state === 'INTENT' || isUnresolved(order.state)) && !open.has(order.clientOrderId),
  );
}

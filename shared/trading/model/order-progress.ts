/** State changes of a stored order: by an event of ours, or by the broker's data. */
import { assert, present } from '#shared/kernel/assert.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { TradeId } from '#shared/kernel/identifiers.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price, priceDecimalsMax } from '#shared/kernel/price.ts';
import {
  hashOfDraft,
  type Baseline,
  type OrderDraft,
  type OrderFill,
  type OrderRecord,
  type SeenOrder,
  type Violation,
} from './order-record.ts';
import { isTerminal, nextState, type OrderEvent } from './order-state.ts';

/** What an order is given when it is first stored. */
export interface OrderFacts {
  readonly tradeId: TradeId;
  /** Empty for an order that our checks denied before it had a number. */
  readonly clientOrderId: string;
  readonly symbol: string;
  /** Worth at the reference price, in the base currency. */
  readonly value: Money;
  /** Cash reserved for it until the broker reports its own reservation. */
  readonly reserved: Money;
  readonly errors: readonly Violation[];
  readonly baseline?: Baseline | undefined;
  readonly collarLimit?: Price | undefined;
  readonly at: Instant;
  readonly build: string;
}

/**
 * All fields that an order may get are there from the first, so that all orders are objects of one shape.
 * @param event `intend` for an order that may be sent, `deny` for one that may not
 */
export function newOrder(
  draft: OrderDraft,
  facts: OrderFacts,
  event: 'intend' | 'deny',
): OrderRecord {
  const { tradeId, clientOrderId, symbol, value, reserved, errors, baseline, at, build } = facts;
  const { collarLimit } = facts;
  const none = Money.zero(value.currency);
  return {
    accountId: draft.accountId,
    isin: draft.isin,
    symbol,
    side: draft.side,
    quantity: draft.quantity,
    orderType: draft.orderType,
    timeInForce: draft.timeInForce,
    limitPrice: draft.limitPrice,
    stopPrice: draft.stopPrice,
    referencePrice: draft.referencePrice,
    tradeId,
    clientOrderId,
    state: present(nextState('NEW', event), 'a new order has a first state'),
    message: event === 'deny' ? denialText(errors) : 'The order is stored and not sent yet.',
    filledQuantity: Decimal.zero,
    commission: none,
    fees: none,
    settlement: none,
    reserved: event === 'deny' ? none : reserved,
    fillIds: [],
    requestedAt: at,
    updatedAt: at,
    build,
    bodyHash: hashOfDraft(draft),
    value,
    errors,
    fills: [],
    queries: 0,
    baseline,
    collarLimit,
    submittedAt: undefined,
    brokerOrderId: undefined,
    averagePrice: undefined,
    executedAt: undefined,
    queriedAt: undefined,
  };
}

/** The order after an event; unchanged where the table has no transition. */
export function advance(
  order: OrderRecord,
  event: OrderEvent,
  at: Instant,
  message: string,
  errors: readonly Violation[] = order.errors,
): OrderRecord {
  const state = nextState(order.state, event);
  if (state === undefined) return order;
  return {
    ...order,
    state,
    message,
    errors,
    reserved: isTerminal(state) ? Money.zero(order.reserved.currency) : order.reserved,
    submittedAt: event === 'submit' ? at : order.submittedAt,
    updatedAt: at,
  };
}

export function denied(order: OrderRecord, errors: readonly Violation[], at: Instant): OrderRecord {
  return advance(order, 'deny', at, denialText(errors), errors);
}

export interface OrderUpdate {
  readonly order: OrderRecord;
  /** Alarms for a person. */
  readonly alarms: readonly string[];
}

/**
 * Updates the order from the broker's data. Each fill counts once, whatever the state; the filled
 * quantity never falls; a final state stays. The same order comes back when nothing is new.
 * @throws Failure UPSTREAM_BROKEN when it is not the order that was asked for
 */
export function withSeen(before: OrderRecord, seen: SeenOrder, at: Instant): OrderUpdate {
  requireSameOrder(before, seen);
  const order = isTerminal(before.state) ? before : adjusted(before, seen);
  const fills = mergeFills(order.fills, seen.fills);
  const filled = sum(fills.map((fill) => fill.quantity));
  const event = eventOf(seen, filled, order.quantity);
  const state = nextState(order.state, event) ?? order.state;
  const total = (of: (fill: OrderFill) => Money): Money =>
    Money.sum(fills.map(of), order.settlement.currency);
  const next: OrderRecord = {
    ...order,
    fills,
    fillIds: fills.map((fill) => fill.fillId),
    filledQuantity: filled,
    averagePrice: averagePriceOf(fills, filled) ?? order.averagePrice,
    commission: total((fill) => fill.commission),
    fees: total((fill) => fill.fees),
    settlement: total((fill) => fill.settlement),
    executedAt: lastTimeOf(fills) ?? order.executedAt,
    state,
    brokerOrderId: seen.brokerOrderId,
    message: isTerminal(order.state) ? order.message : seenText(event, seen, filled, order),
    reserved: isTerminal(state) ? Money.zero(order.reserved.currency) : seen.reserved,
    updatedAt: at,
  };
  return {
    order: sameButTime(before, next) ? before : next,
    alarms: alarmsOf(order, seen, filled),
  };
}

/** A split changes the terms of an open order; the broker's terms take precedence. */
function adjusted(order: OrderRecord, { adjustment }: SeenOrder): OrderRecord {
  if (!adjustment) return order;
  const { quantity, limitPrice, stopPrice } = adjustment;
  return {
    ...order,
    quantity,
    ...(limitPrice && { limitPrice }),
    ...(stopPrice && { stopPrice }),
  };
}

function requireSameOrder(order: OrderRecord, seen: SeenOrder): void {
  const { currency } = order.settlement;
  const amounts = seen.fills.flatMap((fill) => [fill.commission, fill.fees, fill.settlement]);
  const same =
    seen.clientOrderId === order.clientOrderId &&
    seen.isin === order.isin &&
    seen.side === order.side &&
    seen.brokerOrderId !== '' &&
    [...amounts, seen.reserved].every((amount) => amount.currency === currency);
  if (!same)
    throw new Failure(
      'UPSTREAM_BROKEN',
      `The broker shows another order under the client order id ${order.clientOrderId}: compare it at the broker with order ${order.tradeId}.`,
    );
}

/** Known fills first and as they were; a fill that comes again does not count again. */
function mergeFills(known: readonly OrderFill[], seen: readonly OrderFill[]): OrderFill[] {
  const byId = new Map(known.map((fill) => [fill.fillId, fill]));
  for (const fill of seen) if (!byId.has(fill.fillId)) byId.set(fill.fillId, recorded(fill));
  return [...byId.values()];
}

function recorded(fill: OrderFill): OrderFill {
  const { fillId, quantity, price, commission, fees, settlement, executedAt } = fill;
  assert(quantity.sign > 0, 'a fill has a quantity');
  return { fillId, quantity, price, commission, fees, settlement, executedAt };
}

/** An order is final only once every fill that the broker counts has arrived. */
function eventOf(seen: SeenOrder, filled: Decimal, quantity: Decimal): OrderEvent {
  const working = filled.sign > 0 ? 'part-fill' : 'accept';
  if (filled.compare(quantity) >= 0) return 'fill';
  if (filled.compare(seen.filledQuantity) < 0) return working;
  if (seen.state === 'CANCELLED') return 'cancel';
  if (seen.state === 'EXPIRED') return 'expire';
  if (seen.state === 'REJECTED') return 'reject';
  return working;
}

/** Exact to eight decimals or more. */
function averagePriceOf(fills: readonly OrderFill[], filled: Decimal): Price | undefined {
  const [first] = fills;
  if (!first) return undefined;
  const paid = sum(fills.map((fill) => fill.price.amount.multiply(fill.quantity)));
  const { currency } = first.price;
  return new Price(paid.divide(filled, priceDecimalsMax(currency), 'half-even'), currency);
}

function lastTimeOf(fills: readonly OrderFill[]): Instant | undefined {
  return fills.length === 0
    ? undefined
    : instantOf(Math.max(...fills.map(({ executedAt }) => executedAt)));
}

function alarmsOf(order: OrderRecord, seen: SeenOrder, filled: Decimal): string[] {
  const alarms: string[] = [];
  if (isTerminal(order.state) && filled.compare(order.filledQuantity) > 0)
    alarms.push(`a fill came after the order was ${order.state}`);
  if (order.state === 'ABSENT' || order.state === 'DENIED')
    alarms.push(`the broker has an order that was ${order.state}`);
  if (filled.compare(order.quantity) > 0)
    alarms.push(`${filled} are filled of ${order.quantity} asked for`);
  if (seen.fills.some((fill) => fill.price.amount.sign <= 0)) alarms.push('a fill has no price');
  if (seen.fills.some((fill) => differsFromKnown(order.fills, fill)))
    alarms.push('the broker changed a fill that was booked');
  return alarms;
}

function differsFromKnown(known: readonly OrderFill[], fill: OrderFill): boolean {
  const before = known.find((other) => other.fillId === fill.fillId);
  return (
    before !== undefined &&
    !(
      before.quantity.equals(fill.quantity) &&
      before.price.amount.equals(fill.price.amount) &&
      before.settlement.equals(fill.settlement)
    )
  );
}

function seenText(event: OrderEvent, seen: SeenOrder, filled: Decimal, order: OrderRecord): string {
  const why = seen.reason ? `: ${seen.reason}` : '.';
  const part = `${filled} of ${order.quantity} filled`;
  if (event === 'fill') return `Filled: ${filled}.`;
  if (event === 'part-fill') return `Working at the broker, ${part}.`;
  if (event === 'cancel') return `Cancelled with ${part}${why}`;
  if (event === 'expire') return `Expired with ${part}${why}`;
  if (event === 'reject') return `The broker rejected it${why}`;
  return 'Working at the broker.';
}

function denialText(errors: readonly Violation[]): string {
  return `Not sent. ${errors.map((error) => error.message).join(' ')}`;
}

function sum(values: readonly Decimal[]): Decimal {
  return values.reduce((total, value) => total.add(value), Decimal.zero).normalize();
}

function sameButTime(a: OrderRecord, b: OrderRecord): boolean {
  const names = Object.keys(b) as (keyof OrderRecord)[];
  const others = (Object.keys(a) as (keyof OrderRecord)[]).filter((name) => !(name in b));
  return [...names, ...others].every((name) => name === 'updatedAt' || isSame(a[name], b[name]));
}

/** As they are stored. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

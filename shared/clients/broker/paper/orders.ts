/** The life cycle of an order at the paper broker: placed, advanced, cancelled, expired. */
import type { OrderInstruction, SubmitOutcome } from '#shared/clients/broker/broker.ts';
import { canonicalJson } from '#shared/kernel/hash.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import { isWholeLots } from '#shared/kernel/quantity.ts';
import {
  unreservedCash,
  unreservedShares,
  isLive,
  liveOrders,
  movementTime,
  remainingQuantity,
  withFill,
  withOrder,
  type PaperBook,
  type PaperMarket,
  type PaperOrder,
  type PaperQuote,
  type PaperTerms,
} from './paper-book.ts';
import {
  execution,
  executionPrice,
  firstPart,
  reachesStop,
  reservation,
  type FirmQuote,
} from './fills.ts';

/** Why an order is rejected, or why the rest of it was given up. */
export type PaperReason =
  | 'client-order-id-reused'
  | 'quantity-not-positive'
  | 'unknown-security'
  | 'price-missing'
  | 'exchange-rate-missing'
  | 'lot-size'
  | 'limit-price-missing'
  | 'stop-price-missing'
  | 'price-not-expected'
  | 'price-currency'
  | 'insufficient-cash'
  | 'insufficient-shares'
  | 'not-executable-now'
  | 'cancelled-by-owner'
  | 'day-is-over'
  | 'corporate-action';

/**
 * Takes an order, and executes what can be executed at once. The same id with the same content
 * answers the same outcome and changes nothing.
 */
export function place(
  book: PaperBook,
  sent: OrderInstruction,
  market: PaperMarket,
): { book: PaperBook; outcome: SubmitOutcome } {
  const instruction = { ...sent, quantity: sent.quantity.normalize() };
  const known = book.orders.get(instruction.clientOrderId);
  if (known && !known.adjustedBy && canonicalJson(known.instruction) !== canonicalJson(instruction))
    return { book, outcome: rejection('client-order-id-reused') };
  if (known) return { book, outcome: outcomeOf(known) };
  const order = newOrder(book, instruction, market);
  const counted = { ...book, orderCount: book.orderCount + 1 };
  const quote = market.quotes.get(instruction.isin);
  const reason = refusalOf(counted, order, quote, market);
  if (reason !== undefined || !isFirm(quote)) {
    const rejected = { ...order, state: 'REJECTED' as const, reason };
    return { book: withOrder(counted, rejected), outcome: outcomeOf(rejected) };
  }
  const placed = withOrder(counted, {
    ...order,
    reserved: reservation(order, quote, market.costs),
  });
  return { book: attempt(placed, instruction.clientOrderId, market), outcome: outcomeOf(order) };
}

/** Executes what the market allows now, of every live order. */
export function advanceOrders(book: PaperBook, market: PaperMarket): PaperBook {
  let next = expire(book, market);
  for (const { instruction } of liveOrders(next))
    next = attempt(next, instruction.clientOrderId, market);
  return next;
}

/** Ends the DAY orders whose day is over. */
export function expire(book: PaperBook, market: PaperMarket): PaperBook {
  return liveOrders(book)
    .filter((order) => order.instruction.timeInForce === 'DAY' && market.today > order.day)
    .reduce((next, order) => withOrder(next, ended(order, 'EXPIRED', 'day-is-over')), book);
}

/** Cancels the unfilled quantity; an order that has ended is left unchanged. */
export function cancel(book: PaperBook, clientOrderId: string): PaperBook {
  const order = book.orders.get(clientOrderId);
  if (!order || !isLive(order)) return book;
  return withOrder(book, ended(order, 'CANCELLED', 'cancelled-by-owner'));
}

function newOrder(book: PaperBook, instruction: OrderInstruction, market: PaperMarket): PaperOrder {
  return {
    instruction,
    brokerOrderId: `paper-${book.orderCount + 1}`,
    currency: market.quotes.get(instruction.isin)?.currency ?? book.currency,
    state: 'WORKING',
    day: market.today,
    triggered: false,
    reserved: Money.zero(book.currency),
    fills: [],
  };
}

function refusalOf(
  book: PaperBook,
  order: PaperOrder,
  quote: PaperQuote | undefined,
  market: PaperMarket,
): PaperReason | undefined {
  const { instruction } = order;
  if (instruction.quantity.sign <= 0) return 'quantity-not-positive';
  if (!quote) return 'unknown-security';
  if (quote.close === undefined) return 'price-missing';
  if (!isFirm(quote)) return 'exchange-rate-missing';
  if (!isWholeLots(instruction.quantity, quote.lot)) return 'lot-size';
  return priceRejection(instruction, quote) ?? fundsRejection(book, order, quote, market);
}

function priceRejection(order: OrderInstruction, quote: PaperQuote): PaperReason | undefined {
  const needsLimit = order.type === 'LIMIT' || order.type === 'STOP_LIMIT';
  const needsStop = order.type === 'STOP' || order.type === 'STOP_LIMIT';
  if (needsLimit && !order.limitPrice) return 'limit-price-missing';
  if (needsStop && !order.stopPrice) return 'stop-price-missing';
  if ((!needsLimit && order.limitPrice) || (!needsStop && order.stopPrice))
    return 'price-not-expected';
  const prices = [order.limitPrice, order.stopPrice];
  return prices.some((price) => price && price.currency !== quote.currency)
    ? 'price-currency'
    : undefined;
}

function fundsRejection(
  book: PaperBook,
  order: PaperOrder,
  quote: FirmQuote,
  { costs }: PaperMarket,
): PaperReason | undefined {
  const { clientOrderId, isin, side, quantity } = order.instruction;
  if (side === 'SELL')
    return quantity.compare(unreservedShares(book, isin, clientOrderId)) > 0
      ? 'insufficient-shares'
      : undefined;
  const needed = reservation(order, quote, costs);
  return needed.compare(unreservedCash(book, clientOrderId)) > 0 ? 'insufficient-cash' : undefined;
}

/** Executes one order as far as price, volume and means allow. */
function attempt(book: PaperBook, clientOrderId: string, market: PaperMarket): PaperBook {
  const found = book.orders.get(clientOrderId);
  const quote = found && market.quotes.get(found.instruction.isin);
  if (!found || !isFirm(quote)) return book;
  const order = triggeredBy(found, quote.close);
  const price = executionPrice(order.instruction, order.triggered, quote, market.costs);
  const quantity = price && executable(order, quote, market.costs);
  if (!price || !quantity) return waiting(book, order);
  const at = movementTime(book, market.now);
  const fill = execution(order, quantity, price, quote, market.costs, at);
  const shortOf = lacking(book, order, quantity, fill.settlement);
  if (shortOf) return withOrder(book, ended(order, 'CANCELLED', shortOf));
  const filled = withFill(book, order, fill);
  return withOrder(filled, afterFill({ ...order, fills: [...order.fills, fill] }, quote, market));
}

function triggeredBy(order: PaperOrder, close: number): PaperOrder {
  const triggered = order.triggered || reachesStop(order.instruction, close);
  return triggered === order.triggered ? order : { ...order, triggered };
}

/** How much executes now; undefined where the order must fill at once in full and cannot. */
function executable(order: PaperOrder, quote: PaperQuote, terms: PaperTerms): Quantity | undefined {
  if (order.fills.length > 0) return remainingQuantity(order);
  const part = firstPart(order.instruction, quote, terms);
  const partly = part.compare(order.instruction.quantity) < 0;
  return partly && order.instruction.timeInForce === 'FOK' ? undefined : part;
}

/** What an execution would make negative. */
function lacking(
  book: PaperBook,
  { instruction }: PaperOrder,
  quantity: Quantity,
  settlement: Money,
): PaperReason | undefined {
  const { clientOrderId, isin, side } = instruction;
  if (side === 'SELL' && quantity.compare(unreservedShares(book, isin, clientOrderId)) > 0)
    return 'insufficient-shares';
  // A sale whose proceeds cover its charges needs no cash, even while other orders reserve it.
  const after = unreservedCash(book, clientOrderId).add(settlement);
  return settlement.sign < 0 && after.sign < 0 ? 'insufficient-cash' : undefined;
}

function waiting(book: PaperBook, order: PaperOrder): PaperBook {
  if (isImmediate(order)) return withOrder(book, ended(order, 'CANCELLED', 'not-executable-now'));
  const unchanged = book.orders.get(order.instruction.clientOrderId) === order;
  return unchanged ? book : withOrder(book, order);
}

function afterFill(order: PaperOrder, quote: FirmQuote, { costs }: PaperMarket): PaperOrder {
  if (remainingQuantity(order).sign === 0)
    return { ...order, state: 'FILLED', reserved: Money.zero(order.reserved.currency) };
  if (isImmediate(order)) return ended(order, 'CANCELLED', 'not-executable-now');
  return { ...order, state: 'PARTIAL', reserved: reservation(order, quote, costs) };
}

function isImmediate({ instruction: { timeInForce } }: PaperOrder): boolean {
  return timeInForce === 'IOC' || timeInForce === 'FOK';
}

function ended(order: PaperOrder, state: 'CANCELLED' | 'EXPIRED', reason: PaperReason): PaperOrder {
  return { ...order, state, reason, reserved: Money.zero(order.reserved.currency) };
}

function isFirm(quote: PaperQuote | undefined): quote is FirmQuote {
  return quote?.close !== undefined && quote.rate !== undefined;
}

function outcomeOf(order: PaperOrder): SubmitOutcome {
  return order.state === 'REJECTED'
    ? { kind: 'rejected', reason: order.reason ?? 'rejected' }
    : { kind: 'accepted', brokerOrderId: order.brokerOrderId };
}

function rejection(reason: PaperReason): SubmitOutcome {
  return { kind: 'rejected', reason };
}

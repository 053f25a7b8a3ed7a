/**
 * The paper broker's own book: cash, shares, orders, and all that moved. Book in, book out; what
 * the market says and what time it is are arguments.
 */
import type {
  BrokerCorporateAction,
  BrokerFill,
  BrokerFlow,
  BrokerHolding,
  BrokerOrder,
  BrokerOrderState,
  BrokerStatement,
  OrderInstruction,
} from '#shared/clients/broker/broker.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { CostModel } from '#shared/kernel/costs.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { later, type Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';

/** What the paper broker sees of a listed security; figures the source lacks are absent. */
export interface PaperQuote {
  readonly isin: Isin;
  readonly currency: Currency;
  readonly lot: Quantity;
  /** Latest close, in the security's currency. */
  readonly close?: number | undefined;
  /** Its day. */
  readonly day?: CalendarDay | undefined;
  /** Shares a day, over the latest bars. */
  readonly averageVolume?: number | undefined;
  /** Security's currency into the account's; 1 where they are one. */
  readonly rate?: Decimal | undefined;
}

/** One snapshot of the market. */
export interface PaperMarket {
  /** In market time. */
  readonly now: Instant;
  readonly today: CalendarDay;
  /** By ISIN; a security the source does not list is missing. */
  readonly quotes: ReadonlyMap<Isin, PaperQuote>;
  /** Corporate actions of what is held or ordered, by day. */
  readonly actions: readonly CorporateAction[];
  /** By action: the currency of its cash into the account's, on the day it is paid. */
  readonly rates: ReadonlyMap<string, Decimal>;
  readonly costs: PaperTerms;
}

/** What orders cost, and how they meet the market. */
export interface PaperTerms extends CostModel {
  /** Worst slippage against the quote, beside half the spread; each order draws a part of it. */
  readonly slippageMaxRatio: number;
  /** Share of an average day's volume that executes at once. */
  readonly volumeMaxRatio: number;
  /** Share of the orders that execute in two parts although they are small. */
  readonly splitRatio: number;
}

export interface PaperOrder {
  readonly instruction: OrderInstruction;
  readonly brokerOrderId: string;
  /** The security's; the account's where the security is not known. */
  readonly currency: Currency;
  readonly state: BrokerOrderState;
  readonly reason?: string | undefined;
  /** Market day of the submission. */
  readonly day: CalendarDay;
  /** Whether a stop price was reached; once it was, it stays so. */
  readonly triggered: boolean;
  readonly reserved: Money;
  readonly fills: readonly BrokerFill[];
  /** The corporate action that changed its terms last. */
  readonly adjustedBy?: string | undefined;
}

export interface PaperHolding {
  readonly symbol: string;
  readonly quantity: Quantity;
}

/** How far a book has come with actions. */
export interface CarriedActions {
  /** All actions up to this day were carried out, but for those that wait. */
  readonly through: CalendarDay;
  /** Of the ids of those actions: another one among them was announced late. */
  readonly hash: string;
  /** Ids of dividends that are not paid yet. */
  readonly waiting: readonly string[];
}

export interface PaperBook {
  readonly accountId: AccountId;
  readonly currency: Currency;
  readonly cash: Money;
  /** Only what is held; no entry has quantity 0. */
  readonly holdings: ReadonlyMap<Isin, PaperHolding>;
  /** By client order id, in the order of arrival: the live ones, and those settled ones asked for. */
  readonly orders: ReadonlyMap<string, PaperOrder>;
  readonly orderCount: number;
  readonly flows: readonly BrokerFlow[];
  /** Corporate actions that changed holdings. */
  readonly actions: readonly BrokerCorporateAction[];
  readonly carried?: CarriedActions | undefined;
  /** Time of the latest movement; the next one is later, so that movements have one order. */
  readonly movedAt: Instant;
}

const OPENING_FLOW = 'opening';

/** A new account, opened by a deposit. */
export function openBook(accountId: AccountId, deposit: Money, now: Instant): PaperBook {
  const empty: PaperBook = {
    accountId,
    currency: deposit.currency,
    cash: Money.zero(deposit.currency),
    holdings: new Map(),
    orders: new Map(),
    orderCount: 0,
    flows: [],
    actions: [],
    movedAt: later(now, -1),
  };
  return deposit.sign > 0 ? withDeposit(empty, OPENING_FLOW, deposit, now) : empty;
}

export function withDeposit(book: PaperBook, id: string, amount: Money, now: Instant): PaperBook {
  const happenedAt = movementTime(book, now);
  return {
    ...book,
    cash: book.cash.add(amount),
    flows: [...book.flows, { flowId: id, kind: 'deposit', amount, happenedAt }],
    movedAt: happenedAt,
  };
}

export type AdoptedHolding = BrokerHolding & Pick<BrokerFlow, 'price' | 'exchangeRate'>;

/** Transfers shares in and out until the account holds exactly what was requested. */
export function withHoldings(
  book: PaperBook,
  requested: readonly AdoptedHolding[],
  now: Instant,
): PaperBook {
  const isins = new Set([...book.holdings.keys(), ...requested.map((holding) => holding.isin)]);
  let next = book;
  for (const isin of isins) {
    const target = requested.find((holding) => holding.isin === isin);
    next = withTransfer(next, isin, target, now);
  }
  return next;
}

function withTransfer(
  book: PaperBook,
  isin: Isin,
  target: AdoptedHolding | undefined,
  now: Instant,
): PaperBook {
  const change = (target?.quantity ?? Decimal.zero).subtract(sharesOf(book, isin));
  if (change.sign === 0) return book;
  const symbol = target?.symbol ?? book.holdings.get(isin)?.symbol ?? isin;
  const happenedAt = movementTime(book, now);
  const flow: BrokerFlow = {
    flowId: `adopted-${book.flows.length + 1}`,
    kind: change.sign > 0 ? 'transfer-in' : 'transfer-out',
    amount: Money.zero(book.currency),
    isin,
    quantity: change.absolute().normalize(),
    ...(change.sign > 0 && { price: target?.price, exchangeRate: target?.exchangeRate }),
    happenedAt,
  };
  const moved = { ...book, flows: [...book.flows, flow], movedAt: happenedAt };
  return withShares(moved, isin, symbol, change);
}

/** Books an execution: cash and shares move, the order remembers it. */
export function withFill(book: PaperBook, order: PaperOrder, fill: BrokerFill): PaperBook {
  const change = fill.side === 'BUY' ? fill.quantity : fill.quantity.negate();
  const moved = {
    ...book,
    cash: book.cash.add(fill.settlement),
    movedAt: fill.executedAt,
  };
  const filled = { ...order, fills: [...order.fills, fill] };
  return withOrder(withShares(moved, fill.isin, fill.symbol, change), filled);
}

export function withOrder(book: PaperBook, order: PaperOrder): PaperBook {
  const orders = new Map(book.orders).set(order.instruction.clientOrderId, order);
  return { ...book, orders };
}

export function withShares(
  book: PaperBook,
  isin: Isin,
  symbol: string,
  change: Decimal,
): PaperBook {
  const quantity = sharesOf(book, isin).add(change).normalize();
  const holdings = new Map(book.holdings);
  if (quantity.sign === 0) holdings.delete(isin);
  else holdings.set(isin, { symbol, quantity });
  return { ...book, holdings };
}

/** Strictly after every movement before it. */
export function movementTime(book: PaperBook, now: Instant): Instant {
  return now > book.movedAt ? now : later(book.movedAt, 1);
}

function sharesOf(book: PaperBook, isin: Isin): Quantity {
  return book.holdings.get(isin)?.quantity ?? Decimal.zero;
}

export function isLive(order: PaperOrder): boolean {
  return order.state === 'WORKING' || order.state === 'PARTIAL';
}

export function liveOrders(book: PaperBook): PaperOrder[] {
  return [...book.orders.values()].filter(isLive);
}

export function filledQuantity(order: PaperOrder): Quantity {
  return order.fills.reduce((sum, fill) => sum.add(fill.quantity), Decimal.zero).normalize();
}

export function remainingQuantity(order: PaperOrder): Quantity {
  return order.instruction.quantity.subtract(filledQuantity(order)).normalize();
}

/** Cash that no live order but this one holds back. */
export function unreservedCash(book: PaperBook, besides: string): Money {
  const others = liveOrders(book).filter((o) => o.instruction.clientOrderId !== besides);
  return book.cash.subtract(
    Money.sum(
      others.map((order) => order.reserved),
      book.currency,
    ),
  );
}

/** Shares that no live sale but this one is about to deliver. */
export function unreservedShares(book: PaperBook, isin: Isin, besides: string): Quantity {
  const sales = liveOrders(book).filter(
    ({ instruction: o }) => o.isin === isin && o.side === 'SELL' && o.clientOrderId !== besides,
  );
  return sales.reduce(
    (free, order) => free.subtract(remainingQuantity(order)),
    sharesOf(book, isin),
  );
}

export function brokerOrderOf(order: PaperOrder): BrokerOrder {
  const { clientOrderId, isin, symbol, side, quantity, limitPrice, stopPrice } = order.instruction;
  return {
    clientOrderId,
    brokerOrderId: order.brokerOrderId,
    isin,
    symbol,
    side,
    quantity,
    filledQuantity: filledQuantity(order),
    state: order.state,
    reason: order.reason,
    fills: order.fills,
    reserved: order.reserved,
    ...(order.adjustedBy !== undefined && {
      adjustment: { actionId: order.adjustedBy, quantity, limitPrice, stopPrice },
    }),
  };
}

/** What is held stays the same from one statement to the next, unless an order was filled. */
const listed = new WeakMap<PaperBook['holdings'], readonly BrokerHolding[]>();

function brokerHoldingsOf({ holdings }: PaperBook): readonly BrokerHolding[] {
  const known =
    listed.get(holdings) ??
    [...holdings].map(([isin, { symbol, quantity }]) => ({ isin, symbol, quantity }));
  listed.set(holdings, known);
  return known;
}

/** @param settled fills of orders that are not in the book any more, in the order of time */
export function statementOf(
  book: PaperBook,
  now: Instant,
  settled: readonly BrokerFill[] = [],
): BrokerStatement {
  const own = [...book.orders.values()].flatMap((order) => order.fills);
  return {
    accountId: book.accountId,
    currency: book.currency,
    cash: book.cash,
    holdings: brokerHoldingsOf(book),
    openOrders: liveOrders(book).map(brokerOrderOf),
    fills: own.length === 0 ? settled : inTime([...settled, ...own]),
    flows: book.flows,
    corporateActions: book.actions,
    takenAt: now,
  };
}

/** They are mostly in this order already. */
export function inTime(fills: BrokerFill[]): readonly BrokerFill[] {
  const isSorted = fills.every((fill, i) => fill.executedAt >= (fills[i - 1]?.executedAt ?? 0));
  return isSorted ? fills : fills.sort((a, b) => a.executedAt - b.executedAt);
}

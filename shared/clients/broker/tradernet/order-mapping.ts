/** Maps between our orders and Tradernet's. Pure. */
import { LosslessNumber, stringify } from 'lossless-json';
import type { BrokerFill, BrokerOrderState, OrderInstruction, Side } from '../broker.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price, priceDecimalsMax } from '#shared/kernel/price.ts';
import { exchangesCurrencies } from './currency-pairs.ts';
import type { TradernetOrderRow, TradeRow } from './shapes.ts';

/** Never 2 and 4, which buy on margin and sell short. */
const actionIds = { BUY: 1, SELL: 3 } as const;
const typeIds = { MARKET: 1, LIMIT: 2, STOP: 3, STOP_LIMIT: 4 } as const;
/** Never 2, which trades in extended hours too. */
const expirationIds = { DAY: 1, GTC: 3 } as const;

/** @param symbol as Tradernet names the security */
export function orderBody(order: OrderInstruction, symbol: string): string {
  const exact = (value: Decimal | string) => new LosslessNumber(value.toString());
  return (
    stringify({
      instr_name: symbol,
      action_id: actionIds[order.side],
      order_type_id: typeIds[order.type],
      qty: exact(order.quantity.normalize()),
      ...(order.limitPrice && { limit_price: exact(order.limitPrice.amount) }),
      ...(order.stopPrice && { stop_price: exact(order.stopPrice.amount) }),
      expiration_id: expirationIds[order.timeInForce === 'GTC' ? 'GTC' : 'DAY'],
      user_order_id: exact(order.clientOrderId),
    }) ?? ''
  );
}

export function cancelBody(orderId: string): string {
  return stringify({ order_id: new LosslessNumber(orderId) }) ?? '';
}

/** 74, an error of sending, is ambiguous until the history has the order. */
const states: Readonly<Record<string, BrokerOrderState>> = {
  ...{ 0: 'REJECTED', 1: 'WORKING', 2: 'WORKING', 10: 'WORKING', 11: 'WORKING', 12: 'PARTIAL' },
  ...{ 20: 'PARTIAL', 21: 'FILLED', 30: 'CANCELLED', 31: 'CANCELLED', 70: 'REJECTED' },
  ...{ 71: 'EXPIRED', 72: 'EXPIRED', 74: 'REJECTED', 75: 'WORKING' },
};
export const ERROR_OF_SENDING = '74';

/** @returns undefined for an unknown state */
export function tradernetStateOf(
  row: TradernetOrderRow,
  filled: Decimal,
): BrokerOrderState | undefined {
  const state = states[row.stat];
  return state === 'WORKING' && filled.sign > 0 ? 'PARTIAL' : state;
}

export function isOpenOrder(row: TradernetOrderRow): boolean {
  return ['WORKING', 'PARTIAL'].includes(states[row.stat] ?? 'WORKING');
}

export function sideOf(row: TradernetOrderRow): Side {
  return row.oper === '1' || row.oper === '2' ? 'BUY' : 'SELL';
}

/**
 * The executed quantity of an order: by its own count, or by its executions where these amount to
 * more.
 */
export function filledOf(row: TradernetOrderRow, fills: readonly BrokerFill[]): Decimal {
  const executed = fills.reduce((sum, fill) => sum.add(fill.quantity), Decimal.zero);
  const counted = row.leaves_qty ? row.q.subtract(row.leaves_qty) : Decimal.zero;
  const most = executed.compare(counted) > 0 ? executed : counted;
  return (most.sign < 0 ? Decimal.zero : most).normalize();
}

export interface TradernetExecution {
  readonly tradeId: string;
  readonly orderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly currency: Currency;
  /** Currencies were exchanged, no security. */
  readonly isExchange: boolean;
  readonly executedAt: Instant;
}

export function tradernetExecutionOf(row: TradeRow): TradernetExecution {
  return {
    tradeId: row.id,
    orderId: row.order_id,
    symbol: row.instr_nm,
    side: row.type === '1' ? 'BUY' : 'SELL',
    quantity: row.q,
    price: row.p,
    currency: parseCurrency(row.curr_c),
    isExchange: exchangesCurrencies(row.instr_type_c, row.instr_nm),
    executedAt: row.date,
  };
}

/** Executions that the row of a past order carries. */
export function executionsOf(row: TradernetOrderRow, currency: Currency): TradernetExecution[] {
  return row.trade.map((trade) => ({
    tradeId: trade.id,
    orderId: row.id,
    symbol: row.instr,
    side: sideOf(row),
    quantity: trade.q,
    price: trade.p,
    currency: row.cur === undefined ? currency : parseCurrency(row.cur),
    isExchange: false,
    executedAt: trade.date,
  }));
}

/** Cash that an execution moved, in its own currency; its commission is a flow of its own. */
export function executionValueOf({ side, quantity, price, currency }: TradernetExecution): Money {
  const value = Money.rounded(price.multiply(quantity), currency, 'half-even');
  return side === 'BUY' ? value.negate() : value;
}

/** @param rate one unit of the execution's currency in the account's */
export function tradernetFillOf(
  execution: TradernetExecution,
  order: { readonly clientOrderId: string; readonly isin: Isin },
  account: Currency,
  rate: Decimal,
): BrokerFill {
  const { tradeId, symbol, side, quantity, price, currency, executedAt } = execution;
  return {
    fillId: tradeId,
    ...order,
    symbol,
    side,
    quantity: quantity.normalize(),
    price: new Price(price.round(priceDecimalsMax(currency), 'half-even'), currency),
    commission: Money.zero(account),
    fees: Money.zero(account),
    exchangeRate: rate,
    settlement: Money.rounded(
      executionValueOf(execution).amount.multiply(rate),
      account,
      'half-even',
    ),
    executedAt,
  };
}

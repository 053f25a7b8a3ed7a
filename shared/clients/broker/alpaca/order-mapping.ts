/** Maps between our orders and Alpaca's. Pure. */
import type { trading } from '@alpacahq/alpaca-trade-api/rest';
import type { BrokerFill, BrokerOrderState, OrderInstruction } from '../broker.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import type { FillRow, AlpacaOrderRow, orderStates } from './shapes.ts';

const typeNames = {
  MARKET: 'market',
  LIMIT: 'limit',
  STOP: 'stop',
  STOP_LIMIT: 'stop_limit',
} as const;
const timeNames = { DAY: 'day', GTC: 'gtc', IOC: 'ioc', FOK: 'fok' } as const;

export function alpacaRequestOf(order: OrderInstruction): trading.PostOrderRequest {
  return {
    symbol: order.symbol,
    qty: order.quantity.normalize().toString(),
    side: order.side === 'BUY' ? 'buy' : 'sell',
    type: typeNames[order.type],
    timeInForce: timeNames[order.timeInForce],
    clientOrderId: order.clientOrderId,
    ...(order.limitPrice && { limitPrice: order.limitPrice.amount.toString() }),
    ...(order.stopPrice && { stopPrice: order.stopPrice.amount.toString() }),
    ...(order.extendedHours === true && { extendedHours: true }),
  };
}

/** Whether a row is the order that was to be sent. */
export function isSame(row: AlpacaOrderRow, order: OrderInstruction): boolean {
  return (
    row.client_order_id === order.clientOrderId &&
    row.symbol === order.symbol &&
    row.side === (order.side === 'BUY' ? 'buy' : 'sell') &&
    row.qty?.equals(order.quantity) === true &&
    samePrice(row.limit_price, order.limitPrice) &&
    samePrice(row.stop_price, order.stopPrice)
  );
}

function samePrice(stated: Decimal | null | undefined, requested: Price | undefined): boolean {
  return stated ? requested?.amount.equals(stated) === true : requested === undefined;
}

const ended: Partial<Record<(typeof orderStates)[number], BrokerOrderState>> = {
  filled: 'FILLED',
  canceled: 'CANCELLED',
  expired: 'EXPIRED',
  rejected: 'REJECTED',
};

export function alpacaStateOf({ status, filled_qty: filled }: AlpacaOrderRow): BrokerOrderState {
  return ended[status] ?? (filled.sign > 0 ? 'PARTIAL' : 'WORKING');
}

/** Alpaca's executions carry no fees: fees arrive as separate rows, one sum for each day. */
export function alpacaFillOf(
  row: FillRow,
  clientOrderId: string,
  isin: Isin,
  currency: Currency,
): BrokerFill {
  const buys = row.side === 'buy';
  const price = new Price(row.price, currency);
  const value = price.times(row.qty, 'half-even');
  return {
    fillId: row.id,
    clientOrderId,
    isin,
    symbol: row.symbol,
    side: buys ? 'BUY' : 'SELL',
    quantity: row.qty.normalize(),
    price,
    commission: Money.zero(currency),
    fees: Money.zero(currency),
    exchangeRate: Decimal.one,
    settlement: buys ? value.negate() : value,
    ...(!value.amount.equals(row.price.multiply(row.qty)) && { isRounded: true }),
    executedAt: row.transaction_time,
  };
}

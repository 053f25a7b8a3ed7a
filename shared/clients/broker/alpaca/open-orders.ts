/** Open orders at Alpaca of any client and kind, and the cash that each reserves. Pure. */
import type { BrokerFill, OpenOrder } from '../broker.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import type { OpenOrderRow } from './shapes.ts';

/** What a market order may cost above its last known price. */
const COLLAR = Decimal.of('1.05');
/** Shares that an option is for. */
const CONTRACT_SHARES = Decimal.of(100);

/** As the list of open orders has it: open, whatever its state is called. */
export function openOrderOf(
  row: OpenOrderRow,
  clientOrderId: string,
  fills: readonly BrokerFill[],
): Omit<OpenOrder, 'isin' | 'reserved'> {
  const filledQuantity = (row.filled_qty ?? Decimal.zero).normalize();
  return {
    ...{ clientOrderId, brokerOrderId: row.id, fills, filledQuantity },
    symbol: row.symbol || 'several securities',
    side: isSale(row) ? 'SELL' : 'BUY',
    quantity: (row.qty ?? filledQuantity).normalize(),
    state: filledQuantity.sign > 0 ? 'PARTIAL' : 'WORKING',
  };
}

/** Undefined for an order that states neither an amount nor a price. */
export function statedReservation(row: OpenOrderRow, currency: Currency): Money | undefined {
  if (isSale(row)) return Money.zero(currency);
  if (row.notional) return Money.rounded(row.notional, currency, 'up');
  const price = row.limit_price ?? row.stop_price?.multiply(COLLAR);
  return price && row.qty ? worthOf(row, price.absolute(), currency) : undefined;
}

export function marketReservation(row: OpenOrderRow, last: Decimal, currency: Currency): Money {
  return worthOf(row, last.multiply(COLLAR), currency);
}

function worthOf(row: OpenOrderRow, price: Decimal, currency: Currency): Money {
  const rest = (row.qty ?? Decimal.zero).subtract(row.filled_qty ?? Decimal.zero);
  const isOption = row.asset_class === 'us_option' || row.order_class === 'mleg';
  const each = isOption ? price.multiply(CONTRACT_SHARES) : price;
  return new Price(each, currency).times(rest, 'up');
}

function isSale({ side }: OpenOrderRow): boolean {
  return side === 'sell' || side === 'sell_short';
}

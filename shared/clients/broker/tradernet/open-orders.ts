/** Open orders at Tradernet of any origin, and what each reserves of the account's cash. Pure. */
import type { BrokerFill, OpenOrder } from '../broker.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { exchangesCurrencies, pairOf, type CurrencyPair } from './currency-pairs.ts';
import { filledOf, sideOf, tradernetStateOf } from './order-mapping.ts';
import type { TradernetOrderRow } from './shapes.ts';

/** What a market order may cost above its last known price. */
const COLLAR = Decimal.of('1.05');

/** As the list of orders has it; one in an unknown state counts as working. */
export function tradernetOpenOrder(
  row: TradernetOrderRow,
  clientOrderId: string,
  fills: readonly BrokerFill[],
): Omit<OpenOrder, 'isin' | 'reserved'> {
  const filledQuantity = filledOf(row, fills);
  return {
    ...{ clientOrderId, brokerOrderId: row.id, fills, filledQuantity },
    symbol: row.instr,
    side: sideOf(row),
    quantity: row.q.normalize(),
    state: tradernetStateOf(row, filledQuantity) ?? 'WORKING',
  };
}

/** The currencies that an order exchanges; undefined for one in a security. */
export function exchangedBy(row: TradernetOrderRow): CurrencyPair | undefined {
  return exchangesCurrencies(row.instr_type, row.instr) ? pairOf(row.instr) : undefined;
}

/**
 * What an order in another currency takes is reserved in that one's balance.
 * @param last a recent price, for an order that states none
 * @returns undefined where no price is known
 */
export function reservation(
  row: TradernetOrderRow,
  filled: Decimal,
  account: Currency,
  last: Decimal | undefined,
): Money | undefined {
  const pair = exchangedBy(row);
  const rest = row.q.subtract(filled);
  if (paidIn(row, pair, account) !== account || rest.sign <= 0) return Money.zero(account);
  if (sideOf(row) === 'SELL') return Money.rounded(rest, account, 'up');
  const price = statedPrice(row) ?? last?.multiply(COLLAR);
  return price && new Price(price, account).times(rest, 'up');
}

/** Undefined for a sale of a security, which takes no cash. */
function paidIn(
  row: TradernetOrderRow,
  pair: CurrencyPair | undefined,
  account: Currency,
): string | undefined {
  const isSale = sideOf(row) === 'SELL';
  if (pair) return isSale ? pair.first : pair.second;
  return isSale ? undefined : (row.cur ?? account);
}

function statedPrice({ p: limit, stop }: TradernetOrderRow): Decimal | undefined {
  if (limit?.sign === 1) return limit;
  return stop?.sign === 1 ? stop.multiply(COLLAR) : undefined;
}

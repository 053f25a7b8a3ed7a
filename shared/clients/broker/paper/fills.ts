/** At which price, in how many parts and at what charge a paper order executes. */
import type { BrokerFill, OrderInstruction } from '#shared/clients/broker/broker.ts';
import { brokerCharges } from '#shared/kernel/costs.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { wholeLots, type Quantity } from '#shared/kernel/quantity.ts';
import { seededRandom } from '#shared/kernel/random.ts';
import {
  remainingQuantity,
  type PaperOrder,
  type PaperQuote,
  type PaperTerms,
} from './paper-book.ts';

/** A quote that one can trade on. */
export type FirmQuote = PaperQuote & { readonly close: number; readonly rate: Decimal };

/** Whether the close has reached the stop price: from below for a buy, from above for a sale. */
export function reachesStop({ side, stopPrice }: OrderInstruction, close: number): boolean {
  if (!stopPrice) return true;
  const stop = stopPrice.toEstimate();
  return side === 'BUY' ? close >= stop : close <= stop;
}

/** The price an order executes at now; undefined while the market does not allow it. */
export function executionPrice(
  order: OrderInstruction,
  triggered: boolean,
  quote: FirmQuote,
  costs: PaperTerms,
): Price | undefined {
  if (!triggered) return undefined;
  const market = marketPrice(order, quote, costs);
  if (!order.limitPrice) return market;
  const touch = priceAt(quote, worse(order.side, costs.halfSpreadRatio));
  if (isWorse(order.side, touch, order.limitPrice)) return undefined;
  return isWorse(order.side, market, order.limitPrice) ? order.limitPrice : market;
}

/** The highest price for which cash is reserved while an order is not filled. */
function reservationPrice(order: OrderInstruction, quote: FirmQuote, costs: PaperTerms): Price {
  if (order.limitPrice) return order.limitPrice;
  const market = marketPrice(order, quote, costs);
  if (!order.stopPrice) return market;
  const factor = Decimal.ofNumber(1 + costs.halfSpreadRatio + costs.slippageMaxRatio);
  const atStop = order.stopPrice.multiply(factor, 'up');
  return atStop.compare(market) > 0 ? atStop : market;
}

/** What executes first: all, or a part where the order is large or its id says so. */
export function firstPart(
  order: OrderInstruction,
  quote: PaperQuote,
  { volumeMaxRatio, splitRatio }: PaperTerms,
): Quantity {
  const cap = quote.averageVolume && quote.averageVolume * volumeMaxRatio;
  if (cap && order.quantity.toEstimate() > cap) return part(order, quote, cap);
  if (order.timeInForce === 'FOK') return order.quantity;
  const random = seededRandom(`split:${order.clientOrderId}`);
  if (random() >= splitRatio) return order.quantity;
  return part(order, quote, order.quantity.toEstimate() * (0.3 + 0.4 * random()));
}

/** Whole lots of about the requested size, at least one, at most the order. */
function part(order: OrderInstruction, { lot }: PaperQuote, requested: number): Quantity {
  const lots = wholeLots(Decimal.fromEstimate(requested, 8, 'down'), lot);
  const atLeastOne = lots.sign === 0 ? lot : lots;
  return atLeastOne.compare(order.quantity) < 0 ? atLeastOne : order.quantity;
}

/**
 * An execution. Charges are those of all that was executed so far less what was charged before, so
 * that an order costs the same in one part as in many.
 */
export function execution(
  order: PaperOrder,
  quantity: Quantity,
  price: Price,
  { rate }: FirmQuote,
  costs: PaperTerms,
  executedAt: Instant,
): BrokerFill {
  const { clientOrderId, isin, symbol, side } = order.instruction;
  const value = valueOf(price, quantity, rate, order.reserved.currency);
  const { commission, fees } = chargesOf(order, value, costs);
  const charges = commission.add(fees);
  return {
    fillId: `${clientOrderId}.${order.fills.length + 1}`,
    clientOrderId,
    isin,
    symbol,
    side,
    quantity,
    price,
    commission,
    fees,
    exchangeRate: rate,
    settlement: side === 'BUY' ? value.add(charges).negate() : value.subtract(charges),
    executedAt,
  };
}

/** Cash to reserve for the unfilled quantity of a buy, charges included; 0 for a sale. */
export function reservation(order: PaperOrder, quote: FirmQuote, costs: PaperTerms): Money {
  const currency = order.reserved.currency;
  if (order.instruction.side === 'SELL') return Money.zero(currency);
  const price = reservationPrice(order.instruction, quote, costs);
  const value = valueOf(price, remainingQuantity(order), quote.rate, currency);
  const { commission, fees } = chargesOf(order, value, costs);
  return value.add(commission).add(fees);
}

function chargesOf(order: PaperOrder, value: Money, costs: PaperTerms) {
  const { fills, instruction, reserved } = order;
  const sum = (amounts: Money[]): Money => Money.sum(amounts, reserved.currency);
  const before = {
    commission: sum(fills.map((f) => f.commission)),
    fees: sum(fills.map((f) => f.fees)),
  };
  const settled = sum(fills.map((f) => f.settlement));
  const charged = before.commission.add(before.fees);
  const traded =
    instruction.side === 'BUY' ? settled.negate().subtract(charged) : settled.add(charged);
  const whole = brokerCharges(costs, instruction.side, traded.add(value));
  return {
    commission: whole.commission.subtract(before.commission),
    fees: whole.fees.subtract(before.fees),
  };
}

function valueOf(price: Price, quantity: Quantity, rate: Decimal, currency: Currency): Money {
  return Money.rounded(price.amount.multiply(quantity).multiply(rate), currency, 'half-even');
}

/** Half the spread and a slippage drawn from the order's id, against the sender of the order. */
function marketPrice(
  order: OrderInstruction,
  quote: PaperQuote & { close: number },
  costs: PaperTerms,
): Price {
  const slippage = seededRandom(`slippage:${order.clientOrderId}`)() * costs.slippageMaxRatio;
  return priceAt(quote, worse(order.side, costs.halfSpreadRatio + slippage));
}

function priceAt(quote: PaperQuote & { close: number }, factor: number): Price {
  return Price.fromEstimate(quote.close * factor, quote.currency);
}

function worse(side: 'BUY' | 'SELL', ratio: number): number {
  return side === 'BUY' ? 1 + ratio : 1 - ratio;
}

function isWorse(side: 'BUY' | 'SELL', price: Price, than: Price): boolean {
  return side === 'BUY' ? price.compare(than) > 0 : price.compare(than) < 0;
}

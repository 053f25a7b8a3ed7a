/** How far prices may have moved from the one that an order was decided on. */
import { minorDigits } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { fails, passed, percent, type CheckInputs } from './check-inputs.ts';
import { freeCash, orderValue } from './order-worth.ts';
import type { OrderDraft, Violation } from './order-record.ts';

type Limits = Pick<CheckInputs['limits'], 'priceCollarRatio'>;

/**
 * @param quote the checked price that the order would be measured by now; a missing one has a check of
 * its own
 * @returns `price-collar` where the quote or the order's limit lies outside, `price-currency` where the
 * reference is in another currency
 */
export function referenceViolations(
  { referencePrice, limitPrice }: Pick<OrderDraft, 'referencePrice' | 'limitPrice'>,
  quote: CheckInputs['quote'],
  limits: Limits,
): readonly Violation[] {
  if (!referencePrice || !quote) return passed;
  if (quote.price.currency !== referencePrice.currency)
    return fails(
      'price-currency',
      'referencePrice',
      `${referencePrice} is not in ${quote.price.currency}, which it trades in.`,
    );
  return [quote.price, ...(limitPrice ? [limitPrice] : [])].flatMap((price) =>
    outside(price, referencePrice, limits),
  );
}

function outside(
  price: Price,
  reference: Price,
  { priceCollarRatio }: Limits,
): readonly Violation[] {
  if (price.currency !== reference.currency) return passed;
  const distance = price.amount.subtract(reference.amount).absolute();
  const farthest = reference.amount.multiply(Decimal.ofNumber(priceCollarRatio));
  if (distance.compare(farthest) <= 0) return passed;
  const distanceRatio = distance.toEstimate() / reference.toEstimate();
  return fails(
    'price-collar',
    'referencePrice',
    `${price} lies ${percent(distanceRatio)} from ${reference}, which the order was decided on; at most ${percent(priceCollarRatio)}.`,
  );
}

/**
 * The worst price at which a market order with a reference price may be filled: the far end of the
 * collar, for a purchase no more than the free cash pays for. Undefined for every other order.
 */
export function collarLimitOf(inputs: CheckInputs): Price | undefined {
  const { order, limits, quote } = inputs;
  const { referencePrice, side, orderType } = order;
  if (!referencePrice || !quote || orderType !== 'MARKET') return undefined;
  const isPurchase = side === 'BUY';
  const ratio = Decimal.ofNumber(limits.priceCollarRatio);
  const factor = isPurchase ? Decimal.one.add(ratio) : Decimal.one.subtract(ratio);
  const end = referencePrice.amount.multiply(factor);
  const paid = isPurchase ? affordable(inputs, quote.price) : undefined;
  return onTick(paid && paid.compare(end) < 0 ? paid : end, referencePrice, isPurchase);
}

/**
 * The price at which the order takes all cash that no other order holds back. The broker's charges rise with the
 * price, and each of them may be rounded up by a minor unit.
 */
function affordable(inputs: CheckInputs, price: Price): Decimal | undefined {
  const worth = orderValue(inputs);
  const cash = freeCash(inputs);
  if (!worth || !cash || worth.value.sign <= 0) return undefined;
  const { feeFixed, feeRatio, exchangeFeeRatio } = inputs.limits.costs;
  const rounding = new Money(2n, worth.value.currency);
  const spendable = cash.cash
    .subtract(cash.heldForOrders)
    .subtract(rounding)
    .amount.subtract(feeFixed);
  const whole = worth.value.amount.multiply(Decimal.ofNumber(1 + feeRatio + exchangeFeeRatio));
  const shareOfValue = spendable.divide(whole, 6, 'down');
  const least = shareOfValue.compare(Decimal.one) < 0 ? Decimal.one : shareOfValue;
  return price.amount.multiply(least);
}

/** Rounded towards the better price. */
function onTick(amount: Decimal, { currency }: Price, isPurchase: boolean): Price {
  const digits = minorDigits(currency) + (amount.compare(Decimal.one) < 0 ? 2 : 0);
  return new Price(amount.round(digits, isPurchase ? 'down' : 'up'), currency);
}

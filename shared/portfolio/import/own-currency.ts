/** Cash of a row in the account's currency: by the rate that the file states, else by the stored one of its day. */
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { ImportedTransaction } from './formats/transaction.ts';

/** Cash, and what is contained in it. */
export type Convertible = Pick<
  ImportedTransaction,
  'cash' | 'currency' | 'rate' | 'rateTo' | 'at' | 'charges' | 'tax'
>;

/** Of a currency into the account's, on or before a day. */
export type RateOf = (currency: Currency, day: CalendarDay) => Decimal | undefined;

/** Rates of one day, from two sources, differ by less than one per cent. */
const RATE_DIFFERENCE_RATIO_MAX = 0.05;

/**
 * @param own the account's currency
 * @throws Failure INVALID_REQUEST without a rate, naming the pair and the day; for a stated rate far from the stored one
 */
export function inOwnCurrency<T extends Convertible>(row: T, own: Currency, rateOf: RateOf): T {
  const currency = row.currency === '' ? own : parseCurrency(row.currency);
  if (currency === own) return row;
  const day = dayOf(row.at);
  const rate = statedRate(row, currency, own, rateOf) ?? rateOf(currency, day);
  if (!rate)
    throw new Failure(
      'INVALID_REQUEST',
      `there is no exchange rate from ${currency} to ${own} on ${day}`,
    );
  const convert = (amount: Decimal | undefined): Decimal | undefined => amount?.multiply(rate);
  const { charges, tax } = row;
  return {
    ...{ ...row, cash: row.cash.multiply(rate), currency: own },
    ...{ charges: convert(charges), tax: convert(tax) },
  };
}

/** Whether nothing but the file decides what its cash is in the account's currency. */
export function isStatedIn({ currency, rate, rateTo }: Convertible, own: Currency): boolean {
  if (currency === '' || currency === own) return true;
  return rate !== undefined && (rateTo === undefined || rateTo === own);
}

/** The file's rate, led on where it leads into another currency than the account's. */
function statedRate(
  { rate, rateTo, at }: Convertible,
  currency: Currency,
  own: Currency,
  rateOf: RateOf,
): Decimal | undefined {
  if (!rate) return undefined;
  const day = dayOf(at);
  if (rateTo !== undefined && rateTo !== own) {
    const onward = rateOf(parseCurrency(rateTo), day);
    return onward && rate.multiply(onward);
  }
  const stored = rateOf(currency, day);
  if (stored && !isNear(rate, stored))
    throw new Failure(
      'INVALID_REQUEST',
      `its rate from ${currency} to ${own}, ${rate}, is far from ${stored} of ${day}: the file may be of an account in another currency`,
    );
  return rate;
}

function isNear(one: Decimal, other: Decimal): boolean {
  return Math.abs(one.toEstimate() / other.toEstimate() - 1) <= RATE_DIFFERENCE_RATIO_MAX;
}

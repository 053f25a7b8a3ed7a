/** A dated rate: one unit of `from` buys `rate` units of `to`. A missing rate is an error, never 1. */
import type { CalendarDay } from './calendar-day.ts';
import type { Currency } from './currency.ts';
import { assert } from './assert.ts';
import { Decimal, type Rounding } from './decimal.ts';
import { Failure } from './failure.ts';
import { Money } from './money.ts';

export interface ExchangeRate {
  readonly from: Currency;
  readonly to: Currency;
  readonly rate: Decimal;
  readonly day: CalendarDay;
}

/** Rates into one currency, by the currency they come from. */
export type RateTable = ReadonlyMap<Currency, ExchangeRate>;

/** Whether two tables have the very same rates. */
export function areSameRates(a: RateTable, b: RateTable): boolean {
  if (a === b) return true;
  return a.size === b.size && [...a].every(([from, rate]) => b.get(from) === rate);
}

export function convert(money: Money, rate: ExchangeRate, rounding: Rounding): Money {
  assert(money.currency === rate.from, `the rate is for ${money.currency}`);
  if (rate.to === rate.from && rate.rate === Decimal.one) return money;
  return Money.rounded(money.amount.multiply(rate.rate), rate.to, rounding);
}

/** The same object for the same day, so that what was valued with it is known to be. */
export function unitRate(currency: Currency, day: CalendarDay): ExchangeRate {
  const known = units.get(currency);
  if (known?.day === day) return known;
  const rate = { from: currency, to: currency, rate: Decimal.one, day };
  units.set(currency, rate);
  return rate;
}

const units = new Map<Currency, ExchangeRate>();

/** @throws Failure REFUSED exchange-rate-missing */
export function requireRate(rates: RateTable, from: Currency): ExchangeRate {
  const rate = rates.get(from);
  if (!rate)
    throw new Failure('REFUSED', `There is no exchange rate ${pairText(rates, from)}.`, {
      rule: 'exchange-rate-missing',
      currency: from,
    });
  return rate;
}

/** A table names its own currency by any of its rates. */
function pairText(rates: RateTable, from: Currency): string {
  const [known] = rates.values();
  return known ? `from ${from} to ${known.to}` : `for ${from}`;
}

export function convertWith(money: Money, rates: RateTable, rounding: Rounding): Money {
  return convert(money, requireRate(rates, money.currency), rounding);
}

/** Money for one share. Finer than the currency's minor unit: up to eight decimals, or as many as the unit has. */
import { Decimal, type Rounding } from './decimal.ts';
import { minorDigits, parseCurrency, type Currency } from './currency.ts';
import { Failure } from './failure.ts';
import { Money } from './money.ts';
import type { Quantity } from './quantity.ts';

/** For most currencies; `priceDecimalsMax` gives it for each. */
export const PRICE_DECIMALS_MAX = 8;

export function priceDecimalsMax(currency: Currency): number {
  return Math.max(PRICE_DECIMALS_MAX, minorDigits(currency));
}

export class Price {
  readonly amount: Decimal;
  readonly currency: Currency;

  constructor(amount: Decimal, currency: Currency) {
    this.amount = amount.normalize();
    this.currency = currency;
  }

  /** @throws Failure INVALID_REQUEST for a price that is not positive or too fine */
  static parse(amount: string, currency: string): Price {
    const decimal = Decimal.parse(amount);
    if (decimal.sign <= 0) throw new Failure('INVALID_REQUEST', 'a price is positive');
    const code = parseCurrency(currency);
    const most = priceDecimalsMax(code);
    if (decimal.precision > most)
      throw new Failure('INVALID_REQUEST', `a price has at most ${most} decimals`);
    return new Price(decimal, code);
  }

  /** A market quote as an exact price, to four decimals unless it is a fraction of a unit. */
  static fromEstimate(amount: number, currency: Currency): Price {
    const scale = amount >= 1 ? Math.max(4, minorDigits(currency)) : priceDecimalsMax(currency);
    return new Price(Decimal.fromEstimate(amount, scale, 'half-even'), currency);
  }

  times(quantity: Quantity, rounding: Rounding): Money {
    return Money.rounded(this.amount.multiply(quantity), this.currency, rounding);
  }

  multiply(factor: Decimal, rounding: Rounding): Price {
    const scale = Math.max(4, this.amount.scale);
    return new Price(this.amount.multiply(factor).round(scale, rounding), this.currency);
  }

  compare(other: Price): -1 | 0 | 1 {
    if (other.currency !== this.currency)
      throw new Failure('BUG', 'Invariant: prices of different currencies are never compared');
    return this.amount.compare(other.amount);
  }

  toEstimate(): number {
    return this.amount.toEstimate();
  }

  toString(): string {
    return `${this.currency} ${this.amount.toString()}`;
  }

  /** The contract's `common.Money`, which also carries prices. */
  toJSON(): { amount: string; currency: string } {
    return { amount: this.amount.toString(), currency: this.currency };
  }
}

/**
 * An exact amount of one currency, in whole minor units.
 *
 * | expression             | gives   | note                                   |
 * |------------------------|---------|----------------------------------------|
 * | Money ± Money          | Money   | same currency, or a BUG                |
 * | Money × Decimal        | Money   | the rounding mode is an argument       |
 * | Money ÷ Money          | number  | a ratio, hence an estimate             |
 * | Price × Quantity       | Money   | in price.ts                            |
 * | Money × ExchangeRate   | Money   | in exchange-rate.ts; the rate is dated |
 */
import { assert } from './assert.ts';
import { minorDigits, parseCurrency, type Currency } from './currency.ts';
import { Decimal, type Rounding } from './decimal.ts';
import { Failure } from './failure.ts';

export class Money {
  readonly minorUnits: bigint;
  readonly currency: Currency;

  constructor(minorUnits: bigint, currency: Currency) {
    this.minorUnits = minorUnits;
    this.currency = currency;
  }

  static zero(currency: Currency): Money {
    return new Money(0n, currency);
  }

  /** Refuses more decimals than the currency has. @throws Failure INVALID_REQUEST */
  static parse(amount: string, currency: string): Money {
    const code = parseCurrency(currency);
    const decimal = Decimal.parse(amount);
    if (decimal.precision > minorDigits(code))
      throw new Failure('INVALID_REQUEST', `${amount} has more decimals than ${code} has`);
    return Money.rounded(decimal, code, 'down');
  }

  static rounded(amount: Decimal, currency: Currency, rounding: Rounding): Money {
    return new Money(amount.round(minorDigits(currency), rounding).units, currency);
  }

  static fromEstimate(amount: number, currency: Currency, rounding: Rounding): Money {
    return Money.rounded(Decimal.ofNumber(amount), currency, rounding);
  }

  static sum(amounts: Iterable<Money>, currency: Currency): Money {
    let total = Money.zero(currency);
    for (const amount of amounts) total = total.add(amount);
    return total;
  }

  add(other: Money): Money {
    this.requireSame(other);
    return new Money(this.minorUnits + other.minorUnits, this.currency);
  }

  subtract(other: Money): Money {
    return this.add(other.negate());
  }

  multiply(factor: Decimal, rounding: Rounding): Money {
    const minor = new Decimal(this.minorUnits * factor.units, factor.scale);
    return new Money(minor.round(0, rounding).units, this.currency);
  }

  negate(): Money {
    return new Money(-this.minorUnits, this.currency);
  }

  compare(other: Money): -1 | 0 | 1 {
    this.requireSame(other);
    const [a, b] = [this.minorUnits, other.minorUnits];
    return a < b ? -1 : a > b ? 1 : 0;
  }

  equals(other: Money): boolean {
    return this.currency === other.currency && this.minorUnits === other.minorUnits;
  }

  get sign(): -1 | 0 | 1 {
    return this.minorUnits < 0n ? -1 : this.minorUnits > 0n ? 1 : 0;
  }

  get amount(): Decimal {
    return new Decimal(this.minorUnits, minorDigits(this.currency));
  }

  /** The nearest double, in major units. The result is an estimate. */
  toEstimate(): number {
    return this.amount.toEstimate();
  }

  toString(): string {
    return `${this.currency} ${this.amount.toString()}`;
  }

  /** The contract's `common.Money`. */
  toJSON(): { amount: string; currency: string } {
    return { amount: this.amount.toString(), currency: this.currency };
  }

  private requireSame(other: Money): void {
    assert(
      this.currency === other.currency,
      'amounts of different currencies are never put together without a rate',
    );
  }
}

/**
 * Exact decimals: an integer with a scale. All that is owed is counted with these; a `number` comes
 * in and goes out only through `fromEstimate` and `toEstimate`.
 */
import { assert } from './assert.ts';
import { Failure } from './failure.ts';

export type Rounding = 'down' | 'up' | 'floor' | 'ceiling' | 'half-up' | 'half-even';

const PATTERN = /^(-?)(\d{1,30})(?:\.(\d{1,18}))?$/;

export class Decimal {
  static readonly zero = new Decimal(0n, 0);
  static readonly one = new Decimal(1n, 0);

  /** The value is `units / 10^scale`. */
  readonly units: bigint;
  readonly scale: number;

  constructor(units: bigint, scale: number) {
    this.units = units;
    this.scale = scale;
  }

  /** Reads `-12.50`; refuses exponents, blanks, NaN. @throws Failure INVALID_REQUEST */
  static parse(text: string): Decimal {
    const match = PATTERN.exec(text);
    if (!match) throw new Failure('INVALID_REQUEST', `"${text.slice(0, 40)}" is not a decimal`);
    const [, sign = '', whole = '', fraction = ''] = match;
    return new Decimal(BigInt(`${sign}${whole}${fraction}`), fraction.length);
  }

  static of(value: number | bigint | string): Decimal {
    if (typeof value === 'string') return Decimal.parse(value);
    if (typeof value === 'bigint') return new Decimal(value, 0);
    assert(Number.isSafeInteger(value), 'only whole numbers become decimals without rounding');
    return new Decimal(BigInt(value), 0);
  }

  /** An estimated number as a decimal of the given scale, rounded from its shortest notation. */
  static fromEstimate(value: number, scale: number, rounding: Rounding): Decimal {
    assert(Number.isFinite(value), 'an estimate is a finite number');
    return Decimal.ofNumber(value).round(scale, rounding);
  }

  /** The decimal that a finite number is written as (0.1 is 0.1, not 0.1000000000000000055…). */
  static ofNumber(value: number): Decimal {
    assert(Number.isFinite(value), 'an estimate is a finite number');
    const text = String(value);
    if (!text.includes('e')) return Decimal.ofPlain(text);
    const [mantissa = '', exponent = '0'] = text.split('e');
    const digits = Decimal.ofPlain(mantissa);
    const scale = digits.scale - Number(exponent);
    return scale >= 0
      ? new Decimal(digits.units, scale)
      : new Decimal(digits.units * tenTo(-scale), 0);
  }

  /** Digits with or without a point, as a number is written. */
  private static ofPlain(text: string): Decimal {
    const point = text.indexOf('.');
    if (point < 0) return new Decimal(BigInt(text), 0);
    const digits = text.slice(0, point) + text.slice(point + 1);
    return new Decimal(BigInt(digits), text.length - point - 1);
  }

  add(other: Decimal): Decimal {
    if (this.scale === other.scale) return new Decimal(this.units + other.units, this.scale);
    const scale = Math.max(this.scale, other.scale);
    return new Decimal(this.unitsAt(scale) + other.unitsAt(scale), scale);
  }

  subtract(other: Decimal): Decimal {
    return this.add(other.negate());
  }

  multiply(other: Decimal): Decimal {
    return new Decimal(this.units * other.units, this.scale + other.scale);
  }

  divide(other: Decimal, scale: number, rounding: Rounding): Decimal {
    assert(other.units !== 0n, 'nothing is divided by zero');
    const shift = scale + other.scale - this.scale;
    const up = shift > 0 ? tenTo(shift) : 1n;
    const down = shift < 0 ? tenTo(-shift) : 1n;
    return new Decimal(divideRounded(this.units * up, other.units * down, rounding), scale);
  }

  round(scale: number, rounding: Rounding): Decimal {
    if (scale === this.scale) return this;
    if (scale > this.scale) return new Decimal(this.unitsAt(scale), scale);
    const divisor = tenTo(this.scale - scale);
    return new Decimal(divideRounded(this.units, divisor, rounding), scale);
  }

  negate(): Decimal {
    return new Decimal(-this.units, this.scale);
  }

  absolute(): Decimal {
    return this.units < 0n ? this.negate() : this;
  }

  compare(other: Decimal): -1 | 0 | 1 {
    const scale = Math.max(this.scale, other.scale);
    const [a, b] = [this.unitsAt(scale), other.unitsAt(scale)];
    return a < b ? -1 : a > b ? 1 : 0;
  }

  equals(other: Decimal): boolean {
    return this.compare(other) === 0;
  }

  get sign(): -1 | 0 | 1 {
    return this.units < 0n ? -1 : this.units > 0n ? 1 : 0;
  }

  /** The nearest double. The result is an estimate. */
  toEstimate(): number {
    const { units, scale } = this;
    const isExact = units <= EXACT_MAX && units >= -EXACT_MAX && scale < powersOfTen.length;
    // Of two exact doubles the quotient is the nearest.
    return isExact ? Number(units) / (powersOfTen[scale] ?? 1) : Number(this.toString());
  }

  /** Digits after the point that are not trailing zeros. */
  get precision(): number {
    return this.normalize().scale;
  }

  normalize(): Decimal {
    let { units, scale } = this;
    if (scale === 0 || units % 10n !== 0n) return this;
    while (scale > 0 && units % 10n === 0n) {
      units /= 10n;
      scale -= 1;
    }
    return new Decimal(units, scale);
  }

  toString(): string {
    const digits = (this.units < 0n ? -this.units : this.units)
      .toString()
      .padStart(this.scale + 1, '0');
    const whole = digits.slice(0, digits.length - this.scale);
    const sign = this.units < 0n ? '-' : '';
    return this.scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-this.scale)}`;
  }

  toJSON(): string {
    return this.toString();
  }

  private unitsAt(scale: number): bigint {
    return scale === this.scale ? this.units : this.units * tenTo(scale - this.scale);
  }
}

const EXACT_MAX = BigInt(Number.MAX_SAFE_INTEGER);
/** Those that a double has exactly. */
const powersOfTen = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const bigPowersOfTen = Array.from({ length: 40 }, (_, exponent) => 10n ** BigInt(exponent));

function tenTo(exponent: number): bigint {
  return bigPowersOfTen[exponent] ?? 10n ** BigInt(exponent);
}

function divideRounded(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  const quotient = numerator / denominator;
  const remainder = numerator % denominator;
  if (remainder === 0n) return quotient;
  const away = numerator < 0n !== denominator < 0n ? -1n : 1n;
  return roundsAway(remainder, denominator, quotient, away, rounding) ? quotient + away : quotient;
}

function roundsAway(
  remainder: bigint,
  denominator: bigint,
  quotient: bigint,
  away: bigint,
  rounding: Rounding,
): boolean {
  if (rounding === 'down') return false;
  if (rounding === 'up') return true;
  if (rounding === 'floor') return away < 0n;
  if (rounding === 'ceiling') return away > 0n;
  const twice = (remainder < 0n ? -remainder : remainder) * 2n;
  const whole = denominator < 0n ? -denominator : denominator;
  if (twice !== whole) return twice > whole;
  return rounding === 'half-up' || quotient % 2n !== 0n;
}

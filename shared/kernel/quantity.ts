/** Shares: an exact decimal that is never negative, with at most nine decimals, which is what brokers count. */
import { Decimal } from './decimal.ts';
import { assert } from './assert.ts';
import { Failure } from './failure.ts';

export type Quantity = Decimal;

export const QUANTITY_DECIMALS_MAX = 9;

/** @throws Failure INVALID_REQUEST */
export function parseQuantity(value: number | string): Quantity {
  const decimal = typeof value === 'number' ? fromNumber(value) : Decimal.parse(value);
  if (decimal.sign < 0) throw new Failure('INVALID_REQUEST', 'a quantity is never negative');
  if (decimal.precision > QUANTITY_DECIMALS_MAX)
    throw new Failure(
      'INVALID_REQUEST',
      `a quantity has at most ${QUANTITY_DECIMALS_MAX} decimals`,
    );
  return decimal.normalize();
}

/** Rounds down to whole lots. */
export function wholeLots(quantity: Quantity, lot: Quantity): Quantity {
  assert(lot.sign > 0, 'a lot is positive');
  return quantity.divide(lot, 0, 'floor').multiply(lot).normalize();
}

export function isWholeLots(quantity: Quantity, lot: Quantity): boolean {
  return wholeLots(quantity, lot).equals(quantity);
}

/** The smallest multiple of a lot that has no more decimals than so many: 0.001 with 0 decimals is 1, 1.5 is 3. */
export function coarserLot(lot: Quantity, decimals: number): Quantity {
  const { units, scale } = lot.normalize();
  if (scale <= decimals) return lot;
  const cut = 10n ** BigInt(scale - decimals);
  return lot.multiply(new Decimal(cut / commonDivisor(units, cut), 0)).normalize();
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}

function fromNumber(value: number): Decimal {
  if (!Number.isFinite(value) || Math.abs(value) > 1e15)
    throw new Failure('INVALID_REQUEST', 'a quantity is a number below 1e15');
  return Decimal.ofNumber(value);
}

/**
 * A broker that keeps its cash finer than in minor units, or rounds an execution in its own way, differs from the book by
 * a minor unit now and then, without anybody having moved money.
 */
import { minorDigits } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import type { ReportedFill } from '../ledger-lines.ts';

/** @returns all of a difference of at most a minor unit for each execution that was rounded here, else nothing */
export function roundingIn(difference: Money, fills: readonly ReportedFill[]): Money {
  const { amount, currency } = difference;
  const rounded = fills.filter((fill) => fill.isRounded && fill.settlement.currency === currency);
  const most = new Decimal(BigInt(rounded.length), minorDigits(currency));
  return amount.absolute().compare(most) <= 0 ? difference : Money.zero(currency);
}

/** The cash reserve of a policy: a share of the value, or a fixed amount where that is more. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import type { EffectivePolicy } from './policy.ts';

type CashPolicy = Pick<EffectivePolicy, 'cash'>;

/** @param total value of the account, whose currency the amount is in */
export function cashReserveOf({ cash }: CashPolicy, total: Money): Money {
  const share = total.multiply(Decimal.ofNumber(cash.reserveRatio), 'up');
  const amount = Money.rounded(Decimal.parse(cash.reserveAmount), total.currency, 'up');
  return share.compare(amount) >= 0 ? share : amount;
}

/** The same as an estimated share of the value; above 1 where it is more. @param value of the account */
export function reserveRatioOf({ cash }: CashPolicy, value: number): number {
  const amount = Decimal.parse(cash.reserveAmount).toEstimate();
  return value > 0 ? Math.max(cash.reserveRatio, amount / value) : cash.reserveRatio;
}

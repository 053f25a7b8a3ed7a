/** Deposits that were announced here and that no statement shows yet. Pure. */
import type { Currency } from '#shared/kernel/currency.ts';
import { DAY_MS, type Instant } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';

/** A deposit that was announced, to be paid from elsewhere. */
export interface AnnouncedDeposit {
  readonly amount: Money;
  readonly recordedAt: Instant;
}

/** Cash that came in, as the ledger has it. */
export interface BookedDeposit {
  readonly cash: Money;
  readonly recordedAt: Instant;
}

/** After so long an announcement counts no more: the money was not sent, or another sum came. */
const AWAITED_MS = 30 * DAY_MS;

/**
 * What is still awaited: each booked deposit settles one announcement of the same amount that was made
 * before it was booked, the oldest first.
 */
export function pendingDeposits(
  announced: readonly AnnouncedDeposit[],
  booked: readonly BookedDeposit[],
  currency: Currency,
  now: Instant,
): Money {
  const open = [...announced].sort((a, b) => a.recordedAt - b.recordedAt);
  for (const { cash, recordedAt } of booked) {
    const settled = open.findIndex(
      (deposit) => deposit.recordedAt <= recordedAt && deposit.amount.equals(cash),
    );
    if (settled >= 0) open.splice(settled, 1);
  }
  const awaited = open.filter(({ recordedAt }) => now - recordedAt <= AWAITED_MS);
  return Money.sum(
    awaited.map(({ amount }) => amount),
    currency,
  );
}

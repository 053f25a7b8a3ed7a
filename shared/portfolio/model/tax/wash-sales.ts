/**
 * Disallowed losses of wash sales: the same security was bought shortly before or after the sale.
 * Each share so bought disallows the loss of one share sold, once; the shares sold themselves do
 * not count as bought. The rule is the policy's `washSaleDays` (30 in 26 USC 1091).
 */
import { dayOf, daysBetween } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import type { LedgerEntry } from '../book.ts';
import type { RealisedLot } from './realised-lots.ts';

/** @returns of each row the part of its loss that does not count, not negative; 0 of gains */
export function disallowedLosses(
  rows: readonly Pick<RealisedLot, 'isin' | 'lotId' | 'quantity' | 'gain' | 'soldOn'>[],
  ledger: readonly LedgerEntry[],
  washSaleDays: number,
): readonly Money[] {
  if (washSaleDays === 0) return rows.map(({ gain }) => Money.zero(gain.currency));
  const left = new Map(
    ledger.filter(({ kind }) => kind === 'buy').map((line) => [line.id, line.quantity]),
  );
  const purchases = ledger.filter(({ kind }) => kind === 'buy');
  return rows.map((row) => {
    const zero = Money.zero(row.gain.currency);
    if (row.gain.sign >= 0) return zero;
    let missing = row.quantity;
    for (const { id, isin, happenedAt } of purchases) {
      if (isin !== row.isin || id === row.lotId || missing.sign <= 0) continue;
      if (Math.abs(daysBetween(dayOf(happenedAt), row.soldOn)) > washSaleDays) continue;
      const available = left.get(id) ?? Decimal.zero;
      const used = available.compare(missing) < 0 ? available : missing;
      left.set(id, available.subtract(used));
      missing = missing.subtract(used);
    }
    const replaced = row.quantity.subtract(missing);
    const share = row.gain.amount.negate().multiply(replaced);
    const loss = share.divide(row.quantity, 12, 'half-even');
    return Money.rounded(loss, row.gain.currency, 'half-even');
  });
}

/**
 * Disallowed losses of wash sales: the same security was bought shortly before or after the sale.
 * Each share so bought disallows the loss of one share sold, once; the shares sold themselves do
 * not count as bought. The rule is the policy's `washSaleDays` (30 in 26 USC 1091).
 */
import { dayOf, epochDay } from '#shared/kernel/calendar-day.ts';
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
  const bought = purchasesOf(ledger);
  return rows.map((row) => {
    const zero = Money.zero(row.gain.currency);
    if (row.gain.sign >= 0) return zero;
    let missing = row.quantity;
    for (const { id } of bought.around(row, washSaleDays)) {
      if (missing.sign <= 0) break;
      if (id === row.lotId) continue;
      const available = bought.left.get(id) ?? Decimal.zero;
      const used = available.compare(missing) < 0 ? available : missing;
      bought.left.set(id, available.subtract(used));
      missing = missing.subtract(used);
    }
    const replaced = row.quantity.subtract(missing);
    const share = row.gain.amount.negate().multiply(replaced);
    const loss = share.divide(row.quantity, 12, 'half-even');
    return Money.rounded(loss, row.gain.currency, 'half-even');
  });
}

interface Purchase {
  readonly id: string;
  /** Days since 1970-01-01. */
  readonly day: number;
  /** In the ledger. */
  readonly place: number;
}

interface Purchases {
  /** Quantity of each that has not disallowed a loss yet, by its id. */
  readonly left: Map<string, Decimal>;
  /** Those with something left within so many days of a sale, in the order of the ledger. */
  around(sale: Pick<RealisedLot, 'isin' | 'soldOn'>, days: number): readonly Purchase[];
}

/** A sale looks only at purchases around its day: a ledger has many more. */
function purchasesOf(ledger: readonly LedgerEntry[]): Purchases {
  const left = new Map<string, Decimal>();
  const ofIsin = new Map<string, Purchase[]>();
  for (const [place, { kind, id, isin = '', quantity, happenedAt }] of ledger.entries()) {
    if (kind !== 'buy') continue;
    left.set(id, quantity ?? Decimal.zero);
    const purchase = { id, day: epochDay(dayOf(happenedAt)), place };
    const those = ofIsin.get(isin);
    if (those) those.push(purchase);
    else ofIsin.set(isin, [purchase]);
  }
  for (const those of ofIsin.values()) those.sort((a, b) => a.day - b.day);
  const around: Purchases['around'] = ({ isin, soldOn }, days) => {
    const all = ofIsin.get(isin) ?? [];
    const day = epochDay(soldOn);
    const from = firstFrom(all, day - days);
    const to = firstFrom(all, day + days + 1);
    const some = all.slice(from, to).filter(({ id }) => left.get(id)?.sign !== 0);
    // Purchases of which nothing is left are not looked at again.
    if (some.length < to - from) all.splice(from, to - from, ...some);
    return some.toSorted((a, b) => a.place - b.place);
  };
  return { left, around };
}

/** The first purchase on or after a day, where they are in the order of their days. */
function firstFrom(purchases: readonly Purchase[], day: number): number {
  let [low, high] = [0, purchases.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((purchases[middle]?.day ?? Infinity) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

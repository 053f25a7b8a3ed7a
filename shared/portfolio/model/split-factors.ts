/** Shares of earlier days in shares of today: a ledger's splits and stock dividends after a moment. */
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { LedgerEntry } from './book.ts';

interface Split {
  readonly at: Instant;
  readonly ratio: number;
}

export class SplitFactors {
  private readonly splits = new Map<Isin, Split[]>();

  constructor(ledger: readonly LedgerEntry[]) {
    for (const line of ledger) {
      const ratio = ratioOf(line);
      if (line.isin === undefined || ratio === undefined) continue;
      const known = this.splits.get(line.isin) ?? [];
      this.splits.set(line.isin, [...known, { at: line.happenedAt, ratio }]);
    }
  }

  /** What a share of that moment is now, splits at the moment itself left out. */
  since(isin: Isin, moment: Instant): number {
    const later = (this.splits.get(isin) ?? []).filter(({ at }) => at > moment);
    return later.reduce((factor, { ratio }) => factor * ratio, 1);
  }
}

/** Exact where the terms are known, else from the shares before and after. */
function ratioOf(line: LedgerEntry): number | undefined {
  const { kind, quantity, heldQuantity, newShares, oldShares } = line;
  if (kind !== 'split' && kind !== 'stock-dividend') return undefined;
  if (newShares && oldShares) {
    const ratio = newShares.toEstimate() / oldShares.toEstimate();
    return kind === 'split' ? ratio : 1 + ratio;
  }
  return quantity && heldQuantity ? quantity.toEstimate() / heldQuantity.toEstimate() : undefined;
}

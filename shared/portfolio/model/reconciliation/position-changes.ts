/** Which positions a sync changed, counted as the contract counts them. */
import type { Book } from '../book.ts';
import { quantityHeld, quantityOf } from '../booking.ts';

export interface PositionChanges {
  /** Held before and after, in another quantity. */
  readonly updated: number;
  readonly added: number;
  readonly removed: number;
}

export function positionChanges(before: Book, after: Book): PositionChanges {
  const counts = { updated: 0, added: 0, removed: 0 };
  for (const [isin, holding] of after.holdings) {
    const [was, is] = [quantityHeld(before, isin), quantityOf(holding)];
    if (was.equals(is)) continue;
    if (was.sign === 0) counts.added += 1;
    else if (is.sign === 0) counts.removed += 1;
    else counts.updated += 1;
  }
  return counts;
}

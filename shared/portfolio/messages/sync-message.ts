/** What a sync of the book changed, as it is answered. */
import { present } from '#shared/kernel/assert.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import type { Book } from '../model/book.ts';
import { textOf, type Difference } from '../model/reconciliation/differences.ts';
import { positionChanges } from '../model/reconciliation/position-changes.ts';
import type { Reconciliation } from '../model/reconciliation/reconcile.ts';

/** @param differences what stops trading */
export function syncMessage(
  before: Book,
  { book, ...counts }: Reconciliation,
  differences: readonly Difference[] = [],
) {
  const changes = positionChanges(before, book);
  return {
    success: true,
    positionsUpdated: changes.updated,
    positionsAdded: changes.added,
    positionsRemoved: changes.removed,
    syncTime: toTimestamp(present(book.syncedAt, 'a synced book says when')),
    fillsBooked: counts.fillsBooked,
    flowsBooked: counts.flowsBooked,
    actionsBooked: counts.actionsBooked,
    externalBooked: counts.externalBooked,
    warnings: [...counts.warnings],
    differences: differences.map((one) => textOf(one).message),
  };
}

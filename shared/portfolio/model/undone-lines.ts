/**
 * A ledger without the trades, deliveries and corporate actions that were undone, and what undid them: nothing was
 * realised by them, no share was split, and none was delivered that the lines left never brought. Other movements
 * cancel each other.
 */
import { RunningFold } from '#shared/kernel/collections/running-fold.ts';
import type { LedgerEntry } from './book.ts';

export function withoutUndoneLines(ledger: readonly LedgerEntry[]): readonly LedgerEntry[] {
  const undone = undoneIn.of(ledger);
  if (undone.size === 0) return ledger;
  return ledger.filter((line) => !undone.has(line.id) && !(isOfShares(line) && line.reverses));
}

const movers: ReadonlySet<LedgerEntry['kind']> = new Set([
  ...(['buy', 'sell', 'transfer-in', 'transfer-out'] as const),
]);

function isOfShares({ kind, restores }: LedgerEntry): boolean {
  return movers.has(kind) || restores !== undefined;
}

const undoneIn = new RunningFold<LedgerEntry, Set<string>>(
  () => new Set(),
  (undone, line) => {
    if (line.reverses !== undefined && isOfShares(line)) undone.add(line.reverses);
  },
);

/** Lines of corporate actions that were not undone. */
export function actionsInForce(ledger: readonly LedgerEntry[]): readonly LedgerEntry[] {
  return withoutUndoneLines(ledger).filter(({ id }) => /^action-(?!.*-fraction$)/.test(id));
}

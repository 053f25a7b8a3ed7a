/**
 * A ledger without the trades, deliveries and corporate actions that were undone, and what undid them: nothing was
 * realised by them, no share was split, and none was delivered that the lines left never brought. Other movements
 * cancel each other.
 */
import type { LedgerEntry } from './book.ts';

export function withoutUndoneLines(ledger: readonly LedgerEntry[]): readonly LedgerEntry[] {
  const undone = new Set(ledger.filter(isOfShares).flatMap(({ reverses }) => reverses ?? []));
  if (undone.size === 0) return ledger;
  return ledger.filter((line) => !undone.has(line.id) && !(isOfShares(line) && line.reverses));
}

const movers: ReadonlySet<LedgerEntry['kind']> = new Set([
  ...(['buy', 'sell', 'transfer-in', 'transfer-out'] as const),
]);

function isOfShares({ kind, restores }: LedgerEntry): boolean {
  return movers.has(kind) || restores !== undefined;
}

/** Lines of corporate actions that were not undone. */
export function actionsInForce(ledger: readonly LedgerEntry[]): readonly LedgerEntry[] {
  return withoutUndoneLines(ledger).filter(({ id }) => /^action-(?!.*-fraction$)/.test(id));
}

/**
 * A ledger without the trades and corporate actions that were undone, and what undid them: nothing was
 * realised by them, and no share was split. Other movements cancel each other.
 */
import type { LedgerEntry } from './book.ts';

export function withoutUndoneLines(ledger: readonly LedgerEntry[]): readonly LedgerEntry[] {
  const undone = new Set(ledger.filter(isOfShares).flatMap(({ reverses }) => reverses ?? []));
  if (undone.size === 0) return ledger;
  return ledger.filter((line) => !undone.has(line.id) && !(isOfShares(line) && line.reverses));
}

function isOfShares({ kind, restores }: LedgerEntry): boolean {
  return kind === 'buy' || kind === 'sell' || restores !== undefined;
}

/** Lines of corporate actions that were not undone. */
export function actionsInForce(ledger: readonly LedgerEntry[]): readonly LedgerEntry[] {
  return withoutUndoneLines(ledger).filter(({ id }) => /^action-(?!.*-fraction$)/.test(id));
}

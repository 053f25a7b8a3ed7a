/** A ledger without the trades that were undone, and what undid them: nothing was realised by them. */
import type { LedgerEntry } from '../book.ts';

export function withoutUndoneTrades(ledger: readonly LedgerEntry[]): readonly LedgerEntry[] {
  const undone = new Set(ledger.filter(isTrade).flatMap(({ reverses }) => reverses ?? []));
  if (undone.size === 0) return ledger;
  return ledger.filter((line) => !undone.has(line.id) && !(isTrade(line) && line.reverses));
}

function isTrade({ kind }: LedgerEntry): boolean {
  return kind === 'buy' || kind === 'sell';
}

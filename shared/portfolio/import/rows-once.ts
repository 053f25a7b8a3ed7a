/** Rows of a format whose ids are unique: two exports that were joined, or a row that was copied, bring one twice. */
import type { ImportedTransaction, LeftRow } from './formats/transaction.ts';

export interface RowsOnce {
  readonly rows: readonly ImportedTransaction[];
  /** Rows that say what an earlier one of their id says. */
  readonly repeated: number;
  /** Rows that say something else: nobody knows which of the two is right, and the first is booked. */
  readonly left: readonly LeftRow[];
}

export function rowsOnce(rows: readonly ImportedTransaction[]): RowsOnce {
  const first = new Map<string, ImportedTransaction>();
  const left: LeftRow[] = [];
  let repeated = 0;
  const once = rows.filter((row) => {
    // A row may be several transactions, each of a kind of its own or of the same line.
    const key = row.rowId && `${row.rowId}|${row.kind}`;
    const other = key ? first.get(key) : undefined;
    if (!key || !other || other.line === row.line) {
      if (key && !other) first.set(key, row);
      return true;
    }
    if (other.content === row.content) repeated += 1;
    else
      left.push({
        line: row.line,
        reason: `its id ${row.rowId} is that of line ${other.line}, which says something else`,
      });
    return false;
  });
  return { rows: once, repeated, left };
}

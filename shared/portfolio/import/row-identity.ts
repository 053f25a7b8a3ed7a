/**
 * Which rows of a file are booked already. A row is known by its own id or, without one, by what its cells say; never
 * by what a reader makes of it, so that another version of the reader finds what this one booked, and the other way
 * round. What was booked otherwise than it is read now is told apart, and never booked a second time.
 */
import type { BookedMovement } from '#shared/clients/broker/broker.ts';
import { daysBetween, dayOf } from '#shared/kernel/calendar-day.ts';
import { present } from '#shared/kernel/assert.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { LedgerEntry } from '../model/book.ts';
import { transactionKinds, type ImportedTransaction } from './formats/transaction.ts';

export type RowIdentity =
  | { readonly state: 'new'; readonly flowId: string }
  | { readonly state: 'booked'; readonly flowId: string }
  /** Booked, and read otherwise now. */
  | { readonly state: 'differs'; readonly flowId: string; readonly line: LedgerEntry };

export interface BookedRows {
  readonly booked: { has(id: string): boolean };
  /** Of a line's id. */
  readonly lineOf: (id: string) => LedgerEntry | undefined;
  /** What a row would be booked as; undefined where that cannot be said any more. */
  readonly expected: (
    row: ImportedTransaction,
    flowId: string,
  ) => readonly BookedMovement[] | undefined;
  /** Whether the cash of a row in the account's currency follows from the file alone. */
  readonly isStated: (row: ImportedTransaction) => boolean;
}

/** Statements of one row differ by less, whatever the zone of its time is. */
const DAYS_APART_MAX = 1;

export class RowIdentities {
  private readonly claimed = new Set<string>();
  private readonly kindsOf = new Map<string, Set<string>>();
  private readonly found = new Map<ImportedTransaction, RowIdentity>();
  private readonly format: string;
  private readonly around: BookedRows;

  /** @param format of the file, a part of the identity */
  constructor(format: string, around: BookedRows, rows: readonly ImportedTransaction[]) {
    this.format = format;
    this.around = around;
    for (const { rowId, kind } of rows)
      if (rowId) this.kindsOf.set(rowId, (this.kindsOf.get(rowId) ?? new Set()).add(kind));
    this.assign(rows);
  }

  of(row: ImportedTransaction): RowIdentity {
    return present(this.found.get(row), 'every row of the file has an identity');
  }

  /** The id under which a purchase with an id of its own is booked, or will be. */
  purchase(rowId: string): string {
    const key = shortHash({ format: this.format, row: { rowId, kind: 'buy' } });
    return this.last(numbered(key, 1)).next;
  }

  /** Equal rows first take the lines that are theirs in all, then those that differ, then new ids, in their order. */
  private assign(rows: readonly ImportedTransaction[]): void {
    const take = (row: ImportedTransaction, identity: RowIdentity | undefined): void => {
      if (!identity) return;
      this.claimed.add(identity.flowId);
      this.found.set(row, identity);
    };
    const open = () => rows.filter((row) => !this.found.has(row));
    for (const row of open()) take(row, this.same(row, rows.length));
    for (const row of open()) take(row, this.differing(row, rows.length));
    for (const row of open()) take(row, { state: 'new', flowId: this.fresh(row) });
  }

  private same(row: ImportedTransaction, rowsMax: number): RowIdentity | undefined {
    const flowId = this.bookedIds(row, rowsMax).find((id) => this.isSame(row, id));
    return flowId === undefined ? undefined : { state: 'booked', flowId };
  }

  private differing(row: ImportedTransaction, rowsMax: number): RowIdentity | undefined {
    const ids = [...this.bookedIds(row, rowsMax), ...this.ofOtherKinds(row, rowsMax)];
    for (const flowId of ids) {
      const line = this.around.lineOf(`flow-${flowId}`);
      if (line && (!row.rowId || isNear(line.happenedAt, row.at)))
        return { state: 'differs', flowId, line };
    }
    return undefined;
  }

  /** Booked, not undone, and not another row's. */
  private bookedIds(row: ImportedTransaction, rowsMax: number): readonly string[] {
    return keysOf(this.format, row).flatMap((key) => this.under(key, rowsMax));
  }

  private ofOtherKinds({ rowId, ...row }: ImportedTransaction, rowsMax: number): readonly string[] {
    if (!rowId) return [];
    const own = this.kindsOf.get(rowId);
    return transactionKinds
      .filter((kind) => !own?.has(kind))
      .flatMap((kind) => keysOf(this.format, { ...row, rowId, kind }))
      .flatMap((key) => this.under(key, rowsMax));
  }

  /** Rows that were left out have a number, too, so that numbers may be missing. */
  private under(key: string, rowsMax: number): readonly string[] {
    const ids: string[] = [];
    for (let n = 1; ids.length < rowsMax; n += 1) {
      const base = numbered(key, n);
      if (!this.around.booked.has(`flow-${base}`)) {
        if (n > 1 && !this.around.booked.has(`flow-${numbered(key, n + 1)}`)) break;
        continue;
      }
      const id = this.standing(base);
      if (id !== undefined && !this.claimed.has(id)) ids.push(id);
    }
    return ids;
  }

  /** The id under which it is booked; undefined where all of them were undone. */
  private standing(base: string): string | undefined {
    return this.last(base).standing;
  }

  private fresh(row: ImportedTransaction): string {
    const [key = ''] = keysOf(this.format, row);
    for (let n = 1; ; n += 1) {
      const { standing, next } = this.last(numbered(key, n));
      if (standing === undefined && !this.claimed.has(next)) return next;
    }
  }

  /** What was undone may be booked again, under another id. */
  private last(base: string): { readonly standing?: string | undefined; readonly next: string } {
    const { booked } = this.around;
    let id = base;
    for (let times = 2; booked.has(`flow-${id}`); times += 1) {
      if (!booked.has(`flow-reversal-${id}`)) return { standing: id, next: id };
      id = `${base}-again-${times}`;
    }
    return { next: id };
  }

  private isSame(row: ImportedTransaction, flowId: string): boolean {
    const { lineOf, expected, isStated, booked } = this.around;
    const line = lineOf(`flow-${flowId}`);
    if (!line) return true;
    if (row.rowId && !isNear(line.happenedAt, row.at)) return false;
    const made = expected(row, flowId);
    if (!made) return line.kind === row.kind;
    const [main, ...others] = made;
    const isWhole = others.every((one) => booked.has(`flow-${one.flowId}`));
    return main !== undefined && isWhole && isBookedAs(line, main, isStated(row));
  }
}

function isBookedAs(line: LedgerEntry, made: BookedMovement, isExact: boolean): boolean {
  const { kind, quantity, amount } = made;
  if (line.kind !== kind || (isExact && !line.cash.equals(amount))) return false;
  if (!quantity) return true;
  return line.isin === made.isin && line.quantity?.equals(quantity) === true;
}

function isNear(one: Instant, other: Instant): boolean {
  const [first, second] = [dayOf(one), dayOf(other)].toSorted();
  return (
    first !== undefined && second !== undefined && daysBetween(first, second) <= DAYS_APART_MAX
  );
}

/** Its key, then those that earlier versions gave it. */
function keysOf(
  format: string,
  {
    rowId,
    kind,
    content,
    earlierContents = [],
  }: Omit<ImportedTransaction, 'rowId'> & { rowId?: string | undefined },
): readonly string[] {
  if (rowId) return [shortHash({ format, row: { rowId, kind } })];
  return [content, ...earlierContents].map((row) => shortHash({ format, row }));
}

function numbered(key: string, n: number): string {
  return n === 1 ? `import-${key}` : `import-${key}-${n}`;
}

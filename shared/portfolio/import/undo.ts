/** What undoes an import as a whole: its lines in reverse, each by its opposite. */
import type { BookedMovement, Bookings } from '#shared/clients/broker/broker.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { notFound, refused } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Book, Holding, LedgerEntry } from '../model/book.ts';
import { bookEntries, emptyBook, type PostedLine } from '../model/booking.ts';
import { returnedParts } from '../model/reversed-sale.ts';
import { oppositeOf } from '../reversal.ts';
import { ACTION_PREFIX, actionUndone } from './undo-action.ts';

/** Ids of imports begin with it; they are the `source` of what was booked. */
export const IMPORT_PREFIX = 'import:';

const NAMED_MAX = 5;

/** Kinds that depend on the shares that are there. */
const takesShares: ReadonlySet<LedgerEntry['kind']> = new Set([
  ...(['sell', 'cash-in-lieu', 'transfer-out', 'external-out', 'split', 'stock-dividend'] as const),
  ...(['spin-off', 'merger', 'rename', 'delisting'] as const),
]);

/**
 * @param importId the `source` of its lines
 * @param posted the ledger, in the order of booking
 * @returns nothing to book where all of it is undone already
 * @throws Failure NOT_FOUND for an import that booked nothing; REFUSED not-reversible naming the later
 *   lines that depend on its shares
 */
export function undoOf(
  importId: string,
  posted: readonly PostedLine[],
  currency: Currency,
  reason: string,
): Bookings {
  const booked = posted.filter(({ line }) => line.source === importId && !line.reverses);
  if (booked.length === 0) throw notFound('import', importId);
  const undone = new Set(posted.flatMap(({ line }) => line.reverses ?? []));
  const open = booked.filter(({ line }) => !undone.has(line.id));
  requireIndependent(importId, open, posted, undone);
  const around = holdingsAround(open, posted, currency);
  const last = [...open].reverse();
  return {
    movements: last
      .filter(({ line }) => !isAction(line))
      .flatMap((one) => undoing(one, around.get(one.line.id)?.before, reason, importId)),
    actions: last
      .filter(({ line }) => isAction(line))
      .map(({ line }) => actionUndone(line, around.get(line.id), reason)),
  };
}

/** A line books on what the lines before it left; whoever took shares since may have taken these. */
function requireIndependent(
  importId: string,
  open: readonly PostedLine[],
  posted: readonly PostedLine[],
  undone: ReadonlySet<string>,
): void {
  const own = new Set(open.map(({ line }) => line.id));
  const moved = new Set<string>();
  const dependents = posted.flatMap(({ line, postings }) => {
    const isins = postings.flatMap(({ isin }) => isin ?? []);
    if (own.has(line.id)) return isins.forEach((isin) => moved.add(isin)) ?? [];
    const isOff = undone.has(line.id) || line.reverses !== undefined;
    return !isOff && takesShares.has(line.kind) && isins.some((isin) => moved.has(isin))
      ? [line]
      : [];
  });
  if (dependents.length === 0) return;
  const names = dependents
    .slice(0, NAMED_MAX)
    .map(({ id, kind, symbol }) => `${id} (${kind} of ${symbol})`);
  const more = dependents.length > NAMED_MAX ? ` and ${dependents.length - NAMED_MAX} more` : '';
  throw refused(
    'not-reversible',
    `${importId} cannot be undone: shares that it brought were used since by ${names.join(', ')}${more}.`,
    { lineId: importId, dependents: dependents.map(({ id }) => id), field: 'lineId' },
  );
}

interface Around {
  readonly before: Book;
  readonly after: Book;
}

/** The book before and after each line of the import that takes shares, and each action. */
function holdingsAround(
  open: readonly PostedLine[],
  posted: readonly PostedLine[],
  currency: Currency,
): ReadonlyMap<string, Around> {
  const asked = open.filter(({ line }) => takesLots(line) || isAction(line));
  const ids = new Set(asked.map(({ line }) => line.id));
  const found = new Map<string, Around>();
  let book = emptyBook('' as AccountId, currency);
  for (const { line } of ids.size > 0 ? posted : []) {
    const before = book;
    book = bookEntries(book, [line]);
    if (ids.has(line.id)) found.set(line.id, { before, after: book });
  }
  return found;
}

function undoing(
  one: PostedLine,
  book: Book | undefined,
  reason: string,
  importId: string,
): readonly BookedMovement[] {
  const { line } = one;
  const before = line.isin && book?.holdings.get(line.isin);
  const common = { note: reason, source: 'owner', happenedAt: line.happenedAt };
  if (takesLots(line)) return takingUndone(one, before, common);
  const kind = line.kind === 'buy' ? 'sell' : oppositeOf(line.kind);
  if (!kind)
    throw refused('not-reversible', `${importId} cannot be undone: ${line.id} is a ${line.kind}.`, {
      lineId: line.id,
      field: 'lineId',
    });
  const flowId = flowIdOf(line);
  const { isin, symbol, quantity } = line;
  return [
    {
      ...{ flowId: `reversal-${flowId}`, kind, amount: line.cash.negate(), ...common },
      ...(isin && { isin, symbol }),
      ...(quantity && { quantity }),
      reversesFlowId: flowId,
    },
  ];
}

function takesLots({ kind }: LedgerEntry): boolean {
  return kind === 'sell' || kind === 'transfer-out';
}

function isAction({ id }: LedgerEntry): boolean {
  return id.startsWith(ACTION_PREFIX);
}

type Common = Pick<BookedMovement, 'note' | 'source' | 'happenedAt'>;

/** One movement for each lot that it took; of a sale the last one takes back the gain. */
function takingUndone(
  one: PostedLine,
  before: Holding | undefined,
  common: Common,
): readonly BookedMovement[] {
  const { line } = one;
  const flowId = flowIdOf(line);
  return returnedParts(one, before).map(({ lot, quantity, cash, terms }, i) => ({
    ...{ flowId: i === 0 ? `reversal-${flowId}` : `reversal-${flowId}-${i + 1}`, ...common },
    kind: line.kind === 'sell' ? 'buy' : 'transfer-in',
    ...{ amount: cash, isin: line.isin, symbol: line.symbol },
    ...{ quantity, reversesFlowId: flowId, ...terms },
    restores: { lotId: lot.lotId, acquiredAt: lot.acquiredAt },
  }));
}

function flowIdOf({ id }: LedgerEntry): string {
  return id.replace(/^flow-/, '');
}

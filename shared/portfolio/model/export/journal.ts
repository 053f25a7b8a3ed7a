/** The ledger as journals write it: transactions by day, in an order in which each lot exists before it goes. */
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { PostedLine } from '../booking.ts';
import type { Book, LedgerEntry } from '../book.ts';
import { currenciesIn } from '../ledger-lines.ts';
import type { Posting } from '../posting.ts';

/** A lot as it stands between two lines. */
export interface JournalLot {
  readonly isin: Isin;
  readonly lotId: string;
  /** Day on which this state of the lot began. */
  readonly day: CalendarDay;
  readonly quantity: Decimal;
  readonly cost: Money;
}

/**
 * A change of a lot, exact to the cent: all that was there goes, at what it cost, and what is left
 * comes, at what it costs now.
 */
export interface LotChange {
  readonly before?: JournalLot | undefined;
  readonly after?: JournalLot | undefined;
}

export interface JournalTransaction {
  readonly line: LedgerEntry;
  /** Of the line; later where a lot that it takes came into the book later. */
  readonly day: CalendarDay;
  readonly lots: readonly LotChange[];
  /** All but the postings of securities. */
  readonly others: readonly Posting[];
}

export interface Journal {
  readonly transactions: readonly JournalTransaction[];
  /** What is held at the end. */
  readonly lots: readonly JournalLot[];
  readonly lastDay: CalendarDay | undefined;
}

/** @param posted in the order of booking */
export function journalOf(posted: readonly PostedLine[]): Journal {
  const lots = new Map<string, JournalLot>();
  const transactions = posted.map(({ line, postings }) => transactionOf(line, postings, lots));
  const inOrder = transactions
    .map((transaction, index) => ({ transaction, index }))
    .sort((a, b) => compare(a.transaction.day, b.transaction.day) || a.index - b.index)
    .map(({ transaction }) => transaction);
  return {
    transactions: inOrder,
    lots: [...lots.values()],
    lastDay: inOrder.at(-1)?.day,
  };
}

/** All that the cash of a journal is in, the account's first. */
export function currenciesOf({ transactions }: Journal, { currency }: Book): readonly Currency[] {
  return [...new Set([currency, ...currenciesIn(transactions.map(({ line }) => line))])];
}

function transactionOf(
  line: LedgerEntry,
  postings: readonly Posting[],
  lots: Map<string, JournalLot>,
): JournalTransaction {
  const moved = postings.filter(({ lotId }) => lotId !== undefined);
  const known = moved.flatMap((posting) => lots.get(keyOf(posting))?.day ?? []);
  const day = [dayOf(line.happenedAt), ...known].sort().at(-1) ?? dayOf(line.happenedAt);
  return {
    line,
    day,
    lots: moved.map((posting) => changed(posting, day, lots)),
    others: postings.filter(({ lotId }) => lotId === undefined),
  };
}

function changed(posting: Posting, day: CalendarDay, lots: Map<string, JournalLot>): LotChange {
  const { isin, lotId, amount } = posting;
  if (isin === undefined || lotId === undefined) return {};
  const key = keyOf(posting);
  const before = lots.get(key);
  const quantity = (before?.quantity ?? Decimal.zero).add(posting.quantity ?? Decimal.zero);
  const cost = before ? before.cost.add(amount) : amount;
  lots.delete(key);
  if (quantity.sign === 0) return { before };
  const after = { isin, lotId, day, quantity: quantity.normalize(), cost };
  lots.set(key, after);
  return { before, after };
}

function keyOf({ isin, lotId }: Posting): string {
  return `${isin ?? ''} ${lotId ?? ''}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A sentence on a line, for whoever reads the journal. */
export function narration({ kind, symbol, isin, quantity, price }: LedgerEntry): string {
  const what = symbol === undefined || symbol === isin ? isin : symbol;
  const shares = quantity && kind !== 'dividend' ? quantity.toString() : undefined;
  const at = price && `at ${price.toString()}`;
  return [kind, shares, what, at].filter(Boolean).join(' ');
}

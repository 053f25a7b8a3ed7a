/**
 * Trades that the broker cancelled afterwards. Of one that is booked, shares and cash go back as they came: those of a
 * purchase out of the lot that it made, those of a sale into the lots that it took, so that neither realises a gain. One
 * that is not booked yet stays so; what is left of its costs is booked. Where that cannot be done any more, the
 * cancellation is booked as a trade in the other direction, with a warning.
 */
import { RunningFold } from '#shared/kernel/collections/running-fold.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Book, LedgerEntry } from '../book.ts';
import { bookEntries, emptyBook } from '../booking.ts';
import { actsOn, changeOf, type ReportedFill } from '../ledger-lines.ts';
import { saleTakenBack } from '../reversed-sale.ts';
import { withoutUndoneLines } from '../undone-lines.ts';

export interface Cancellations {
  /** To append before anything else of the statement. */
  readonly lines: readonly LedgerEntry[];
  /** What no line of its own is booked for. */
  readonly withheld: ReadonlySet<ReportedFill>;
  /** What is booked as a trade in the other direction, one sentence each. */
  readonly warnings: readonly string[];
}

const nothing: Cancellations = { lines: [], withheld: new Set(), warnings: [] };

/** @param ledger of the account, in the order of booking; empty: what is booked cannot be taken back */
export function cancelledTrades(
  book: Book,
  ledger: readonly LedgerEntry[],
  fills: readonly ReportedFill[],
  recordedAt: Instant,
): Cancellations {
  const cancelling = cancellingFills(fills);
  if (cancelling.length === 0) return nothing;
  const inForce = withoutUndoneLines(ledger);
  return cancelling
    .map((fill) => {
      if (book.booked.has(`fill-${fill.cancels}`))
        return takenBack(fill, { book, ledger, inForce, recordedAt });
      const original = fills.find(({ fillId }) => fillId === fill.cancels);
      return original
        ? neverBooked(book, original, fill, recordedAt)
        : opposite(book, fill, 'it is not known here');
    })
    .reduce(joined, nothing);
}

/** Those that cancel others. Statements repeat their history: each fill is asked once. */
export function cancellingFills(fills: readonly ReportedFill[]): readonly ReportedFill[] {
  return [...cancellingIn.of(fills)];
}

const cancellingIn = new RunningFold<ReportedFill, ReportedFill[]>(
  () => [],
  (cancelling, fill) => {
    if (fill.cancels !== undefined) cancelling.push(fill);
  },
);

function joined(one: Cancellations, other: Cancellations): Cancellations {
  return {
    lines: [...one.lines, ...other.lines],
    withheld: new Set([...one.withheld, ...other.withheld]),
    warnings: [...one.warnings, ...other.warnings],
  };
}

interface Booked {
  readonly book: Book;
  readonly ledger: readonly LedgerEntry[];
  /** Lines that were not undone. */
  readonly inForce: readonly LedgerEntry[];
  readonly recordedAt: Instant;
}

function takenBack(fill: ReportedFill, booked: Booked): Cancellations {
  if (booked.book.booked.has(`fill-${fill.fillId}`)) return nothing;
  const line = booked.inForce.find(({ id }) => id === `fill-${fill.cancels}`);
  if (!line || !matches(line, fill) || isUsedSince(line, booked.inForce))
    return opposite(booked.book, fill, USED);
  const isPurchase = line.kind === 'buy';
  const back = isPurchase
    ? [purchaseTakenBack(line)]
    : saleTakenBack(bookBefore(line, booked), line);
  const named = back.map((one, i) => ({
    id: i === 0 ? `fill-${fill.fillId}` : `fill-${fill.fillId}-${i + 1}`,
    ...{ ...one, note: NOTE, recordedAt: booked.recordedAt },
  }));
  const rest = fill.settlement.add(line.cash);
  const costs = rest.sign === 0 ? [] : [restOf(fill, `fill-${fill.fillId}-rest`, rest, booked)];
  return { ...nothing, lines: [...named, ...costs], withheld: new Set([fill]) };
}

const NOTE = 'the broker cancelled the trade';

/** At its cost, out of its own lot. */
function purchaseTakenBack(line: LedgerEntry): ReturnType<typeof saleTakenBack>[number] {
  const { id, isin, symbol, quantity, price, exchangeRate, cash, happenedAt } = line;
  return {
    ...{ kind: 'sell', reverses: id, quantity, price, exchangeRate, cash: cash.negate() },
    ...{ isin, symbol, happenedAt, lotMethod: 'specific', lotIds: [id] },
  };
}

function bookBefore(line: LedgerEntry, { book, ledger }: Booked): Book {
  const earlier = ledger.slice(0, ledger.indexOf(line));
  return bookEntries(emptyBook(book.accountId, book.currency), earlier);
}

function matches({ kind, isin, quantity }: LedgerEntry, fill: ReportedFill): boolean {
  const side = kind === 'buy' ? 'SELL' : 'BUY';
  return isin === fill.isin && side === fill.side && quantity?.equals(fill.quantity) === true;
}

/** Shares of a purchase may have been sold since; an action changes the lots of either. */
function isUsedSince(line: LedgerEntry, inForce: readonly LedgerEntry[]): boolean {
  const isin = line.isin as Isin;
  return inForce.slice(inForce.indexOf(line) + 1).some((later) => {
    const isSold = line.kind === 'buy' && (changeOf(later, isin)?.sign ?? 0) < 0;
    return isSold || actsOn(later, isin);
  });
}

/** The line keeps the cancellation known, also once the original is before the statement's period. */
function neverBooked(
  { booked }: Book,
  original: ReportedFill,
  fill: ReportedFill,
  recordedAt: Instant,
): Cancellations {
  const withheld = new Set([original, fill]);
  const id = `fill-${fill.fillId}`;
  if (booked.has(id)) return { ...nothing, withheld };
  const rest = original.settlement.add(fill.settlement);
  return { ...nothing, withheld, lines: [restOf(fill, id, rest, { recordedAt })] };
}

/** Costs that did not come back; of a trade in another currency, what the rates of both differ by. */
function restOf(
  fill: ReportedFill,
  id: string,
  cash: Money,
  { recordedAt }: Pick<Booked, 'recordedAt'>,
): LedgerEntry {
  const kind = fill.exchangeRate.equals(Decimal.one) ? 'fee' : 'conversion';
  const { isin, symbol, executedAt: happenedAt } = fill;
  return { id, kind, isin, symbol, cash, note: NOTE, happenedAt, recordedAt };
}

const USED = 'its shares were sold, or a corporate action changed its lots, since';

function opposite({ booked }: Book, fill: ReportedFill, why: string): Cancellations {
  if (booked.has(`fill-${fill.fillId}`)) return nothing;
  const warning = `The broker cancelled the trade ${fill.cancels} of ${fill.symbol}; ${why}, so the cancellation is booked as a trade in the other direction.`;
  return { ...nothing, warnings: [warning] };
}

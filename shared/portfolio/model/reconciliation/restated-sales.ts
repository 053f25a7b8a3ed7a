/**
 * Sales whose lots a later statement reports otherwise than the one that they were booked from. Nothing in the ledger
 * changes: what a sale took comes back to its lots, all of them first, and each sale is booked again with the lots of
 * the new report. Cash and shares stay as they are; the gain by lot, and so by tax year, follows.
 */
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import { RunningFold } from '#shared/kernel/collections/running-fold.ts';
import { canonicalJson } from '#shared/kernel/hash.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Book, LedgerEntry } from '../book.ts';
import { bookEntries, emptyBook } from '../booking.ts';
import { actsOn, type ReportedFill } from '../ledger-lines.ts';
import { saleTakenBack } from '../reversed-sale.ts';
import { withoutUndoneLines } from '../undone-lines.ts';

export interface Restatement {
  /** To append: first what comes back, then the sales as they are reported now. */
  readonly lines: readonly LedgerEntry[];
  /** What is reported otherwise and stays as it was booked, one sentence each. */
  readonly warnings: readonly string[];
}

interface Restated {
  readonly line: LedgerEntry;
  readonly closedLots: readonly ClosedLot[];
}

/** @param ledger of the account, in the order of booking */
export function restatedSales(
  { accountId, currency }: Book,
  ledger: readonly LedgerEntry[],
  fills: readonly ReportedFill[],
  recordedAt: Instant,
): Restatement {
  const found = reportedOtherwise(ledger, fills);
  const blocked = found.filter(({ line }) => actionSince(ledger, line));
  const open = found.filter((one) => !blocked.includes(one));
  if (open.length === 0) return { lines: [], warnings: blocked.map(warningOf) };
  const ids = new Set(open.map(({ line }) => line.id));
  const back: LedgerEntry[] = [];
  let book = emptyBook(accountId, currency);
  for (const line of ledger) {
    if (ids.has(line.id)) back.unshift(...returned(book, line, recordedAt));
    book = bookEntries(book, [line]);
  }
  const again = open.map((one) => bookedAgain(one, recordedAt));
  return { lines: [...back, ...again], warnings: blocked.map(warningOf) };
}

/**
 * Sales in force that were booked as `specific` and of which the statement now says something else. Statement and
 * ledger repeat their history: only sales of which either side is new are compared, and those that differed before.
 */
function reportedOtherwise(
  ledger: readonly LedgerEntry[],
  fills: readonly ReportedFill[],
): readonly Restated[] {
  const [reports, sales] = [reportsIn.of(fills), salesIn.of(withoutUndoneLines(ledger))];
  const isKnown = sales.comparedWith === reports;
  const names = isKnown ? [...sales.fresh, ...reports.fresh] : [...reports.lots.keys()];
  const found = [...new Set(names)].flatMap((name) => {
    const closedLots = reports.lots.get(name);
    const lines = closedLots ? (sales.byFill.get(name) ?? []) : [];
    return lines.flatMap((sale) => (closedLots && differs(sale, closedLots)) ?? []);
  });
  const open = found.map(({ line }) => fillOf(line));
  sales.fresh = new Set(open);
  reports.fresh.clear();
  sales.comparedWith = reports;
  return found.sort((a, b) => a.at - b.at);
}

function differs({ line, at }: Sale, closedLots: readonly ClosedLot[]) {
  if (canonicalJson(closedLots) === canonicalJson(line.closedLots ?? [])) return undefined;
  return { line, at, closedLots };
}

/** What statements report of the lots of sales, by the id of the line that their fill became. */
interface Reports {
  readonly lots: Map<string, readonly ClosedLot[] | undefined>;
  /** Not compared yet. */
  readonly fresh: Set<string>;
}

const reportsIn = new RunningFold<ReportedFill, Reports>(
  () => ({ lots: new Map(), fresh: new Set() }),
  ({ lots, fresh }, { fillId, closedLots }) => {
    const name = `fill-${fillId}`;
    if (closedLots === undefined && !lots.has(name)) return;
    lots.set(name, closedLots);
    fresh.add(name);
  },
);

interface Sale {
  readonly line: LedgerEntry;
  /** Its place among the sales. */
  readonly at: number;
}

interface Sales {
  readonly byFill: Map<string, Sale[]>;
  count: number;
  /** Names of fills whose lines were not compared yet, or differed. */
  fresh: Set<string>;
  comparedWith: Readonly<Reports> | undefined;
}

const salesIn = new RunningFold<LedgerEntry, Sales>(
  () => ({ byFill: new Map(), count: 0, fresh: new Set(), comparedWith: undefined }),
  (sales, line) => {
    if (line.kind !== 'sell' || line.lotMethod !== 'specific' || line.reverses) return;
    const name = fillOf(line);
    const sale = { line, at: (sales.count += 1) };
    sales.byFill.set(name, [...(sales.byFill.get(name) ?? []), sale]);
    sales.fresh.add(name);
  },
);

/** The id of the line that a fill became first. */
function fillOf({ id }: LedgerEntry): string {
  return id.replace(AGAIN, '');
}

/** The end of the id of a sale that was booked again, with a number. */
const AGAIN = /:lots-(\d+)$/;

/** An action has changed the lots since, so that what was taken of them cannot come back as it was. */
function actionSince(ledger: readonly LedgerEntry[], { id, isin }: LedgerEntry): boolean {
  const at = ledger.findIndex((line) => line.id === id);
  return ledger.slice(at + 1).some((line) => actsOn(line, isin as Isin));
}

function returned(before: Book, line: LedgerEntry, recordedAt: Instant): readonly LedgerEntry[] {
  return saleTakenBack(before, line).map((back, i) => ({
    ...{ id: `reversal-${line.id}-${i + 1}`, ...back, note: NOTE, recordedAt },
  }));
}

const NOTE = 'the broker reports other lots';

function bookedAgain({ line, closedLots }: Restated, recordedAt: Instant): LedgerEntry {
  const times = Number(AGAIN.exec(line.id)?.[1] ?? 1) + 1;
  const id = `${fillOf(line)}:lots-${times}`;
  return { ...line, id, closedLots, note: NOTE, recordedAt };
}

function warningOf({ line }: Restated): string {
  return `The broker now reports other lots for the sale ${line.id} of ${line.symbol ?? line.isin ?? ''} than were booked; a corporate action has changed them since, and it stays as it was booked.`;
}

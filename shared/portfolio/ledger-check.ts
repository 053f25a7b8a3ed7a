/**
 * Checks a ledger from its first line to its last: that each line is what its hash says, follows the
 * one before, balances, and books what the lines before it allow; then that all of them make the book.
 */
import { Failure } from '#shared/kernel/failure.ts';
import { canonicalJson } from '#shared/kernel/hash.ts';
import { decode } from '#shared/redis/codec.ts';
import { ledgerRecord, lineOf, recordOf, statedHash, valuationOf } from './book-record.ts';
import { CHAIN_START, type ChainHead } from '#shared/kernel/hash-chain.ts';
import { fillLine, flowLine } from './model/ledger-lines.ts';
import { chainLink, headAfter, isUnaltered } from './ledger-chain.ts';
import type { BrokerStatement } from '#shared/clients/broker/broker.ts';
import type { Book, Holding } from './model/book.ts';
import { emptyBook, postEntries, type PostedLine } from './model/booking.ts';
import { reconcile } from './model/reconciliation/reconcile.ts';
import { cashIn, foreignCurrencies } from './model/foreign-cash.ts';
import { imbalance } from './model/posting.ts';
import type { StoredChain, StoredValuations } from './stored-book.ts';

export interface LedgerFinding {
  readonly check: 'chain' | 'balance' | 'book' | 'valuation' | 'statement';
  /** Number of the line, from 1; 0 where no single line is wrong. */
  readonly sequence: number;
  /** Id of the line; empty where it cannot be read. */
  readonly lineId: string;
  readonly message: string;
}

export interface CheckedLedger {
  readonly head: ChainHead;
  /** Lines from before there was a chain: sealed by the first after them. */
  readonly unchained: number;
  /** Lines before the first one that is wrong, with their postings. */
  readonly posted: readonly PostedLine[];
  /** The first line that is wrong, or how the book differs from all of them; none where all is well. */
  readonly finding?: LedgerFinding | undefined;
}

export function checkLedger(chain: StoredChain): CheckedLedger {
  const { lines, book } = chain;
  let head = CHAIN_START;
  let unchained = 0;
  let replayed = emptyBook(book.accountId, book.currency);
  const posted: PostedLine[] = [];
  for (const stored of lines) {
    const checked = checkLine(stored, head, replayed, unchained === head.lines);
    if ('check' in checked) return { head, unchained, posted, finding: checked };
    if (checked.isUnchained) unchained += 1;
    posted.push({ line: checked.line, postings: checked.postings });
    head = headAfter(head, stored);
    replayed = checked.book;
  }
  return { head, unchained, posted, finding: endFinding(head, chain, replayed) };
}

interface CheckedLine extends PostedLine {
  readonly book: Book;
  readonly isUnchained: boolean;
}

/** @param mayBeUnchained whether all lines before are from before the chain */
function checkLine(
  stored: string,
  head: ChainHead,
  before: Book,
  mayBeUnchained: boolean,
): CheckedLine | LedgerFinding {
  const sequence = head.lines + 1;
  const wrong = (check: LedgerFinding['check'], lineId: string, message: string) => ({
    ...{ check, sequence, lineId, message },
  });
  if (!isUnaltered(stored)) return wrong('chain', '', 'it is not what its hash says');
  try {
    const { hash, json } = chainLink(stored);
    if (hash === undefined && !mayBeUnchained)
      return wrong('chain', '', 'it has no hash, and lines before it have');
    const line = lineOf(json, hash !== undefined, `line ${sequence} of the ledger`);
    const broken = hash === undefined ? undefined : linkProblem(json, head);
    if (broken) return wrong('chain', line.id, broken);
    if (before.booked.has(line.id)) return wrong('book', line.id, 'its id was booked before');
    const { book, posted } = postEntries(before, [line]);
    const [derived] = posted;
    const postings = hash === undefined ? derived?.postings : statedPostings(json);
    const left = imbalance(postings ?? []);
    if (left.length > 0)
      return wrong('balance', line.id, `its postings leave ${left.join(' and ')}`);
    if (canonicalJson(postings) !== canonicalJson(derived?.postings))
      return wrong('balance', line.id, 'its postings are not those of the line');
    return { line, postings: postings ?? [], book, isUnchained: hash === undefined };
  } catch (thrown) {
    return wrong('chain', '', Failure.from(thrown).message);
  }
}

function linkProblem(json: string, head: ChainHead): string | undefined {
  const { previous, sequence } = decode(ledgerRecord, json, 'a line of the ledger');
  if (sequence !== head.lines + 1) return `it says that it is number ${sequence}`;
  if (previous === head.hash) return undefined;
  return head.lines === 0 ? 'it does not begin a ledger' : 'the lines before it were changed';
}

function statedPostings(json: string): PostedLine['postings'] {
  return decode(ledgerRecord, json, 'a line of the ledger').postings;
}

function endFinding(
  head: ChainHead,
  { head: stated, stated: hash, book, unreadable }: StoredChain,
  replayed: Book,
): LedgerFinding | undefined {
  const at = { sequence: 0, lineId: '' };
  if (unreadable !== undefined)
    return { check: 'book', ...at, message: `the stored book cannot be read: ${unreadable}` };
  if (!stated && hash !== undefined && head.lines > 0)
    return { check: 'chain', ...at, message: 'the book does not say where the ledger ends' };
  if (stated && (stated.lines !== head.lines || stated.hash !== head.hash))
    return {
      ...{ check: 'chain', ...at },
      message: `the book was made of ${stated.lines} lines, and the ledger has ${head.lines}, or other ones`,
    };
  const difference =
    bookDifference(replayed, book) ??
    (hash !== undefined && hash !== statedHash(book)
      ? 'what the book has from the statement alone is not what was stored'
      : undefined);
  return difference === undefined ? undefined : { check: 'book', ...at, message: difference };
}

/** How the stored book differs from what the ledger makes; undefined where it does not. */
function bookDifference(replayed: Book, book: Book): string | undefined {
  const currencies = [book.currency, ...foreignCurrencies(book), ...foreignCurrencies(replayed)];
  for (const [stored, made] of currencies.map((one) => [cashIn(book, one), cashIn(replayed, one)]))
    if (stored && made && !stored.equals(made))
      return `the book has ${stored.toString()} in cash, the ledger makes ${made.toString()}`;
  const [made, held] = [replayed, book].map((one) => new Map(recordOf(one).holdings.map(keyed)));
  const isins = new Set([...(made?.keys() ?? []), ...(held?.keys() ?? [])]);
  const different = [...isins].filter((isin) => made?.get(isin) !== held?.get(isin));
  if (different.length > 0)
    return `the book's lots of ${different.join(', ')} are not those that the ledger makes`;
  return bookedDifference(replayed, book);
}

/** A line whose id the book does not have would be booked once more. */
function bookedDifference(replayed: Book, book: Book): string | undefined {
  const [made, stored] = [replayed, book].map((one) => one.booked.values());
  const missing = made?.find((id) => !book.booked.has(id));
  if (missing !== undefined) return `the book does not have ${missing} among what is booked`;
  const strange = stored?.find((id) => !replayed.booked.has(id));
  if (strange !== undefined) return `the book has ${strange} as booked, and the ledger has not`;
  const [awaited, kept] = [replayed, book].map((one) => canonicalJson(one.awaitedCharges ?? []));
  return awaited === kept
    ? undefined
    : "the book's charges that are awaited are not those that the ledger makes";
}

function keyed(holding: Holding): readonly [string, string] {
  return [holding.isin, canonicalJson(holding)];
}

/** Where a simulated broker says otherwise of what is booked: its own record was changed. */
export function bookedOtherwise(
  posted: readonly PostedLine[],
  { fills, flows, otherBalances = [] }: BrokerStatement,
): LedgerFinding[] {
  const sequences = new Map(posted.map(({ line }, i) => [line.id, { line, sequence: i + 1 }]));
  const reported = [
    ...fills.map((fill) => fillLine(fill, fill.executedAt)),
    ...[flows, ...otherBalances.map((balance) => balance.flows)]
      .flat()
      .map((flow) => flowLine(flow, undefined, flow.happenedAt)),
  ];
  const differing = reported.find((line) => {
    const booked = sequences.get(line.id)?.line;
    return booked !== undefined && movementIn(booked) !== movementIn(line);
  });
  const found = differing && sequences.get(differing.id);
  if (!found) return [];
  const { line, sequence } = found;
  const message = `the broker's statement has another ${line.kind} under its id`;
  return [{ check: 'statement', sequence, lineId: line.id, message }];
}

function movementIn({ kind, isin, quantity, cash }: PostedLine['line']): string {
  return canonicalJson([kind, isin ?? '', quantity?.normalize().toString() ?? '', cash]);
}

/** The first recorded value that is not what was stored. */
export function valuationFinding({ key, texts }: StoredValuations): LedgerFinding | undefined {
  for (const [day, text] of Object.entries(texts).sort())
    try {
      valuationOf(text, day, key);
    } catch (thrown) {
      const { message } = Failure.from(thrown);
      return { check: 'valuation', sequence: 0, lineId: day, message };
    }
  return undefined;
}

/** How the broker's holdings and cash differ from the book, less what it has not booked yet. */
export function statementFindings(book: Book, statement: BrokerStatement): LedgerFinding[] {
  const { entries } = reconcile(book, statement, new Map(), { recordedAt: statement.takenAt });
  return entries
    .filter(({ kind }) => kind.startsWith('external-'))
    .map(({ kind, isin, quantity, cash }) => ({
      ...{ check: 'statement' as const, sequence: 0, lineId: '' },
      message:
        isin === undefined || quantity === undefined
          ? `the broker's cash differs by ${cash.toString()}`
          : `the broker holds ${quantity.toString()} of ${isin} ${kind === 'external-in' ? 'more' : 'less'}`,
    }));
}

/** Writes the book: cash, lots, ledger lines and the day's valuation change together or not at all. */
import type { Currency } from '#shared/kernel/currency.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { writeDocument, type Database } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import { keys } from '#shared/redis/keys.ts';
import { bookOf, bookRecord, recordOf, valuationText } from './book-record.ts';
import type { Book, LedgerEntry } from './model/book.ts';
import type { DifferenceChange } from './reconciliation/reconciliation-record.ts';
import { CHAIN_START, type ChainHead } from '#shared/kernel/hash-chain.ts';
import { chained, headAfter } from './ledger-chain.ts';
import { emptyBook, postEntries } from './model/booking.ts';
import type { DayValuation } from './model/valuation.ts';

/** The book with the version it was read at. */
export interface VersionedBook {
  readonly version: number;
  readonly book: Book;
  /** Where the ledger's chain of hashes stands. */
  readonly head: ChainHead;
}

export class PortfolioStore {
  private readonly database: Database;
  private readonly baseCurrency: Currency;

  constructor(database: Database, baseCurrency: Currency) {
    this.database = database;
    this.baseCurrency = baseCurrency;
  }

  async load(account: AccountId): Promise<VersionedBook> {
    const document = await this.database.find(keys.portfolio.book(account), bookRecord);
    if (!document)
      return { version: 0, book: emptyBook(account, this.baseCurrency), head: CHAIN_START };
    const { version, value } = document;
    const head = value.ledger ?? (await this.unchained(account));
    return { version, book: bookOf(value, account), head };
  }

  /** A ledger from before the chain: its first new line seals all that is there. */
  private async unchained(account: AccountId): Promise<ChainHead> {
    const lines = await this.database.redis.lrange(keys.portfolio.ledger(account), 0, -1);
    return lines.reduce(headAfter, CHAIN_START);
  }

  /**
   * Stores the next book with the lines that led to it.
   * @param before the book the decision was made on
   * @param differences changed with it
   * @returns false when someone else changed the book since; then nothing is stored
   */
  async save(
    before: VersionedBook,
    book: Book,
    entries: readonly LedgerEntry[],
    valuation: DayValuation | undefined,
    differences?: DifferenceChange,
  ): Promise<boolean> {
    const { accountId } = book;
    const bookKey = keys.portfolio.book(accountId);
    const ledgerKey = keys.portfolio.ledger(accountId);
    const { version } = before;
    const { posted } = postEntries(before.book, entries);
    const { lines, head } = chained(before.head, posted);
    const isStored = await this.database.commit(
      [{ key: bookKey, version }, ...(differences ? [differences.expect] : [])],
      [
        writeDocument(bookKey, version, recordOf(book, head)),
        ...inChunks(lines).map((args): Write => ({ op: 'RPUSH', key: ledgerKey, args })),
        ...(valuation ? [valuationWrite(accountId, valuation)] : []),
        ...(differences ? [differences.write] : []),
      ],
      'guarded',
    );
    if (isStored)
      this.database.saidLines(
        ledgerKey,
        lines,
        posted.map(({ line }) => line),
      );
    return isStored;
  }
}

/** A script hands at most some thousands of arguments to one command. */
const ARGUMENTS_MAX = 1000;

function inChunks(lines: readonly string[]): string[][] {
  const count = Math.ceil(lines.length / ARGUMENTS_MAX);
  return Array.from({ length: count }, (_, i) =>
    lines.slice(i * ARGUMENTS_MAX, (i + 1) * ARGUMENTS_MAX),
  );
}

function valuationWrite(account: AccountId, valuation: DayValuation): Write {
  const key = keys.portfolio.valuations(account);
  return { op: 'HSET', key, args: [valuation.day, valuationText(valuation)] };
}

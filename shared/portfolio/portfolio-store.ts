/** Writes the book: cash, lots, ledger lines and the day's valuation change together or not at all. */
import type { Currency } from '#shared/kernel/currency.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { encode } from '#shared/redis/codec.ts';
import { writeDocument, type Database, type Write } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { bookOf, bookRecord, recordOf } from './book-record.ts';
import type { Book, LedgerEntry } from './model/book.ts';
import { emptyBook } from './model/booking.ts';
import type { DayValuation } from './model/valuation.ts';

/** The book with the version it was read at. */
export interface VersionedBook {
  readonly version: number;
  readonly book: Book;
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
    if (!document) return { version: 0, book: emptyBook(account, this.baseCurrency) };
    return { version: document.version, book: bookOf(document.value, account) };
  }

  /**
   * Stores the next book with the lines that led to it.
   * @param version of the book the decision was made on
   * @returns false when someone else changed the book since; then nothing is stored
   */
  save(
    version: number,
    book: Book,
    entries: readonly LedgerEntry[],
    valuation: DayValuation | undefined,
  ): Promise<boolean> {
    const { accountId } = book;
    const bookKey = keys.portfolio.book(accountId);
    const ledgerKey = keys.portfolio.ledger(accountId);
    const lines = entries.map(encode);
    return this.database.commit(
      [{ key: bookKey, version }],
      [
        writeDocument(bookKey, version, recordOf(book)),
        ...inChunks(lines).map((args): Write => ({ op: 'RPUSH', key: ledgerKey, args })),
        ...(valuation ? [valuationWrite(accountId, valuation)] : []),
      ],
      'guarded',
    );
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
  return { op: 'HSET', key, args: [valuation.day, encode(valuation)] };
}

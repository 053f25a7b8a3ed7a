/** Reader of the stored book. */
import { Failure } from '#shared/kernel/failure.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import type { BookReader } from './book-reader.ts';
import { bookOf, bookRecord, lineOf, valuationOf } from './book-record.ts';
import type { ChainHead } from '#shared/kernel/hash-chain.ts';
import { chainLink } from './ledger-chain.ts';
import type { Book, LedgerEntry } from './model/book.ts';
import { emptyBook } from './model/booking.ts';
import type { DayValuation } from './model/valuation.ts';

export interface StoredChain {
  readonly lines: readonly string[];
  readonly head: ChainHead | undefined;
  /** Hash of what the book has from the broker's statement alone. */
  readonly stated?: string | undefined;
  /** Empty where it cannot be read. */
  readonly book: Book;
  /** Why the stored book cannot be read. */
  readonly unreadable?: string | undefined;
}

export interface StoredValuations {
  readonly key: string;
  readonly texts: Readonly<Record<string, string>>;
}

export class StoredBook implements BookReader {
  private readonly database: Database;
  private readonly baseCurrency: Currency;

  constructor(database: Database, baseCurrency: Currency) {
    this.database = database;
    this.baseCurrency = baseCurrency;
  }

  async book(account: AccountId): Promise<Book> {
    const document = await this.database.find(keys.portfolio.book(account), bookRecord);
    return document ? bookOf(document.value, account) : emptyBook(account, this.baseCurrency);
  }

  /** In the order of booking. */
  async ledger(account: AccountId): Promise<readonly LedgerEntry[]> {
    const key = keys.portfolio.ledger(account);
    return this.database.readLines(key, (line) => {
      const { json, hash } = chainLink(line);
      return lineOf(json, hash !== undefined, key);
    });
  }

  /**
   * The ledger byte by byte, with the book that was stored with its last line.
   * @throws Failure DATA_CORRUPT never: what cannot be read is left out and said in `unreadable`
   */
  async chain(account: AccountId): Promise<StoredChain> {
    const lines = await this.database.redis.lrange(keys.portfolio.ledger(account), 0, -1);
    try {
      const found = await this.database.find(keys.portfolio.book(account), bookRecord);
      const { ledger: head, stated } = found?.value ?? {};
      const book = found ? bookOf(found.value, account) : emptyBook(account, this.baseCurrency);
      return { lines, head, stated, book };
    } catch (thrown) {
      const { code, message } = Failure.from(thrown);
      if (code !== 'DATA_CORRUPT') throw thrown;
      return {
        lines,
        head: undefined,
        book: emptyBook(account, this.baseCurrency),
        unreadable: message,
      };
    }
  }

  /** As they are stored, by day, with the key that has them. */
  async valuationTexts(account: AccountId): Promise<StoredValuations> {
    const key = keys.portfolio.valuations(account);
    return { key, texts: await this.database.redis.hgetall(key) };
  }

  /** The account's value as it was put on record, by day. */
  async valuations(account: AccountId): Promise<readonly DayValuation[]> {
    const key = keys.portfolio.valuations(account);
    const stored = Object.entries(await this.database.redis.hgetall(key));
    const values = stored.map(([day, text]) => valuationOf(text, day, key));
    return values.sort((a, b) => (a.day < b.day ? -1 : 1));
  }
}

/** Reader of the stored book. */
import type { Currency } from '#shared/kernel/currency.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { decode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import type { BookReader } from './book-reader.ts';
import { bookOf, bookRecord, lineOf, valuationRecord } from './book-record.ts';
import type { ChainHead } from '#shared/kernel/hash-chain.ts';
import { chainLink } from './ledger-chain.ts';
import type { Book, LedgerEntry } from './model/book.ts';
import { emptyBook } from './model/booking.ts';
import type { DayValuation } from './model/valuation.ts';

export interface StoredChain {
  readonly lines: readonly string[];
  readonly head: ChainHead | undefined;
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
    const lines = await this.database.redis.lrange(key, 0, -1);
    return lines.map((line) => {
      const { json, hash } = chainLink(line);
      return lineOf(json, hash !== undefined, key);
    });
  }

  /** The ledger byte by byte, with what the book says about its last line. */
  async chain(account: AccountId): Promise<StoredChain> {
    const { redis } = this.database;
    const [lines, document] = await Promise.all([
      redis.lrange(keys.portfolio.ledger(account), 0, -1),
      this.database.find(keys.portfolio.book(account), bookRecord),
    ]);
    return { lines, head: document?.value.ledger };
  }

  /** The account's value as it was put on record, by day. */
  async valuations(account: AccountId): Promise<readonly DayValuation[]> {
    const key = keys.portfolio.valuations(account);
    const stored = Object.values(await this.database.redis.hgetall(key));
    const values = stored.map((json) => decode(valuationRecord, json, key));
    return values.sort((a, b) => (a.day < b.day ? -1 : 1));
  }
}

/** Read access to the book for every service. */
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Book, LedgerEntry } from './model/book.ts';
import type { DayValuation } from './model/valuation.ts';

export interface BookReader {
  /** The account's book; an empty one before anything was booked. */
  book(account: AccountId): Promise<Book>;
  ledger(account: AccountId): Promise<readonly LedgerEntry[]>;
  /** The account's value as it was put on record, by day. */
  valuations(account: AccountId): Promise<readonly DayValuation[]>;
}

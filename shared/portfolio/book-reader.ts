/** What every service may read of the book. */
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Book, LedgerEntry } from './model/book.ts';

export interface BookReader {
  /** The account's book; an empty one before anything was booked. */
  book(account: AccountId): Promise<Book>;
  ledger(account: AccountId): Promise<readonly LedgerEntry[]>;
}

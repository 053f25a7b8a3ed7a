/** The book that a ledger leads to. */
import type { Currency } from '#shared/kernel/currency.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Book, LedgerEntry } from '#shared/portfolio/model/book.ts';
import { bookEntries, emptyBook } from '#shared/portfolio/model/booking.ts';

/** From nothing, in the order of booking. Equals the stored book but for `syncedAt`. */
export function replay(
  accountId: AccountId,
  currency: Currency,
  ledger: readonly LedgerEntry[],
): Book {
  return bookEntries(emptyBook(accountId, currency), ledger);
}

/** Currencies that the accounts hold cash in, other than their own: their rates are needed, too. */
import type { Currency } from '#shared/kernel/currency.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { Accounts } from './accounts.ts';
import { foreignCurrencies } from './model/foreign-cash.ts';
import { StoredBook } from './stored-book.ts';

export async function heldCurrencies({
  database,
  baseCurrency,
}: Pick<Dependencies, 'database' | 'baseCurrency'>): Promise<readonly Currency[]> {
  const books = new StoredBook(database, baseCurrency);
  const ids = await new Accounts(database, baseCurrency).ids();
  const found = await Promise.all(ids.map(async (id) => foreignCurrencies(await books.book(id))));
  return [...new Set(found.flat())];
}

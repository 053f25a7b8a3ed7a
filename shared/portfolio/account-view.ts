/** The book beside the market it stands in: one look for all that values it. */
import type { RateTable } from '#shared/kernel/exchange-rate.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Quote } from '#shared/universe/model/market-view.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import type { Book } from './model/book.ts';
import { StoredBook } from './stored-book.ts';

export interface Prices {
  /** Latest stored prices; a security without one is left out. */
  readonly quotes: ReadonlyMap<Isin, Quote>;
  /** Latest stored rates into the account's currency. */
  readonly rates: RateTable;
}

export interface AccountView extends Prices {
  readonly book: Book;
}

export async function loadAccount(
  { database, baseCurrency }: Pick<Dependencies, 'database' | 'baseCurrency'>,
  account: AccountId,
): Promise<AccountView> {
  const book = await new StoredBook(database, baseCurrency).book(account);
  return { book, ...(await loadPrices({ database, baseCurrency }, [...book.holdings.keys()])) };
}

export async function loadPrices(
  { database, baseCurrency }: Pick<Dependencies, 'database' | 'baseCurrency'>,
  isins: readonly Isin[],
): Promise<Prices> {
  const market = new StoredMarket(database);
  const quotes = await market.quotes(isins);
  const currencies = [...quotes.values()].map((quote) => quote.price.currency);
  return { quotes, rates: await market.rates(baseCurrency, currencies) };
}

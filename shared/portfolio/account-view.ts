/** The book with the prices and rates that value it, read as one snapshot. */
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { RateTable } from '#shared/kernel/exchange-rate.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import type { Book } from './model/book.ts';
import { costWarnings, withQuotesAtCost, type HeldQuote } from './model/cost-quotes.ts';
import { foreignCurrencies, uncountedCash } from './model/foreign-cash.ts';
import { StoredBook } from './stored-book.ts';
import { oldRates } from './used-rates.ts';

export interface Prices {
  /** Latest stored prices; a holding without one at what it cost, another security is left out. */
  readonly quotes: ReadonlyMap<Isin, HeldQuote>;
  /** Latest stored rates into the account's currency. */
  readonly rates: RateTable;
}

export interface AccountView extends Prices {
  readonly book: Book;
}

type Around = Pick<Dependencies, 'database' | 'baseCurrency' | 'broker'>;

export async function loadAccount(around: Around, account: AccountId): Promise<AccountView> {
  const { database, baseCurrency } = around;
  const book = await new StoredBook(database, baseCurrency).book(account);
  return { book, ...(await loadPrices(around, [...book.holdings.keys()], book)) };
}

/** Whether the shares of the book have an action in them: it was booked, or they came after it. */
function countsIn({ booked, holdings }: Book): (action: CorporateAction) => boolean | undefined {
  return ({ actionId, isin, day }) => {
    const lots = holdings.get(isin)?.lots ?? [];
    if (lots.length === 0) return undefined;
    return booked.has(`action-${actionId}`) || lots.every((lot) => dayOf(lot.acquiredAt) >= day);
  };
}

/** @param book that the prices are to value */
export async function loadPrices(
  { database, baseCurrency, broker }: Around,
  isins: readonly Isin[],
  book: Book,
): Promise<Prices> {
  const market = new StoredMarket(database.reading());
  // A real broker applies a split at its own time; its statement is then as of that day.
  const quotes = await market.quotes(isins, broker.funding && countsIn(book));
  const currencies = [...quotes.values()].map((quote) => quote.price.currency);
  return {
    quotes: withQuotesAtCost(quotes, book, isins),
    rates: await market.rates(baseCurrency, [
      ...[...currencies, ...foreignCurrencies(book)],
      baseCurrency,
    ]),
  };
}

/** What a reader of an answer has to know of its values: old or missing rates, and holdings without a price. */
export function valueWarnings({ book, quotes, rates }: AccountView, today: CalendarDay): string[] {
  return [
    ...oldRates(rates.values(), today),
    ...costWarnings(book, quotes),
    ...uncountedCash(book, rates),
  ];
}

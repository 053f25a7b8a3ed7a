/** What a share of a holding counts at where nobody prices it: what it cost. */
import { dayOf } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import type { Quote } from '#shared/universe/model/market-view.ts';
import type { Book } from './book.ts';
import { costOf, quantityOf } from './booking.ts';

/** In the account's currency where it is what the shares cost. */
export type HeldQuote = Quote & { readonly isAtCost?: boolean };

/**
 * Quotes, and where one is missing of what the book holds, the mean cost of a share, of the day of the last booking.
 * @param isins whose quotes are wanted
 */
export function withQuotesAtCost(
  quotes: ReadonlyMap<Isin, Quote>,
  book: Book,
  isins: readonly Isin[],
): ReadonlyMap<Isin, HeldQuote> {
  const missing = isins.filter((isin) => !quotes.has(isin));
  const atCost = missing.flatMap((isin): [Isin, HeldQuote][] => {
    const holding = book.holdings.get(isin);
    const last = holding?.lots.at(-1);
    if (!holding || !last) return [];
    const cost = costOf(holding, book.currency).amount;
    const each = cost.divide(quantityOf(holding), PRICE_DECIMALS_MAX, 'half-even');
    const price = new Price(each, book.currency);
    return [[isin, { isin, price, day: dayOf(last.acquiredAt), isAtCost: true }]];
  });
  return atCost.length === 0 ? quotes : new Map([...atCost, ...quotes]);
}

/** A sentence for each holding that is valued at what it cost, by symbol. */
export function costWarnings({ holdings }: Book, quotes: ReadonlyMap<Isin, HeldQuote>): string[] {
  return [...holdings.values()]
    .filter(({ isin, lots }) => lots.length > 0 && quotes.get(isin)?.isAtCost)
    .map(({ symbol, isin }) => `${symbol || isin} has no price; it counts at what it cost.`)
    .sort();
}

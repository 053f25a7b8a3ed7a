/** Loads the holdings that nobody prices: a plan keeps them and trades around them. */
import { requireRate, unitRate } from '#shared/kernel/exchange-rate.ts';
import { loadPrices } from '#shared/portfolio/account-view.ts';
import type { Book } from '#shared/portfolio/model/book.ts';
import { quantityHeld } from '#shared/portfolio/model/booking.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { UnpricedSecurity } from '#shared/universe/model/market-view.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import type { KeptHolding } from './model/kept-holding.ts';

/**
 * Each at its last stored price, else at what it cost.
 * @throws Failure REFUSED exchange-rate-missing for a stored price that cannot be converted
 */
export async function keptHoldings(
  dependencies: Dependencies,
  book: Book,
  unpriced: readonly UnpricedSecurity[],
): Promise<readonly KeptHolding[]> {
  const held = unpriced.filter(({ isin }) => quantityHeld(book, isin).sign > 0);
  if (held.length === 0) return [];
  const isins = held.map(({ isin }) => isin);
  const { quotes, rates } = await loadPrices(dependencies, isins, book);
  const securities = await new StoredMarket(dependencies.database).securities();
  const known = new Map(securities.map((security) => [security.isin, security]));
  return held.flatMap((one): KeptHolding[] => {
    const quote = quotes.get(one.isin);
    if (!quote) return [];
    const rate = quote.isAtCost
      ? unitRate(book.currency, quote.day)
      : requireRate(rates, quote.price.currency);
    return [{ ...one, security: known.get(one.isin), quote, rate }];
  });
}

/** Weights of the holdings, by value in the base currency. */
import { refused } from '#shared/kernel/failure.ts';
import { requireRate } from '#shared/kernel/exchange-rate.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Book } from '#shared/portfolio/model/book.ts';
import { quantityOf } from '#shared/portfolio/model/booking.ts';
import type { MarketView, Quote } from '#shared/universe/model/market-view.ts';
import type { HoldingWeights } from './portfolio-metrics.ts';

/** What the book holds: securities with shares above 0. */
export function heldQuantities(book: Book): Map<Isin, Quantity> {
  const quantities = [...book.holdings].map(([isin, one]) => [isin, quantityOf(one)] as const);
  return new Map(quantities.filter(([, quantity]) => quantity.sign > 0));
}

export function equalHoldingWeights(isins: readonly Isin[]): HoldingWeights {
  const unique = new Set(isins);
  return new Map([...unique].map((isin) => [isin, 1 / unique.size]));
}

/**
 * Weights are estimates, not exact amounts.
 * @param kept last known prices of holdings that the view has none of
 * @throws Failure REFUSED price-missing, exchange-rate-missing: without one value no share is known
 */
export function valueWeights(
  quantities: ReadonlyMap<Isin, Quantity>,
  view: MarketView,
  kept: ReadonlyMap<Isin, Quote> = new Map(),
): HoldingWeights {
  const values = [...quantities].map(([isin, quantity]): [Isin, number] => {
    const quote = view.quotes.get(isin) ?? kept.get(isin);
    if (!quote)
      throw refused('price-missing', `There is no price for the holding ${isin}.`, { isin });
    const rate = requireRate(view.rates, quote.price.currency).rate;
    return [isin, quantity.toEstimate() * quote.price.toEstimate() * rate.toEstimate()];
  });
  const total = values.reduce((sum, [, value]) => sum + value, 0);
  return new Map(values.map(([isin, value]) => [isin, value / total]));
}

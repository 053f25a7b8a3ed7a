/** The hypothetical book of a what-if request. */
import { parseDay, startOf } from '#shared/kernel/calendar-day.ts';
import { convertWith } from '#shared/kernel/exchange-rate.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { StatedPosition } from '#shared/contract/fields.ts';
import type { Book, Holding } from '#shared/portfolio/model/book.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import type { PlanRequest } from './plan-constraints.ts';

/** Stated holdings count as old enough to be sold. */
const STATED_LONG_AGO = startOf(parseDay('1970-01-01'));

export function isWhatIf({ positions, availableCash }: PlanRequest): boolean {
  return positions.length > 0 || availableCash !== undefined;
}

/** Positions and cash that are not given are those of the booked account. */
export function statedBook(book: Book, request: PlanRequest, view: MarketView): Book {
  const { positions, availableCash } = request;
  const holdings = positions.map((position, i): [Isin, Holding] => [
    position.isin,
    statedHolding(book, position, view, `positions[${i}]`),
  ]);
  if (new Map(holdings).size < holdings.length)
    throw invalidRequest({ field: 'positions', message: 'each security at most once' });
  return {
    ...book,
    cash: availableCash ?? book.cash,
    // Whoever states the cash states all of it.
    foreignCash: availableCash ? [] : book.foreignCash,
    holdings: positions.length > 0 ? new Map(holdings) : book.holdings,
  };
}

/** One lot, bought at the stated average price or, without one, at today's; one that nobody prices needs the former. */
function statedHolding(
  book: Book,
  position: StatedPosition,
  view: MarketView,
  field: string,
): Holding {
  const { isin, quantity, averagePrice } = position;
  const paid = averagePrice ?? view.quotes.get(isin)?.price;
  const security = view.securities.find((one) => one.isin === isin);
  if (!paid)
    throw invalidRequest({
      field: `${field}.isin`,
      message: 'has no price in the universe, and no averagePrice is stated',
    });
  if (security && averagePrice && averagePrice.currency !== security.currency)
    throw invalidRequest({
      field: `${field}.averagePrice`,
      message: `is in the security's currency, ${security.currency}`,
    });
  const cost = convertWith(paid.times(quantity, 'half-even'), view.rates, 'half-even');
  const lot = { lotId: 'stated', quantity, unitCost: paid, cost, acquiredAt: STATED_LONG_AGO };
  return {
    ...{ isin, symbol: security?.symbol ?? position.symbol, realized: Money.zero(book.currency) },
    lots: quantity.sign > 0 ? [lot] : [],
  };
}

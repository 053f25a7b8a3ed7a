/** A holding that the market view has no price of: kept, counted at its last known value, not traded. */
import { Decimal } from '#shared/kernel/decimal.ts';
import type { ExchangeRate } from '#shared/kernel/exchange-rate.ts';
import type { Book } from '#shared/portfolio/model/book.ts';
import { quantityHeld } from '#shared/portfolio/model/booking.ts';
import type { HeldQuote } from '#shared/portfolio/model/cost-quotes.ts';
import type { UnpricedSecurity } from '#shared/universe/model/market-view.ts';
import type { Security } from '#shared/universe/model/security.ts';
import type { Instrument } from './problem.ts';

export interface KeptHolding extends UnpricedSecurity {
  /** Absent where the universe does not have it. */
  readonly security?: Security | undefined;
  /** Its last stored price, else what it cost. */
  readonly quote: HeldQuote;
  /** Of the quote's currency, into the base currency. */
  readonly rate: ExchangeRate;
}

/** It counts in every weight and limit; `keptBecause` keeps it out of the orders. */
export function keptInstrument(kept: KeptHolding, book: Book): Instrument {
  const { isin, security, quote, rate } = kept;
  return {
    isin,
    symbol: security?.symbol ?? book.holdings.get(isin)?.symbol ?? isin,
    exchange: security?.exchange,
    sector: security?.sector,
    country: security?.country,
    currency: security?.currency,
    lot: security?.lot ?? Decimal.one,
    price: quote.price,
    pricedOn: quote.day,
    rate,
    held: quantityHeld(book, isin),
    locked: Decimal.zero,
    target: 0,
    dividends: 0,
    keptBecause: keptBecause(kept),
  };
}

function keptBecause({ reason, quote }: KeptHolding): string {
  const counted = quote.isAtCost
    ? 'at what it cost'
    : `at ${quote.price} a share, its last price, of ${quote.day}`;
  return `${reason}; it is kept, counts ${counted}, and is not traded`;
}

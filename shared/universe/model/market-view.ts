/** One consistent snapshot of the market, on which scores, moments and plans are computed. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { RateTable } from '#shared/kernel/exchange-rate.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { PriceDoubts } from './price-doubt.ts';
import type { CloseSeries, RateSeries } from './price-series.ts';
import type { Security } from './security.ts';

/** The latest stored close. */
export interface Quote {
  readonly isin: Isin;
  readonly price: Price;
  readonly day: CalendarDay;
}

export interface UnpricedSecurity {
  readonly isin: Isin;
  /** Empty for a security that the universe does not have. */
  readonly symbol: string;
  readonly reason: string;
}

export interface MarketView {
  /** The day of the view; nothing later is in it. */
  readonly asOf: CalendarDay;
  readonly base: Currency;
  /** Securities with a stored price and a rate into the base currency, by symbol. */
  readonly securities: readonly Security[];
  /** Securities left out, and why. */
  readonly unpriced: readonly UnpricedSecurity[];
  /** Price doubts; absent where there are none. */
  readonly doubts?: PriceDoubts | undefined;
  /** Closes in shares of today. */
  readonly series: ReadonlyMap<Isin, CloseSeries>;
  readonly quotes: ReadonlyMap<Isin, Quote>;
  /** Latest rates into the base currency. */
  readonly rates: RateTable;
  /** Daily rates into the base currency; none for the base itself. */
  readonly rateSeries: ReadonlyMap<Currency, RateSeries>;
}

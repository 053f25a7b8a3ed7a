/** Read access to the universe for every service: securities, bars, quotes, exchange rates. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { RateTable } from '#shared/kernel/exchange-rate.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { SetAsideBar } from '#shared/kernel/bars/bar-check.ts';
import type { PriceDoubts } from './model/price-doubt.ts';
import type { Quote } from './model/market-view.ts';
import type { CloseSeries, PriceSeries, RateSeries } from './model/price-series.ts';
import type { Security } from './model/security.ts';

export interface MarketReader {
  /** For one decision: what is stored is read once, and the same for all that it is used for. */
  reading(): MarketReader;
  /** All securities, removed ones too, by symbol. */
  securities(): Promise<readonly Security[]>;
  security(isin: Isin): Promise<Security | undefined>;
  /** Those that are there, in the order asked for. */
  securitiesOf(isins: readonly Isin[]): Promise<readonly Security[]>;
  bySymbol(symbol: string): Promise<Security | undefined>;
  /** Bars from a day on, in shares of today (all of them where none is given); empty where there are none. */
  series(isin: Isin, from?: CalendarDay): Promise<PriceSeries>;
  seriesOf(isins: readonly Isin[], from?: CalendarDay): Promise<ReadonlyMap<Isin, PriceSeries>>;
  /** The closes of those bars. */
  closesOf(isins: readonly Isin[], from: CalendarDay): Promise<ReadonlyMap<Isin, CloseSeries>>;
  /** Bars that were set aside, oldest first. */
  setAside(isin: Isin): Promise<readonly SetAsideBar[]>;
  /** The same of the securities that have any. */
  setAsideOf(isins: readonly Isin[]): Promise<ReadonlyMap<Isin, readonly SetAsideBar[]>>;
  /** Price doubts; securities without any are absent. */
  doubts(): Promise<PriceDoubts>;
  /**
   * The latest close; for a holding whose split is not booked yet, per share as held: the close
   * times the split ratio.
   */
  quote(isin: Isin): Promise<Quote | undefined>;
  /** @param counts whether the shares to be valued have an action in them; all that are due where absent */
  quotes(
    isins: readonly Isin[],
    counts?: (action: CorporateAction) => boolean | undefined,
  ): Promise<ReadonlyMap<Isin, Quote>>;
  /** Corporate actions by day. */
  actions(isins: readonly Isin[]): Promise<readonly CorporateAction[]>;
  /**
   * The latest rates into a currency on or before a day (now, where none is given) from each of the
   * currencies asked for; a currency without a stored rate is left out. The currency itself is 1.
   */
  rates(into: Currency, from: Iterable<Currency>, day?: CalendarDay): Promise<RateTable>;
  rateSeries(from: Currency, into: Currency): Promise<RateSeries>;
}

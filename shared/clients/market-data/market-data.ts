/** The interface of every source of market data. */
import type { BarFigures } from '#shared/kernel/bars/packed-bars.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';

/** A security as the source describes it. */
export interface ListedSecurity {
  readonly isin: Isin;
  readonly symbol: string;
  readonly name: string;
  readonly exchange: string;
  readonly currency: Currency;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string | undefined;
  readonly sector?: string | undefined;
  readonly industry?: string | undefined;
  /** `EQUITY`, `ETF`, … */
  readonly securityType: string;
  /** Shares that trade as one unit; a decimal as text. */
  readonly lot: string;
}

/** One day's trading. Prices are in the security's currency. */
export interface DailyBar {
  readonly day: CalendarDay;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Shares; absent where the source has none. */
  readonly volume?: number | undefined;
  /** Close adjusted for splits and dividends; the close where the source has none. */
  readonly adjustedClose: number;
}

/** What is not known is absent, never 0. Ratios are fractions. */
export interface ListedFundamentals {
  readonly asOf: CalendarDay;
  readonly peRatio?: number | undefined;
  readonly pbRatio?: number | undefined;
  readonly dividendYieldRatio?: number | undefined;
  /** In the security's currency. */
  readonly marketCap?: number | undefined;
  readonly profitMarginRatio?: number | undefined;
  readonly returnOnEquityRatio?: number | undefined;
  readonly debtToEquityRatio?: number | undefined;
  readonly revenueGrowthRatio?: number | undefined;
  readonly earningsGrowthRatio?: number | undefined;
  /** 1 strong buy … 5 strong sell. */
  readonly analystRating?: number | undefined;
}

export interface DailyRate {
  readonly day: CalendarDay;
  /** One unit of `from` in units of `to`. */
  readonly rate: number;
}

/** What changes the price of a share without trading; on its ex-day. */
export type MarketEvent =
  | {
      readonly kind: 'split';
      readonly day: CalendarDay;
      /** `newShares` for `oldShares`: 4 and 1, or 1 and 25. */
      readonly newShares: number;
      readonly oldShares: number;
    }
  | {
      readonly kind: 'dividend';
      readonly day: CalendarDay;
      /** Gross, for each share, in the security's currency. */
      readonly amount: number;
    };

/** A difference found by a second source. */
export interface Disagreement {
  readonly day: CalendarDay;
  /** For a person: both sources, and both closes. */
  readonly reason: string;
}

/** Whether an exchange trades at a moment, by the source's own clock. */
export interface MarketSession {
  readonly open: boolean;
  /** The day whose bar is the latest. */
  readonly day: CalendarDay;
  /** Why, for a person. */
  readonly reason: string;
}

/** What files of prices say beside the prices: enough to open the source elsewhere without reading them. */
export interface FileFacts {
  readonly securities: readonly ListedSecurity[];
  readonly benchmark: Isin | undefined;
  readonly doubts: readonly string[];
  /** The last day that has a bar. */
  readonly lastDay: CalendarDay;
  readonly hasRates: boolean;
}

export interface MarketData {
  /** `sample`, `csv`, … */
  readonly name: string;
  /** True when the prices are made up; then nothing real may be traded on them. */
  readonly simulated: boolean;
  /** @throws Failure UNAVAILABLE */
  ping(signal: AbortSignal): Promise<void>;
  /** Takes what has changed in the source since; called before each operation. Absent where nothing can. */
  refresh?(): Promise<void>;
  /** Warnings about data that can be read but is likely wrong, a sentence each. */
  readonly doubts?: readonly string[] | undefined;
  /** True where prices are adjusted or every split is declared: a jump in them is then no suspected split. */
  readonly declaresSplits?: boolean | undefined;
  /** True where a bar that another has followed is answered alike ever after. */
  readonly keepsPast?: boolean | undefined;
  /** Of files that are read as a whole; absent for other sources. May be posted to a thread. */
  readonly fileFacts?: FileFacts | undefined;
  /** Every security of the source, by symbol. */
  listing(signal: AbortSignal): Promise<readonly ListedSecurity[]>;
  /** The benchmark's ISIN, where the source has one. */
  readonly benchmark?: Isin | undefined;
  /** Bars from a day on, oldest first. @throws Failure NOT_FOUND for an unknown security */
  bars(isin: Isin, from: CalendarDay, signal: AbortSignal): Promise<readonly DailyBar[]>;
  /**
   * All bars in columns, oldest first; undefined for a security without bars. Only of sources that have them so. Whoever
   * changes them changes nothing of the source.
   */
  figures?(isin: Isin, signal: AbortSignal): Promise<BarFigures | undefined>;
  /** Where a bar comes from, for a person: `AAA.csv:301`. Sources without files have none. */
  originOf?(isin: Isin, day: CalendarDay): string | undefined;
  /** Dividends and splits from a day on, oldest first; absent where the source has no list of them. */
  events?(isin: Isin, from: CalendarDay, signal: AbortSignal): Promise<readonly MarketEvent[]>;
  /** Absent where there is no second source. @param bars of the first, oldest first */
  disagreement?(
    isin: Isin,
    bars: readonly Pick<DailyBar, 'day' | 'close'>[],
    signal: AbortSignal,
  ): Promise<Disagreement | undefined>;
  /** The source of a security's bars, for a person: `yahoo AAPL`; absent: the source's name. */
  sourceOf?(isin: Isin): string | undefined;
  /** The source of exchange rates; absent: the source's name. */
  readonly ratesSource?: string | undefined;
  /**
   * Corporate actions of a security, future ones that are announced among them. Sources without any
   * leave it out.
   */
  actions?(isin: Isin, signal: AbortSignal): Promise<readonly CorporateAction[]>;
  /** True where there are fundamentals of no security: nobody has to ask. */
  readonly hasNoFundamentals?: boolean | undefined;
  fundamentals(isin: Isin, signal: AbortSignal): Promise<ListedFundamentals | undefined>;
  /** Rates from a day on, oldest first; empty when the source does not know the pair. */
  rates(
    from: Currency,
    to: Currency,
    since: CalendarDay,
    signal: AbortSignal,
  ): Promise<readonly DailyRate[]>;
  /** @throws Failure NOT_FOUND for an exchange it knows nothing about */
  session(exchange: string, now: Instant): MarketSession;
  /**
   * The day the data stands at. The present of a historical source is in the past: ages and "today"
   * are computed from this day, not from the wall clock.
   */
  today(now: Instant): CalendarDay;
}

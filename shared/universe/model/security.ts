/** A security of the universe, with what is known about it. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';

export interface Security {
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
  /** Shares that trade as one unit. */
  readonly lot: Quantity;
  readonly addedAt: Instant;
  /** Set when the security was taken out of the universe; its history stays. */
  readonly removed?: { readonly at: Instant; readonly reason: string } | undefined;
  readonly fundamentals?: Fundamentals | undefined;
}

/** Fundamentals as last fetched. What is not known is absent, never 0. Ratios are fractions. */
export interface Fundamentals {
  readonly asOf: CalendarDay;
  readonly fetchedAt: Instant;
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

export function isTradable(security: Security): boolean {
  return security.removed === undefined;
}

/**
 * Returns of a series and what they come to. Returns are fractions (0.01 is one percent). A missing
 * return (NaN) is skipped in means and counts as 0 where returns are compounded.
 */
import { power } from '#shared/kernel/power.ts';
import { count, mapped, mean, standardDeviation, type Series } from './moments.ts';

/** Trading days of a year, the usual convention. */
export const TRADING_DAYS_A_YEAR = 252;
/** Periods of a year by the length of one. */
export const PERIODS_A_YEAR = {
  daily: 252,
  weekly: 52,
  monthly: 12,
  quarterly: 4,
  yearly: 1,
} as const;
/** The mean length of a year in the Julian calendar. */
export const DAYS_A_YEAR = 365.25;

export interface Annualised {
  /** Periods (returns) that make a year; 252 where absent, as for daily returns. */
  readonly periodsPerYear?: number | undefined;
}

/** From each price to the next: one shorter than the prices. */
export function simpleReturns(prices: Series): Float64Array {
  return changes(prices, (before, after) => after / before - 1);
}

/** Logarithms of the growth from each price to the next: one shorter than the prices. */
export function logReturns(prices: Series): Float64Array {
  return changes(prices, (before, after) => Math.log(after / before));
}

/** What 1 grew to after each return; compounded, or with the returns just added. */
export function growth(returns: Series, { compounded = true } = {}): Float64Array {
  let value = 1;
  return mapped(returns, (one) => {
    if (!Number.isNaN(one)) value = compounded ? value * (1 + one) : value + one;
    return value;
  });
}

/** Growth since the start after each return, minus 1. */
export function cumulativeReturns(returns: Series): Float64Array {
  return growth(returns).map((value) => value - 1);
}

/** All returns linked: the growth of the whole period minus 1; 0 of none. */
export function totalReturn(returns: Series): number {
  return (growth(returns).at(-1) ?? 1) - 1;
}

/** Prices brought to a common start: `base` at the first one that is there. */
export function rebased(prices: Series, base = 100): Float64Array {
  const first = Float64Array.from(prices).find((price) => !Number.isNaN(price)) ?? NaN;
  return mapped(prices, (price) => (price / first) * base);
}

/** Compound return of a year: of all returns, missing ones counted as periods too. NaN of none. */
export function annualReturn(
  returns: Series,
  { periodsPerYear = TRADING_DAYS_A_YEAR }: Annualised = {},
): number {
  if (returns.length === 0) return NaN;
  return power(1 + totalReturn(returns), periodsPerYear / returns.length) - 1;
}

/** Compound annual growth rate from one value to another. @param years NaN where not above 0 */
export function compoundGrowth(first: number, last: number, years: number): number {
  return years > 0 ? power(last / first, 1 / years) - 1 : NaN;
}

/** Standard deviation of returns x periods^(1/`stability`); 2 is the square root of time. */
export function annualVolatility(
  returns: Series,
  {
    periodsPerYear = TRADING_DAYS_A_YEAR,
    ddof = 1,
    stability = 2,
  }: Annualised & { readonly ddof?: number; readonly stability?: number } = {},
): number {
  if (count(returns) < 2) return NaN;
  return standardDeviation(returns, { ddof }) * power(periodsPerYear, 1 / stability);
}

/** A return of `days` as one of a year of `yearDays`. */
export function annualised(ratio: number, days: number, yearDays = 365): number {
  return power(1 + ratio, yearDays / days) - 1;
}

/** The return of a period that compounds to a yearly one. */
export function perPeriod(yearly: number, periodsPerYear: number): number {
  return power(1 + yearly, 1 / periodsPerYear) - 1;
}

/** Returns less a rate for each period, or less another series of the same periods. */
export function excessReturns(returns: Series, over: number | Series): Float64Array {
  return mapped(returns, (one, i) => one - (typeof over === 'number' ? over : (over[i] ?? NaN)));
}

/** Mean of returns times the periods of a year: arithmetic, not compounded. */
export function arithmeticAnnualReturn(
  returns: Series,
  { periodsPerYear = TRADING_DAYS_A_YEAR }: Annualised = {},
): number {
  return mean(returns) * periodsPerYear;
}

function changes(prices: Series, from: (before: number, after: number) => number): Float64Array {
  const returns = new Float64Array(Math.max(0, prices.length - 1));
  for (let i = 0; i < returns.length; i += 1)
    returns[i] = from(prices[i] ?? NaN, prices[i + 1] ?? NaN);
  return returns;
}

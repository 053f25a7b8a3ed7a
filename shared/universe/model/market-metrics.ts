/** Figures drawn from a security's bars. What too few bars tell is absent, never 0. */
import { addDays, dayOfEpoch } from '#shared/kernel/calendar-day.ts';
import { indexAt, type PriceSeries } from './price-series.ts';

const TRADING_DAYS = 252;
/** About a quarter. */
const VOLUME_DAYS = 63;
const RETURNS_MIN = 20;
const BETA_RETURNS_MIN = 60;
const YEAR_DAYS = 364;

export interface BarMetrics {
  /** Covariance with the benchmark's daily returns over the benchmark's variance, one year. */
  readonly beta?: number | undefined;
  /** Standard deviation of a year's daily returns, times √252; a fraction. */
  readonly volatilityRatio?: number | undefined;
  /** Mean of the last 63 days' shares. */
  readonly averageVolume?: number | undefined;
  /** Closes of the last two bars. */
  readonly lastCloses?: readonly [previous: number, last: number] | undefined;
  /** Over the 52 weeks that end with the last bar. */
  readonly range?: { readonly high: number; readonly low: number } | undefined;
}

/** @param benchmark undefined where the source has none */
export function barMetrics(series: PriceSeries, benchmark: PriceSeries | undefined): BarMetrics {
  const { close } = series;
  const [previous, last] = [close.at(-2), close.at(-1)];
  return {
    beta: benchmark && beta(series, benchmark),
    volatilityRatio: volatility(series),
    averageVolume: averageVolume(series),
    lastCloses: previous === undefined || last === undefined ? undefined : [previous, last],
    range: yearRange(series),
  };
}

function volatility({ adjustedClose }: PriceSeries): number | undefined {
  const returns = returnsOf(adjustedClose.slice(-TRADING_DAYS - 1));
  if (returns.length < RETURNS_MIN) return undefined;
  return Math.sqrt(covariance(returns, returns) * TRADING_DAYS);
}

/** On the days that both have. */
function beta(series: PriceSeries, benchmark: PriceSeries): number | undefined {
  const own: number[] = [];
  const others: number[] = [];
  let j = 0;
  series.days.forEach((day, i) => {
    while (j < benchmark.days.length && (benchmark.days[j] ?? 0) < day) j += 1;
    if (benchmark.days[j] !== day) return;
    own.push(series.adjustedClose[i] ?? Number.NaN);
    others.push(benchmark.adjustedClose[j] ?? Number.NaN);
  });
  const market = returnsOf(others.slice(-TRADING_DAYS - 1));
  if (market.length < BETA_RETURNS_MIN) return undefined;
  const variance = covariance(market, market);
  return variance > 0
    ? covariance(returnsOf(own.slice(-TRADING_DAYS - 1)), market) / variance
    : undefined;
}

function averageVolume({ volume }: PriceSeries): number | undefined {
  const known = volume.slice(-VOLUME_DAYS).filter((shares) => !Number.isNaN(shares));
  return known.length === 0 ? undefined : mean(known);
}

function yearRange(series: PriceSeries): BarMetrics['range'] {
  const last = series.days.at(-1);
  if (last === undefined) return undefined;
  const first = indexAt(series.days, addDays(dayOfEpoch(last), -YEAR_DAYS - 1)) + 1;
  return {
    high: Math.max(...series.high.subarray(first)),
    low: Math.min(...series.low.subarray(first)),
  };
}

function returnsOf(closes: ArrayLike<number>): number[] {
  return Array.from({ length: Math.max(0, closes.length - 1) }, (_, i) => {
    return (closes[i + 1] ?? Number.NaN) / (closes[i] ?? Number.NaN) - 1;
  });
}

/** Sample covariance, with n - 1. */
function covariance(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const sum = a.reduce((total, value, i) => total + (value - meanA) * ((b[i] ?? 0) - meanB), 0);
  return sum / (a.length - 1);
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

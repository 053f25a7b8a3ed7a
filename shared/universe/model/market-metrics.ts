/** Figures computed from a security's bars. Absent, never 0, where there are too few bars. */
import { addDays, dayOfEpoch } from '#shared/kernel/calendar-day.ts';
import { beta } from '#shared/quant/measures/benchmark.ts';
import { mean } from '#shared/quant/measures/moments.ts';
import {
  TRADING_DAYS_A_YEAR,
  annualVolatility,
  simpleReturns,
} from '#shared/quant/measures/returns.ts';
import { indexAt, type PriceSeries } from './price-series.ts';

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
    beta: benchmark && betaOf(series, benchmark),
    volatilityRatio: volatility(series),
    averageVolume: averageVolume(series),
    lastCloses: previous === undefined || last === undefined ? undefined : [previous, last],
    range: yearRange(series),
  };
}

function volatility({ adjustedClose }: PriceSeries): number | undefined {
  const returns = simpleReturns(adjustedClose.subarray(-TRADING_DAYS_A_YEAR - 1));
  return returns.length < RETURNS_MIN ? undefined : annualVolatility(returns);
}

/** On the days that both have. */
function betaOf(series: PriceSeries, benchmark: PriceSeries): number | undefined {
  const own: number[] = [];
  const others: number[] = [];
  let j = 0;
  series.days.forEach((day, i) => {
    while (j < benchmark.days.length && (benchmark.days[j] ?? 0) < day) j += 1;
    if (benchmark.days[j] !== day) return;
    own.push(series.adjustedClose[i] ?? Number.NaN);
    others.push(benchmark.adjustedClose[j] ?? Number.NaN);
  });
  const year = -TRADING_DAYS_A_YEAR - 1;
  const market = simpleReturns(others.slice(year));
  if (market.length < BETA_RETURNS_MIN) return undefined;
  const slope = beta(simpleReturns(own.slice(year)), market);
  return Number.isNaN(slope) ? undefined : slope;
}

function averageVolume({ volume }: PriceSeries): number | undefined {
  const shares = mean(volume.subarray(-VOLUME_DAYS));
  return Number.isNaN(shares) ? undefined : shares;
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

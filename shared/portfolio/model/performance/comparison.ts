/** An account's daily returns beside those of a benchmark, in the base currency. */
import type { Isin } from '#shared/kernel/isin.ts';
import {
  alpha,
  battingAverage,
  beta,
  informationRatio,
  marketCapture,
  trackingError,
} from '#shared/quant/measures/benchmark.ts';
import { correlation, paired } from '#shared/quant/measures/moments.ts';
import { totalReturn } from '#shared/quant/measures/returns.ts';
import { dayReturn, type Window } from './performance.ts';
import { RATIO_RETURNS_MIN } from './risk-figures.ts';
import { priceOn, type DailyPrices } from '../value-history.ts';

export interface Comparison {
  /** Of the benchmark, over the days that both have. */
  readonly totalRatio: number;
  /** Absent with fewer than 20 days, or where the benchmark does not move. */
  readonly beta?: number | undefined;
  readonly alphaRatio?: number | undefined;
  readonly correlation?: number | undefined;
  readonly trackingErrorRatio?: number | undefined;
  readonly informationRatio?: number | undefined;
  readonly upCapture?: number | undefined;
  readonly downCapture?: number | undefined;
  readonly battingAverageRatio?: number | undefined;
}

/**
 * @param market with the benchmark's prices; its adjusted closes are read, so that its dividends count
 * @returns undefined where the benchmark has no price on two of the days
 */
export function compareWith(
  benchmark: Isin,
  { before, days }: Window,
  market: DailyPrices,
): Comparison | undefined {
  const own: number[] = [];
  const others: number[] = [];
  days.forEach((day, i) => {
    const previous = i === 0 ? before : days[i - 1];
    const from = previous && priceOn(market, benchmark, previous.day, 'adjustedClose');
    const to = priceOn(market, benchmark, day.day, 'adjustedClose');
    own.push(dayReturn(previous, day));
    others.push(from === undefined || to === undefined ? NaN : to / from - 1);
  });
  const [returns, moves] = paired(own, others);
  if (returns.length === 0) return undefined;
  return { totalRatio: totalReturn(moves), ...figuresOf(returns, moves) };
}

function figuresOf(returns: Float64Array, market: Float64Array): Partial<Comparison> {
  if (returns.length < RATIO_RETURNS_MIN) return {};
  return {
    beta: known(beta(returns, market)),
    alphaRatio: known(alpha(returns, market)),
    correlation: known(correlation(returns, market)),
    trackingErrorRatio: known(trackingError(returns, market)),
    informationRatio: known(informationRatio(returns, market)),
    upCapture: known(marketCapture(returns, market, 'up')),
    downCapture: known(marketCapture(returns, market, 'down')),
    battingAverageRatio: known(battingAverage(returns, market).all),
  };
}

function known(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

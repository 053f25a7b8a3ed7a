/** Values of the common indicators at the last bar. */
import type { PriceSeries } from './price-series.ts';
import { bollinger, percentB } from '#shared/quant/indicators/bands.ts';
import { macd, rateOfChange, rsi } from '#shared/quant/indicators/momentum.ts';
import { ema, sma } from '#shared/quant/indicators/moving-averages.ts';
import { normalisedTrueRange } from '#shared/quant/indicators/ranges.ts';

/**
 * Undefined where there are too few bars. Prices are adjusted closes in the security's currency.
 */
export interface LatestIndicators {
  readonly sma50?: number | undefined;
  readonly sma200?: number | undefined;
  readonly ema20?: number | undefined;
  /** 0 to 100. */
  readonly rsi14?: number | undefined;
  readonly macd?: number | undefined;
  readonly macdSignal?: number | undefined;
  /** Average true range of the bars as traded, in percent of the close. */
  readonly atrPct14?: number | undefined;
  /** 0 on the lower Bollinger band of 20 days, 1 on the upper. */
  readonly bollingerPosition?: number | undefined;
  /** Changes over 20 and 252 bars, fractions. */
  readonly changeRatio20?: number | undefined;
  readonly changeRatio252?: number | undefined;
}

/** Wilder's smoothing has forgotten its seed by then, to far below any digit shown. */
const BARS_ENOUGH = 1_000;

export function latestIndicators(series: PriceSeries): LatestIndicators {
  const closes = series.adjustedClose.subarray(-BARS_ENOUGH);
  const bars = {
    high: series.high.subarray(-BARS_ENOUGH),
    low: series.low.subarray(-BARS_ENOUGH),
    close: series.close.subarray(-BARS_ENOUGH),
  };
  const { line, signal } = macd(closes);
  return {
    sma50: last(sma(closes, 50)),
    sma200: last(sma(closes, 200)),
    ema20: last(ema(closes, 20)),
    rsi14: last(rsi(closes, 14)),
    macd: last(line),
    macdSignal: last(signal),
    atrPct14: last(normalisedTrueRange(bars, 14)),
    bollingerPosition: last(percentB(closes, bollinger(closes))),
    changeRatio20: last(rateOfChange(closes, 20)),
    changeRatio252: last(rateOfChange(closes, 252)),
  };
}

function last(values: Float64Array): number | undefined {
  const value = values.at(-1);
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

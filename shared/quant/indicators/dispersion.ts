/** How widely the last values scatter. */
import { TRADING_DAYS_A_YEAR } from '#shared/quant/measures/returns.ts';
import type { HighLow } from './bars.ts';
import { rateOfChange } from './momentum.ts';
import { ema, sma, type EmaOptions } from './moving-averages.ts';
import { changes, combined, highest, rollingSums, rollingVariances } from './windows.ts';

/** @param ddof 0 (default) describes the window, 1 estimates from a sample */
export function rollingVariance(values: Float64Array, periods: number, ddof = 0): Float64Array {
  return rollingVariances(values, periods, ddof);
}

export function rollingDeviation(values: Float64Array, periods: number, ddof = 0): Float64Array {
  return rollingVariances(values, periods, ddof).map(Math.sqrt);
}

/** Deviation over the root of the periods: the error of the window's mean. */
export function standardError(values: Float64Array, periods: number): Float64Array {
  return rollingDeviation(values, periods).map((deviation) => deviation / Math.sqrt(periods));
}

/** Deviations of a value from its window's mean. */
export function zScore(values: Float64Array, periods: number): Float64Array {
  return combined(
    (value, mean, deviation) => (value - mean) / deviation,
    values,
    sma(values, periods),
    rollingDeviation(values, periods),
  );
}

/** Deviation of the last simple returns of a day, a year's worth: a fraction. */
export function historicalVolatility(
  values: Float64Array,
  periods: number,
  { periodsPerYear = TRADING_DAYS_A_YEAR, ddof = 0 } = {},
): Float64Array {
  const deviations = rollingDeviation(rateOfChange(values, 1), periods, ddof);
  return deviations.map((deviation) => deviation * Math.sqrt(periodsPerYear));
}

/** Chaikin's volatility: percent by which the smoothed range grew over the window. */
export function chaikinVolatility(
  { high, low }: HighLow,
  periods: number,
  options: EmaOptions = { seed: 'first' },
): Float64Array {
  const ranges = combined((top, bottom) => top - bottom, high, low);
  return rateOfChange(ema(ranges, periods, options), periods).map((ratio) => 100 * ratio);
}

/**
 * Ulcer index (Martin 1987) of the last window, percent: root mean square of the falls below the
 * highest value so far in the window, or (`rolling`) in the window that ends with each value, which
 * grows at first.
 */
export function rollingUlcer(
  values: Float64Array,
  periods: number,
  peak: 'window' | 'rolling' = 'window',
): Float64Array {
  if (peak === 'rolling') {
    let top = -Infinity;
    const tops = highest(values, periods).map((most, i) => {
      top = Math.max(top, values[i] ?? NaN);
      return Number.isNaN(most) ? top : most;
    });
    const falls = combined((value, most) => (100 * (value - most)) / most, values, tops);
    return sma(
      falls.map((fall) => fall ** 2),
      periods,
    ).map(Math.sqrt);
  }
  return values.map((_, i) => {
    if (i < periods - 1) return NaN;
    let [top, sum] = [-Infinity, 0];
    for (const value of values.subarray(i - periods + 1, i + 1)) {
      top = Math.max(top, value);
      sum += ((100 * (value - top)) / top) ** 2;
    }
    return Math.sqrt(sum / periods);
  });
}

/** Vertical horizontal filter (White 1991): range of the window over the sum of its changes. */
export function verticalHorizontal(values: Float64Array, periods: number): Float64Array {
  const top = highest(values, periods);
  const bottom = highest(
    values.map((value) => -value),
    periods,
  );
  const path = rollingSums(changes(values).map(Math.abs), periods);
  return combined((most, least, sum) => (most + least) / sum, top, bottom, path);
}

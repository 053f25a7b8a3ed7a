/** The straight line of least squares through the last values. */
import { valueAt, combined, firstKnown, lagged, rollingSums, rollingVariances } from './windows.ts';
import { wma } from './moving-averages.ts';

export interface Regression {
  /** Change per period. */
  readonly slope: Float64Array;
  /** Of the line at the window's first value. */
  readonly intercept: Float64Array;
  /** Of the line at the window's last value: also called end point moving average. */
  readonly end: Float64Array;
  /** One period ahead: the time series forecast. */
  readonly forecast: Float64Array;
  readonly rSquared: Float64Array;
}

export function regression(values: Float64Array, periods: number): Regression {
  const n = periods;
  const means = rollingSums(values, n).map((sum) => sum / n);
  const variances = rollingVariances(values, n);
  // Weights 1..n give the sum of place x value, and with it the covariance of value and place.
  const slope = combined(
    (weighted, mean) => (6 * (weighted - mean)) / (n - 1),
    wma(values, n),
    means,
  );
  const from = (places: number): Float64Array =>
    combined((mean, b) => mean + b * places, means, slope);
  const spread = (n ** 2 - 1) / 12;
  return {
    slope,
    intercept: from(-(n - 1) / 2),
    end: from((n - 1) / 2),
    forecast: from((n + 1) / 2),
    rSquared: combined((b, variance) => (b ** 2 * spread) / variance, slope, variances),
  };
}

/** Percent by which a value lies off its forecast of the period before (Chande). */
export function forecastOscillator(values: Float64Array, periods: number): Float64Array {
  const forecast = lagged(regression(values, periods).forecast, 1);
  return combined((value, expected) => (100 * (value - expected)) / value, values, forecast);
}

/** Line of the last window through all of it: the value at each of its bars, NaN before. */
export function lastLine(values: Float64Array, periods: number): Float64Array {
  const { slope, intercept } = regression(values, periods);
  const last = values.length - 1;
  const start = Math.max(firstKnown(values), values.length - periods);
  return values.map((_, i) =>
    i < start ? NaN : valueAt(intercept, last) + valueAt(slope, last) * (i - last + periods - 1),
  );
}

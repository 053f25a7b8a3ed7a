/** How two series of the same days moved together in the last window. */
import { rateOfChange } from './momentum.ts';
import { combined, rollingVariances } from './windows.ts';

/** From the variance of the sum, which is numerically as good as the variances are. */
export function rollingCovariance(a: Float64Array, b: Float64Array, periods: number): Float64Array {
  const both = rollingVariances(
    combined((x, y) => x + y, a, b),
    periods,
  );
  return combined(
    (sum, own, other) => (sum - own - other) / 2,
    both,
    rollingVariances(a, periods),
    rollingVariances(b, periods),
  );
}

/** Pearson's correlation of the window. */
export function rollingCorrelation(
  a: Float64Array,
  b: Float64Array,
  periods: number,
): Float64Array {
  return combined(
    (shared, own, other) => shared / Math.sqrt(own * other),
    rollingCovariance(a, b, periods),
    rollingVariances(a, periods),
    rollingVariances(b, periods),
  );
}

/** Covariance of returns with the market's over the market's variance. Prices in, returns inside. */
export function rollingBeta(
  prices: Float64Array,
  market: Float64Array,
  periods: number,
): Float64Array {
  const [own, other] = [rateOfChange(prices, 1), rateOfChange(market, 1)];
  const shared = rollingCovariance(own, other, periods);
  return combined((both, variance) => both / variance, shared, rollingVariances(other, periods));
}

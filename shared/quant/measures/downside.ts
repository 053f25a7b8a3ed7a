/** Measures of the bad side of returns. Losses are positive, in the unit of the returns. */
import { power } from '#shared/kernel/power.ts';
import {
  besselFactor,
  count,
  extent,
  mapped,
  mean,
  withoutMissing,
  type Series,
  type Spread,
  type Weighted,
} from './moments.ts';
import { quantile, sorted } from './quantile.ts';
import { TRADING_DAYS_A_YEAR, excessReturns, type Annualised } from './returns.ts';

/** What a return is held against; the mean of the returns where absent. */
export interface DownsideTarget extends Weighted {
  readonly target?: number | undefined;
}

/**
 * Root of the mean square of what falls short of a required return, over all observations, x the
 * root of the periods of a year (Sortino & van der Meer 1991).
 *
 * @param options.required return of each period, or one for each of them; 0 where absent
 */
export function downsideDeviation(
  returns: Series,
  {
    required = 0,
    periodsPerYear = TRADING_DAYS_A_YEAR,
  }: Annualised & { readonly required?: number | Series | undefined } = {},
): number {
  const shortfalls = mapped(excessReturns(returns, required), (one) => shortfall(one, 0) ** 2);
  return Math.sqrt(mean(shortfalls)) * Math.sqrt(periodsPerYear);
}

/** Mean of shortfall^order below the target. */
export function lowerPartialMoment(
  returns: Series,
  order: number,
  { target, weights }: DownsideTarget = {},
): number {
  const level = target ?? mean(returns, { weights });
  return mean(
    mapped(returns, (one) => power(shortfall(one, level), order)),
    { weights },
  );
}

/** Mean square of the shortfalls, over all observations less `ddof` (1 where absent). */
export function semiVariance(
  returns: Series,
  { ddof = 1, target, weights }: Spread & DownsideTarget = {},
): number {
  return lowerPartialMoment(returns, 2, { target, weights }) * besselFactor(returns, ddof, weights);
}

export function semiDeviation(returns: Series, options: Spread & DownsideTarget = {}): number {
  return Math.sqrt(semiVariance(returns, options));
}

/** Mean distance from the target. */
export function meanAbsoluteDeviation(
  returns: Series,
  { target, weights }: DownsideTarget = {},
): number {
  const level = target ?? mean(returns, { weights });
  return mean(
    mapped(returns, (one) => Math.abs(one - level)),
    { weights },
  );
}

/** Mean distance between two observations drawn without replacement (Yitzhaki 1982). */
export function giniMeanDifference(returns: Series): number {
  const ranked = sorted(returns);
  const n = ranked.length;
  if (n < 2) return NaN;
  let total = 0;
  ranked.forEach((value, i) => (total += (4 * (i + 1) - 2 * (n + 1)) * value));
  return total / (n * (n - 1));
}

/** The largest loss; negative where nothing was lost. */
export function worstRealisation(returns: Series): number {
  return -extent(returns).least;
}

/** 95th percentile over 5th, both without their signs: above 1 the good tail is the longer one. */
export function tailRatio(returns: Series): number {
  return Math.abs(quantile(returns, 0.95)) / Math.abs(quantile(returns, 0.05));
}

/** R² of a line through the logarithms of growth: 1 grows as steadily as interest. */
export function stability(returns: Series): number {
  const known = withoutMissing(returns);
  if (known.length < 2) return NaN;
  let total = 0;
  const path = known.map((one) => (total += Math.log1p(one)));
  const [center, middle] = [mean(path), (known.length - 1) / 2];
  let [xy, xx, yy] = [0, 0, 0];
  path.forEach((value, i) => {
    xy += (i - middle) * (value - center);
    xx += (i - middle) ** 2;
    yy += (value - center) ** 2;
  });
  return xy ** 2 / (xx * yy);
}

/** Share of returns above 0. */
export function winRatio(returns: Series): number {
  const known = count(returns);
  return known === 0 ? NaN : withoutMissing(returns).filter((one) => one > 0).length / known;
}

function shortfall(value: number, level: number): number {
  const missing = level - value;
  return missing > 0 ? missing : missing * 0;
}

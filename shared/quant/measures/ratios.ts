/**
 * Reward over risk. All are annualised by `periodsPerYear` (252 where absent; 1 leaves them per
 * period), and NaN or infinite where there is no risk to divide by.
 */
import { depthsOfReturns, maximumDrawdown, ulcerIndex } from './drawdowns.ts';
import { downsideDeviation, lowerPartialMoment } from './downside.ts';
import { count, mapped, mean, standardDeviation, sumOfKnown, type Series } from './moments.ts';
import {
  TRADING_DAYS_A_YEAR,
  annualReturn,
  excessReturns,
  perPeriod,
  type Annualised,
} from './returns.ts';

/** A rate for each period, or one for each of them; 0 where absent. */
type Rate = number | Series;

/** Mean over standard deviation of the returns above a risk-free rate (Sharpe 1994). */
export function sharpeRatio(
  returns: Series,
  {
    riskFree = 0,
    periodsPerYear = TRADING_DAYS_A_YEAR,
    ddof = 1,
  }: Annualised & { readonly riskFree?: Rate | undefined; readonly ddof?: number } = {},
): number {
  const excess = excessReturns(returns, riskFree);
  return (mean(excess) / standardDeviation(excess, { ddof })) * Math.sqrt(periodsPerYear);
}

/** Mean above a required return over the downside deviation from it (Sortino & van der Meer 1991). */
export function sortinoRatio(
  returns: Series,
  {
    required = 0,
    periodsPerYear = TRADING_DAYS_A_YEAR,
  }: Annualised & { readonly required?: Rate | undefined } = {},
): number {
  if (count(returns) < 2) return NaN;
  const reward = mean(excessReturns(returns, required)) * periodsPerYear;
  return reward / downsideDeviation(returns, { required, periodsPerYear });
}

/** Compound annual return over the maximum drawdown (Young 1991); NaN without a drawdown. */
export function calmarRatio(returns: Series, options: Annualised = {}): number {
  const depth = maximumDrawdown(depthsOfReturns(returns));
  return depth > 0 ? annualReturn(returns, options) / depth : NaN;
}

/**
 * Sum of what returns are above a threshold over the sum of what they are below it (Keating &
 * Shadwick 2002). The threshold is the risk-free rate of each period plus the yearly required return
 * brought to a period by compounding; NaN where no return is below it.
 */
export function omegaRatio(
  returns: Series,
  {
    riskFree = 0,
    required = 0,
    periodsPerYear = TRADING_DAYS_A_YEAR,
  }: Annualised & { readonly riskFree?: Rate | undefined; readonly required?: number } = {},
): number {
  if (count(returns) < 2 || required <= -1) return NaN;
  const threshold = periodsPerYear === 1 ? required : perPeriod(required, periodsPerYear);
  const over = excessReturns(returns, riskFree).map((one) => one - threshold);
  const above = sumOfKnown(over.map((one) => Math.max(one, 0)));
  const below = -sumOfKnown(over.map((one) => Math.min(one, 0)));
  return below > 0 ? above / below : NaN;
}

/** Mean return above a risk-free rate over the ulcer index (Martin & McCann 1989), per period. */
export function ulcerPerformanceIndex(
  returns: Series,
  { riskFree = 0 }: { readonly riskFree?: Rate | undefined } = {},
): number {
  // The path begins before the first return, and counts as one of its values.
  const path = mapped({ length: returns.length + 1 }, () => 0);
  path.set(depthsOfReturns(returns), 1);
  return mean(excessReturns(returns, riskFree)) / ulcerIndex(path);
}

/** Sum of returns over the sum of losses (Schwager); NaN without a loss. */
export function gainToPainRatio(returns: Series): number {
  const pain = lowerPartialMoment(returns, 1, { target: 0 });
  return pain > 0 ? mean(returns) / pain : NaN;
}

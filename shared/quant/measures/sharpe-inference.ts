/**
 * How far a Sharpe ratio can be trusted. All ratios here are per period, not annualised. The variance
 * of the estimate is that of Mertens (2002) and Opdyke (2007):
 * (1 + (kurtosis - 1)/4 SR² - skewness SR) / (n - 1), with the moments of a sample (G1, G2 + 3).
 */
import { normalCumulative, normalQuantile, studentCumulative } from './distributions.ts';
import { count, extent, kurtosis, skewness, standardDeviation, type Series } from './moments.ts';
import { sharpeRatio } from './ratios.ts';
import { excessReturns } from './returns.ts';

/** Euler–Mascheroni. */
const EULER = 0.5772156649015329;

export interface SharpeEstimate {
  readonly ratio: number;
  readonly standardError: number;
  readonly kurtosis: number;
  readonly observations: number;
}

/** @param excess returns above the risk-free rate, or above a benchmark */
export function sharpeEstimate(excess: Series): SharpeEstimate {
  const ratio = sharpeRatio(excess, { periodsPerYear: 1 });
  const skew = skewness(excess, { estimate: 'sample' });
  const fourth = kurtosis(excess, { estimate: 'sample' });
  const observations = count(excess);
  const variance = (1 + ((fourth - 1) / 4) * ratio ** 2 - skew * ratio) / (observations - 1);
  return { ratio, standardError: Math.sqrt(variance), kurtosis: fourth, observations };
}

/** Less the bias of a small sample (Opdyke 2007, 11b). */
export function biasAdjustedSharpe({ ratio, kurtosis: k, observations }: SharpeEstimate): number {
  return ratio / (1 + (k - 1) / 4 / observations);
}

/** In units of its own standard error (Morey & Vinod 2001). */
export function doubleSharpe({ ratio, standardError }: SharpeEstimate): number {
  return ratio / standardError;
}

/** @param alpha share of samples that lie outside, both sides together */
export function sharpeInterval(
  { ratio, standardError }: SharpeEstimate,
  alpha = 0.05,
): readonly [low: number, high: number] {
  const reach = normalQuantile(1 - alpha / 2) * standardError;
  return [ratio - reach, ratio + reach];
}

/** Probability that the true ratio is above a reference (Bailey & Lopez de Prado 2012). */
export function probabilisticSharpe(
  { ratio, standardError }: SharpeEstimate,
  reference = 0,
): number {
  return normalCumulative((ratio - reference) / standardError);
}

/** Observations that are needed to say with 1 - alpha that the true ratio is above a reference. */
export function minimumTrackRecord(
  { ratio, standardError, observations }: SharpeEstimate,
  { alpha = 0.05, reference = 0 } = {},
): number {
  const variance = standardError ** 2 * (observations - 1);
  return 1 + variance * (normalQuantile(1 - alpha) / (ratio - reference)) ** 2;
}

/** Highest of the ratios of `trials` strategies without skill (Bailey & Lopez de Prado 2014). */
export function expectedMaximumSharpe(trials: number, deviation: number): number {
  if (trials <= 1 || !(deviation > 0)) return trials >= 1 ? 0 : NaN;
  const z = (odds: number): number => normalQuantile(1 - 1 / odds);
  return deviation * ((1 - EULER) * z(trials) + EULER * z(trials * Math.E));
}

/**
 * Probability of skill after the choice of the best among trials (Bailey & Lopez de Prado 2014); NaN
 * for fewer than three returns or constant ones.
 * @param trials ratios of all that was tried, per period
 */
export function deflatedSharpe(excess: Series, trials: Series): number {
  const { least, most } = extent(excess);
  const scale = Math.max(Math.abs(least), Math.abs(most));
  if (count(excess) < 3 || !(most - least > 4 * Number.EPSILON * scale)) return NaN;
  const hurdle = expectedMaximumSharpe(count(trials), standardDeviation(trials));
  return probabilisticSharpe(sharpeEstimate(excess), hurdle);
}

/** Probability that a series beats another, by Student's t of their differences. */
export function probabilityOfOutperformance(returns: Series, other: Series): number {
  const differences = excessReturns(returns, other);
  const observations = count(differences);
  const ratio = sharpeRatio(differences, { periodsPerYear: 1 });
  const t = Number.isNaN(ratio) ? 0 : ratio * Math.sqrt(observations);
  return studentCumulative(t, observations - 1);
}

/**
 * Sharpe ratio that fitted weights can be expected to keep outside their sample (Paulsen & Söhl
 * 2020): ratio - assets / (observations x ratio).
 * @param assets number of assets that weights were fitted for
 */
export function sharpeInformationCriterion(returns: Series, assets: number): number {
  const ratio = sharpeRatio(returns, { periodsPerYear: 1 });
  return ratio - assets / (count(returns) * ratio);
}

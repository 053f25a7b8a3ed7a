/** Figures of daily returns. Absent with too few days, or where the denominator is 0. */
import {
  downsideDeviation,
  stability,
  tailRatio,
  winRatio,
  worstRealisation,
} from '#shared/quant/measures/downside.ts';
import { depthsOfReturns, painIndex, ulcerIndex } from '#shared/quant/measures/drawdowns.ts';
import { extent, kurtosis, skewness, type Series } from '#shared/quant/measures/moments.ts';
import { calmarRatio, omegaRatio, sortinoRatio } from '#shared/quant/measures/ratios.ts';
import { probabilisticSharpe, sharpeEstimate } from '#shared/quant/measures/sharpe-inference.ts';
import {
  conditionalValueAtRisk,
  modifiedValueAtRisk,
  valueAtRisk,
} from '#shared/quant/measures/tail-risk.ts';

/** Returns that a ratio needs, and those that the shape and the tail of a distribution need. */
export const RATIO_RETURNS_MIN = 20;
const TAIL_RETURNS_MIN = 60;

/** Ratios and deviations are yearly (252 days), depths and losses fractions; losses positive. */
const figures = {
  downsideDeviation: [RATIO_RETURNS_MIN, (returns: Series) => downsideDeviation(returns)],
  sortinoRatio: [RATIO_RETURNS_MIN, (returns: Series) => sortinoRatio(returns)],
  calmarRatio: [RATIO_RETURNS_MIN, (returns: Series) => calmarRatio(returns)],
  omegaRatio: [RATIO_RETURNS_MIN, (returns: Series) => omegaRatio(returns)],
  ulcerIndexRatio: [1, (returns: Series) => ulcerIndex(depthsOfReturns(returns))],
  painIndexRatio: [1, (returns: Series) => painIndex(depthsOfReturns(returns))],
  valueAtRiskRatio: [TAIL_RETURNS_MIN, (returns: Series) => valueAtRisk(returns)],
  conditionalValueAtRiskRatio: [
    TAIL_RETURNS_MIN,
    (returns: Series) => conditionalValueAtRisk(returns),
  ],
  modifiedValueAtRiskRatio: [TAIL_RETURNS_MIN, (returns: Series) => modifiedValueAtRisk(returns)],
  skewness: [TAIL_RETURNS_MIN, (returns: Series) => skewness(returns, { estimate: 'sample' })],
  kurtosis: [TAIL_RETURNS_MIN, (returns: Series) => kurtosis(returns, { estimate: 'sample' })],
  tailRatio: [TAIL_RETURNS_MIN, (returns: Series) => tailRatio(returns)],
  stability: [RATIO_RETURNS_MIN, (returns: Series) => stability(returns)],
  bestDayRatio: [1, (returns: Series) => extent(returns).most],
  worstDayRatio: [1, (returns: Series) => -worstRealisation(returns)],
  positiveDaysRatio: [1, (returns: Series) => winRatio(returns)],
  probabilisticSharpeRatio: [
    TAIL_RETURNS_MIN,
    (returns: Series) => probabilisticSharpe(sharpeEstimate(returns)),
  ],
} as const satisfies Record<string, readonly [least: number, measure: (returns: Series) => number]>;

export type RiskFigures = { readonly [K in keyof typeof figures]?: number };

export function riskFigures(returns: Series): RiskFigures {
  const known = Object.entries(figures).flatMap(([name, [least, measure]]) => {
    const value = returns.length < least ? NaN : measure(returns);
    return Number.isFinite(value) ? [[name, value]] : [];
  });
  return Object.fromEntries(known) as RiskFigures;
}

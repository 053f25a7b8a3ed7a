/**
 * Expected returns: an anchor that nobody had to forecast, a shrunk history, and the posterior that
 * puts opinions on the anchor. All figures are in the period of the covariance that is given.
 */
import { TRADING_DAYS_PER_YEAR } from './covariance.ts';
import { at, build, cell, diagonal, dot, plus, scaled, solved, sum, times } from './matrix.ts';
import type { Rows } from './matrix.ts';

/**
 * Returns at which an investor with this risk aversion would hold just these weights:
 * pi = delta S w (Sharpe 1974; Black and Litterman 1992, "Global portfolio optimization").
 */
export function impliedReturns(
  covariance: Rows,
  weights: ArrayLike<number>,
  riskAversion: number,
): Float64Array {
  return scaled(times(covariance, weights), riskAversion);
}

/**
 * Yearly Bayes-Stein mean: history shrunk towards the mean of the minimum-variance portfolio
 * (Jorion, "Bayes-Stein estimation for portfolio analysis", Journal of Financial and Quantitative
 * Analysis 21/3, 1986).
 *
 * @param columns daily returns of each security
 * @param covariance of the same daily returns
 */
export function bayesSteinMean(columns: readonly Float64Array[], covariance: Rows): Float64Array {
  const [n, periods] = [columns.length, columns[0]?.length ?? 0];
  const mean = Float64Array.from(columns, (column) => sum(column) / periods);
  const ones = new Float64Array(n).fill(1);
  const precise = solved(covariance, ones);
  const grand = dot(precise, mean) / sum(precise);
  const gap = plus(mean, ones, -grand);
  const spread = Math.max(0, dot(gap, solved(covariance, gap)));
  const adjusted = (spread * Math.max(1, periods - n - 2)) / Math.max(1, periods - 1);
  const shrink = (n + 2) / (n + 2 + periods * adjusted);
  return mean.map((value) => ((1 - shrink) * value + shrink * grand) * TRADING_DAYS_PER_YEAR);
}

/** An opinion: the combination `picks` of the securities returns `value`. */
export interface View {
  /** One coefficient for each security. */
  readonly picks: Float64Array;
  readonly value: number;
  /** Variance of the opinion's error; above 0. */
  readonly variance: number;
}

export interface Posterior {
  readonly expected: Float64Array;
  /** Covariance of returns with the uncertainty about their mean: S + M. */
  readonly covariance: Rows;
}

/** Uncertainty of the anchor's mean as a share of the covariance (He and Litterman 1999). */
export const TAU = 0.05;

/**
 * mu = pi + tau S P' (P tau S P' + Omega)^-1 (Q - P pi)
 * M = tau S - tau S P' (P tau S P' + Omega)^-1 P tau S
 *
 * Black and Litterman (1992); He and Litterman, "The intuition behind Black-Litterman model
 * portfolios" (1999).
 */
export function blackLitterman(
  prior: Float64Array,
  covariance: Rows,
  views: readonly View[],
  tau = TAU,
): Posterior {
  const n = prior.length;
  // Row k is tau S p_k.
  const reach = views.map(({ picks }) => scaled(times(covariance, picks), tau));
  const middle = build(views.length, (k, l) => {
    const view = views[l];
    const common = view ? dot(reach[k] ?? [], view.picks) : 0;
    return k === l && view ? common + view.variance : common;
  });
  const surprise = Float64Array.from(views, ({ picks, value }) => value - dot(picks, prior));
  const pull = views.length > 0 ? solved(middle, surprise) : surprise;
  const expected = reach.reduce((mean, row, k) => plus(mean, row, at(pull, k)), prior);
  // Column j of the inverse times P tau S.
  const gains = Array.from({ length: n }, (_, j) =>
    views.length > 0
      ? solved(
          middle,
          reach.map((row) => at(row, j)),
        )
      : new Float64Array(0),
  );
  const uncertainty = build(n, (i, j) => {
    let removed = 0;
    reach.forEach((row, k) => (removed += at(row, i) * cell(gains, j, k)));
    return tau * cell(covariance, i, j) - removed;
  });
  const total = build(
    n,
    (i, j) => cell(covariance, i, j) + (cell(uncertainty, i, j) + cell(uncertainty, j, i)) / 2,
  );
  return { expected, covariance: total };
}

/** What a score says about one security. */
export interface ScoreOpinion {
  /** 0 to 1; 0.5 is an average security. */
  readonly total: number;
  /** Share of the score's components for which there was data, 0 to 1. */
  readonly coverage: number;
}

/**
 * Correlation between a forecast and what then happens: 0.05 is good, 0.10 is very good
 * (Grinold and Kahn, "Active portfolio management", 2000, chapter 6).
 */
export const INFORMATION_COEFFICIENT = 0.1;
/** Confidence in a view with all its data; as much as in the anchor. */
export const CONFIDENCE_MAX = 0.5;
const SCORE_EDGE = 0.01;

/** Scores closer together than this say little, and are not spread out to look like more. */
const SPREAD_MIN = 0.1;
const Z_MAX = 2.5;

/**
 * Scores as views, never as multipliers. The scores become normal scores z with mean 0 and standard
 * deviation 1 across the universe, so that views say who is better and not where the market goes;
 * the view is pi_i + IC x volatility_i x z_i (Grinold, "Alpha is volatility times IC times score",
 * Journal of Portfolio Management 20/4, 1994). Its confidence c is CONFIDENCE_MAX x coverage, and
 * its variance (1 - c)/c x tau s_ii (Idzorek 2005), so a security about which little is known stays
 * near the anchor.
 *
 * @param opinions one for each security; undefined where there is no score, hence no view
 * @param covariance yearly
 */
export function scoreViews(
  opinions: readonly (ScoreOpinion | undefined)[],
  prior: Float64Array,
  covariance: Rows,
  tau = TAU,
): View[] {
  const known = opinions.flatMap((opinion, i) =>
    opinion && opinion.coverage > 0 ? [{ i, opinion }] : [],
  );
  const zs = standardised(known.map(({ opinion }) => normalScore(opinion.total)));
  const variances = diagonal(covariance);
  return known.map(({ i, opinion }, k) => {
    const picks = new Float64Array(prior.length);
    picks[i] = 1;
    const alpha = INFORMATION_COEFFICIENT * Math.sqrt(at(variances, i)) * at(zs, k);
    const confidence = CONFIDENCE_MAX * Math.min(1, opinion.coverage);
    return {
      picks,
      value: at(prior, i) + alpha,
      variance: ((1 - confidence) / confidence) * tau * at(variances, i),
    };
  });
}

function standardised(values: readonly number[]): readonly number[] {
  const count = Math.max(1, values.length);
  const mean = sum(values) / count;
  const spread = Math.sqrt(values.reduce((all, value) => all + (value - mean) ** 2, 0) / count);
  return values.map((value) => {
    const z = (value - mean) / Math.max(SPREAD_MIN, spread);
    return Math.min(Z_MAX, Math.max(-Z_MAX, z));
  });
}

function normalScore(score: number): number {
  return normalQuantile(Math.min(1 - SCORE_EDGE, Math.max(SCORE_EDGE, score)));
}

/**
 * Inverse of the standard normal distribution, to 4.5e-4 (Abramowitz and Stegun 26.2.23): finer than
 * any score.
 */
export function normalQuantile(probability: number): number {
  const tail = Math.min(probability, 1 - probability);
  const t = Math.sqrt(-2 * Math.log(tail));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  const below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  const quantile = t - above / below;
  return probability < 0.5 ? -quantile : probability > 0.5 ? quantile : 0;
}

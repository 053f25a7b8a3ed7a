/**
 * Scores as views of a Black-Litterman model, never as multipliers. All figures are in the period of
 * the covariance that is given.
 */
import { normalQuantile } from '#shared/quant/measures/distributions.ts';
import { idzorekVariance, TAU, type View } from '#shared/quant/estimation/black-litterman.ts';
import { at, diagonal, sum, type Rows } from '#shared/quant/linear-algebra/matrix.ts';

/** What a score says about one security. */
export interface ScoreView {
  /** 0 to 1; 0.5 is an average security. */
  readonly total: number;
  /** Share of the score's components for which there was data, 0 to 1. */
  readonly coverage: number;
}

/**
 * Correlation between a forecast and what then happens: 0.05 is good, 0.10 is very good
 * (Grinold and Kahn, "Active portfolio management", 2000, chapter 6).
 */
const INFORMATION_COEFFICIENT = 0.1;
/** Confidence in a view with all its data; as much as in the anchor. */
const CONFIDENCE_MAX = 0.5;
const SCORE_EDGE = 0.01;

/** Below this spread the scores carry little information, and are not rescaled. */
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
 * @param views one for each security; undefined where there is no score, hence no view
 * @param covariance yearly
 */
export function scoreViews(
  views: readonly (ScoreView | undefined)[],
  prior: Float64Array,
  covariance: Rows,
  tau = TAU,
): View[] {
  const known = views.flatMap((view, i) => (view && view.coverage > 0 ? [{ i, view }] : []));
  const zs = standardised(known.map(({ view }) => normalScore(view.total)));
  const variances = diagonal(covariance);
  return known.map(({ i, view }, k) => {
    const picks = new Float64Array(prior.length);
    picks[i] = 1;
    const alpha = INFORMATION_COEFFICIENT * Math.sqrt(at(variances, i)) * at(zs, k);
    const confidence = CONFIDENCE_MAX * Math.min(1, view.coverage);
    return {
      picks,
      value: at(prior, i) + alpha,
      variance: idzorekVariance(covariance, picks, confidence, tau),
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

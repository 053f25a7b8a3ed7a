/** Expected returns and covariance of a set of securities. */
import type { Isin } from '#shared/kernel/isin.ts';
import { scoreUniverse } from '#shared/scoring/model/score-universe.ts';
import { alignPrices } from '#shared/universe/model/aligned-prices.ts';
import { simpleReturns, TRADING_DAYS_A_YEAR } from '#shared/quant/measures/returns.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import {
  blackLitterman,
  impliedReturns,
  posteriorReturns,
  type Posterior,
} from '#shared/quant/estimation/black-litterman.ts';
import { annualisedCovariance } from '#shared/quant/estimation/covariance.ts';
import { repaired } from '#shared/quant/estimation/definiteness.ts';
import { shrunkMeans } from '#shared/quant/estimation/expected-returns.ts';
import { scaled, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { LastComputed, sameBits, sameColumns } from './last-computed.ts';
import { scoreViews, type ScoreView } from './score-views.ts';
import { shrunkCovariance, type ShrinkageTarget } from '#shared/quant/estimation/shrinkage.ts';

export interface Moments {
  /** Order of the rows and columns below. */
  readonly isins: readonly Isin[];
  /** Expected simple return a year, in base currency. */
  readonly expected: Float64Array;
  /** Covariance of returns a year, in base currency; row by row. */
  readonly covariance: readonly Float64Array[];
}

/** Years of bars to load for moments: they are measured on five of trading days. */
export const HISTORY_YEARS = 5.1;

/** Trading days of history that the moments are measured on: five years. */
const HISTORY_DAYS = 1260;

export interface MomentOptions {
  /**
   * Of the account. The anchor is the portfolio this investor would hold without any view, so
   * with average scores the best portfolio is the anchor itself.
   */
  readonly riskAversion: number;
  /** Scores, which become views; `scoreUniverse(view)` where none are given. */
  readonly scores?: ReadonlyMap<Isin, ScoreView> | undefined;
  /**
   * - `posterior` (default): Black-Litterman, the anchor with scores as views.
   * - `anchor`: the anchor's implied returns.
   * - `history`: the Bayes-Stein mean.
   */
  readonly expected?: 'posterior' | 'anchor' | 'history' | undefined;
  /** Adds the uncertainty about the mean to the covariance (Black-Litterman's S + M). */
  readonly uncertainMean?: boolean | undefined;
  readonly target?: ShrinkageTarget | undefined;
  /** The portfolio behind the anchor; `equal` (default) needs no market values. */
  readonly anchor?: 'equal' | 'market-value' | undefined;
  readonly days?: number | undefined;
}

export interface EstimatedMoments {
  readonly moments: Moments;
  /** Securities without enough prices to measure, and why. */
  readonly dropped: readonly { readonly isin: Isin; readonly reason: string }[];
}

/**
 * Moments of all securities of a view whose prices suffice, in the view's order. The returns are
 * daily, simple and in base currency; the covariance is shrunk, made positive definite, and yearly.
 */
export function estimateMoments(view: MarketView, options: MomentOptions): EstimatedMoments {
  const prices = alignPrices(view, { days: options.days ?? HISTORY_DAYS });
  const { isins } = prices;
  if (isins.length === 0)
    return {
      moments: { isins, expected: new Float64Array(0), covariance: [] },
      dropped: prices.dropped,
    };
  const isKept = isins.length <= KEPT_MAX;
  const { target } = options;
  const measured = covariances.of({ prices: prices.prices, target }, isKept, () =>
    measure(prices.prices, target),
  );
  const weights = anchorWeights(view, isins, options);
  const anchor = impliedReturns(measured.covariance, weights, options.riskAversion);
  const estimate = estimateOf(measured, anchor, prices.prices, options.expected, () => {
    const scores: ReadonlyMap<Isin, ScoreView> = options.scores ?? scoreUniverse(view).scores;
    const views = isins.map((isin) => scores.get(isin));
    return withViews({ measured, anchor, views, isUncertain: options.uncertainMean ?? false });
  });
  // Copies, since what was computed may be asked for again.
  const expected = estimate.expected.slice();
  const covariance = estimate.covariance.map((row) => row.slice());
  return { moments: { isins, expected, covariance }, dropped: prices.dropped };
}

/** Larger universes are computed each time, since their matrices would stay in memory. */
const KEPT_MAX = 500;

interface Measured {
  /** Of a day. */
  readonly daily: Rows;
  /** Of a year. */
  readonly covariance: Rows;
}

interface MeasuredFrom {
  readonly prices: readonly Float64Array[];
  readonly target: ShrinkageTarget | undefined;
}

const covariances = new LastComputed<MeasuredFrom, Measured>(
  (a, b) => a.target === b.target && sameColumns(a.prices, b.prices),
);

function measure(prices: readonly Float64Array[], target: ShrinkageTarget | undefined): Measured {
  const returns = prices.map(simpleReturns);
  const daily = repaired(shrunkCovariance(returns, target).covariance);
  return { daily, covariance: annualisedCovariance(daily) };
}

function estimateOf(
  { daily, covariance }: Measured,
  anchor: Float64Array,
  prices: readonly Float64Array[],
  expected: MomentOptions['expected'],
  posterior: () => Posterior,
): Posterior {
  if (expected === 'anchor') return { expected: anchor, covariance };
  if (expected !== 'history') return posterior();
  const { means } = shrunkMeans(prices.map(simpleReturns), daily);
  return { expected: scaled(means, TRADING_DAYS_A_YEAR), covariance };
}

interface ViewsOfAnchor {
  readonly measured: Measured;
  readonly anchor: Float64Array;
  readonly views: readonly (ScoreView | undefined)[];
  readonly isUncertain: boolean;
}

const posteriors = new LastComputed<ViewsOfAnchor, Posterior>(
  (a, b) =>
    a.measured === b.measured &&
    a.isUncertain === b.isUncertain &&
    sameBits(a.anchor, b.anchor) &&
    a.views.every((view, i) => sameView(view, b.views[i])),
);

function sameView(a: ScoreView | undefined, b: ScoreView | undefined): boolean {
  return a?.total === b?.total && a?.coverage === b?.coverage;
}

function withViews(of: ViewsOfAnchor): Posterior {
  return posteriors.of(of, of.anchor.length <= KEPT_MAX, () => {
    const { covariance } = of.measured;
    const views = scoreViews(of.views, of.anchor, covariance);
    if (!of.isUncertain)
      return { expected: posteriorReturns(of.anchor, covariance, views), covariance };
    const both = blackLitterman(of.anchor, covariance, views);
    return { expected: both.expected, covariance: repaired(both.covariance) };
  });
}

/** Equal weights; or by market value, where it is known of every security. */
function anchorWeights(
  view: MarketView,
  isins: readonly Isin[],
  options: MomentOptions,
): Float64Array {
  const equal = new Float64Array(isins.length).fill(1 / isins.length);
  if (options.anchor !== 'market-value') return equal;
  const securities = new Map(view.securities.map((security) => [security.isin, security]));
  const values = isins.map((isin) => {
    const security = securities.get(isin);
    const rate = security && view.rates.get(security.currency)?.rate.toEstimate();
    const value = security?.fundamentals?.marketCap;
    return value !== undefined && rate !== undefined ? value * rate : 0;
  });
  const total = values.reduce((all, value) => all + value, 0);
  return values.every((value) => value > 0) ? Float64Array.from(values, (v) => v / total) : equal;
}

/**
 * Expected returns that start from those a market implies and move towards opinions (Black and
 * Litterman, "Global portfolio optimization", Financial Analysts Journal 48/5, 1992; He and
 * Litterman, "The intuition behind Black-Litterman model portfolios", 1999). All figures are in the
 * period of the covariance that is given.
 */
import {
  at,
  build,
  cell,
  dot,
  emptyRows,
  plus,
  scaled,
  solved,
  solvedAll,
  sum,
  times,
  type Rows,
} from '#shared/quant/linear-algebra/matrix.ts';
import { meanReturns } from './expected-returns.ts';
import { sampleCovariance } from './covariance.ts';
import { TRADING_DAYS_A_YEAR } from '#shared/quant/measures/returns.ts';

/**
 * Returns at which an investor with this risk aversion would hold just these weights:
 * pi = delta S w + rf (Sharpe 1974; Black and Litterman 1992). The risk-free return is 0 where the
 * figures are excess returns.
 */
export function impliedReturns(
  covariance: Rows,
  weights: ArrayLike<number>,
  riskAversion: number,
  riskFree = 0,
): Float64Array {
  return scaled(times(covariance, weights), riskAversion).map((value) => value + riskFree);
}

/**
 * Price of risk that a market's returns imply: (mean - rf)/variance, of a year.
 * @param returns of the market, per period
 */
export function impliedRiskAversion(
  returns: Float64Array,
  riskFree = 0,
  periodsPerYear = TRADING_DAYS_A_YEAR,
): number {
  const mean = at(meanReturns([returns], { periodsPerYear, compounding: false }), 0);
  return (mean - riskFree) / (cell(sampleCovariance([returns]), 0, 0) * periodsPerYear);
}

/** An opinion: the combination `picks` of the securities returns `value`. */
export interface View {
  /** One coefficient for each security: row of P. */
  readonly picks: Float64Array;
  /** Entry of Q. */
  readonly value: number;
  /** Variance of the opinion's error; 0 is certain, infinite says nothing. */
  readonly variance: number;
}

export interface Posterior {
  readonly expected: Float64Array;
  /** Covariance of returns with the uncertainty about their mean: S + M. */
  readonly covariance: Rows;
}

/** Uncertainty of the anchor's mean as a share of the covariance (He and Litterman 1999). */
export const TAU = 0.05;

/** Variance of a view that is as uncertain as the anchor: tau p'S p (He and Litterman 1999). */
export function proportionalVariance(covariance: Rows, picks: Float64Array, tau = TAU): number {
  return tau * picked(picks, along(covariance, picks));
}

/**
 * Variance of a view held with a confidence of 0 to 1: (1 - c)/c tau p'S p (Idzorek, "A step-by-step
 * guide to the Black-Litterman model", 2005, in the closed form of Walters, "The Black-Litterman
 * model in detail", 2014, formulas 41 and 44).
 */
export function idzorekVariance(
  covariance: Rows,
  picks: Float64Array,
  confidence: number,
  tau = TAU,
): number {
  if (confidence <= 0) return Infinity;
  return ((1 - confidence) / confidence) * proportionalVariance(covariance, picks, tau);
}

/**
 * mu = pi + tau S P' (P tau S P' + Omega)^-1 (Q - P pi)
 * M = tau S - tau S P' (P tau S P' + Omega)^-1 P tau S
 *
 * @param omega covariance of the errors of the views; the diagonal of their variances if none
 */
export function blackLitterman(
  prior: Float64Array,
  covariance: Rows,
  given: readonly View[],
  tau = TAU,
  omega?: Rows,
): Posterior {
  const stated = statementOf(covariance, given, tau, omega);
  const uncertainty = meanUncertainty(covariance, stated, tau);
  const total = build(prior.length, (i, j) => {
    const both = cell(uncertainty, i, j) + cell(uncertainty, j, i);
    return cell(covariance, i, j) + both / 2;
  });
  return { expected: moved(prior, stated), covariance: total };
}

/** The posterior's expected returns alone, which take much less time. */
export function posteriorReturns(
  prior: Float64Array,
  covariance: Rows,
  given: readonly View[],
  tau = TAU,
): Float64Array {
  return moved(prior, statementOf(covariance, given, tau));
}

interface Statement {
  readonly views: readonly View[];
  /** Row k is tau S p_k. */
  readonly reach: readonly Float64Array[];
  /** P tau S P' + Omega. */
  readonly middle: Rows;
}

function statementOf(
  covariance: Rows,
  given: readonly View[],
  tau: number,
  omega?: Rows,
): Statement {
  const views = omega ? given : given.filter(({ variance }) => variance < Infinity);
  const reach = views.map(({ picks }) => scaled(along(covariance, picks), tau));
  const middle = emptyRows(views.length);
  for (const [l, { picks, variance }] of views.entries()) {
    const places = placesOf(picks);
    for (const [k, row] of middle.entries()) {
      const common = pickedAt(places, picks, reach[k] ?? []);
      const own = k === l ? common + variance : common;
      row[l] = omega ? common + cell(omega, k, l) : own;
    }
  }
  return { views, reach, middle };
}

/** Of the securities that are picked. */
function placesOf(picks: Float64Array): readonly number[] {
  const places: number[] = [];
  for (let i = 0; i < picks.length; i += 1) if (picks[i] !== 0) places.push(i);
  return places;
}

/** `picked` where the places are known. */
function pickedAt(
  places: readonly number[],
  picks: Float64Array,
  vector: ArrayLike<number>,
): number {
  let total = 0;
  for (const i of places) total += (picks[i] ?? 0) * at(vector, i);
  return total;
}

function moved(prior: Float64Array, { views, reach, middle }: Statement): Float64Array {
  const surprise = Float64Array.from(views, ({ picks, value }) => value - picked(picks, prior));
  const pull = views.length > 0 ? solved(middle, surprise) : surprise;
  return reach.reduce((mean, row, k) => plus(mean, row, at(pull, k)), prior);
}

function meanUncertainty(covariance: Rows, { reach, middle }: Statement, tau: number): Rows {
  const columns = covariance.map((_, j) => Float64Array.from(reach, (row) => at(row, j)));
  // Each is a column of the inverse of the middle times P tau S.
  const gains = reach.length > 0 ? solvedAll(middle, columns) : columns;
  return build(
    covariance.length,
    (i, j) => tau * cell(covariance, i, j) - dot(columns[i] ?? [], gains[j] ?? []),
  );
}

/** S p of a symmetric S; most views pick one or two securities. */
function along(matrix: Rows, picks: Float64Array): Float64Array {
  const result = new Float64Array(matrix.length);
  picks.forEach((pick, k) => {
    const row = matrix[k];
    if (pick === 0 || !row) return;
    for (let i = 0; i < result.length; i += 1) result[i] = (result[i] ?? 0) + (row[i] ?? 0) * pick;
  });
  return result;
}

/** p'v, by the securities that are picked. */
function picked(picks: ArrayLike<number>, vector: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < picks.length; i += 1) {
    const pick = picks[i] ?? 0;
    if (pick !== 0) total += pick * at(vector, i);
  }
  return total;
}

/**
 * Weights an investor without limits holds for these returns: (delta S)^-1 mu.
 * @param normalised scaled to a sum of 1
 */
export function impliedWeights(
  covariance: Rows,
  expected: Float64Array,
  riskAversion: number,
  normalised = false,
): Float64Array {
  const weights = scaled(solved(covariance, expected), 1 / riskAversion);
  return normalised ? scaled(weights, 1 / sum(weights)) : weights;
}

/**
 * How much of each view's portfolio the weights hold on top of the market's: the lambda of
 * w = w_market / (1 + tau) + P' lambda, as He and Litterman (1999) print it in tables 4 to 8.
 */
export function viewTilts(
  weights: Float64Array,
  market: ArrayLike<number>,
  views: readonly View[],
  tau = TAU,
): Float64Array {
  const lean = plus(weights, market, -1 / (1 + tau));
  const between = build(views.length, (k, l) => dot(views[k]?.picks ?? [], views[l]?.picks ?? []));
  return solved(
    between,
    views.map(({ picks }) => dot(picks, lean)),
  );
}

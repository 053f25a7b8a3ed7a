/**
 * Expected returns from history. Columns are returns of one security each, all of one length; NaN is
 * a return that is missing, and each security's figures are over the returns it has. Answers are per
 * year when `periodsPerYear` is the number of periods in one, and per period when it is 1.
 */
import { power } from '#shared/kernel/power.ts';
import { withoutMissing } from '#shared/quant/measures/moments.ts';
import {
  annualReturn,
  arithmeticAnnualReturn,
  TRADING_DAYS_A_YEAR,
} from '#shared/quant/measures/returns.ts';
import { sampleCovariance } from './covariance.ts';
import {
  at,
  cell,
  dot,
  inverted,
  spectrum,
  sum,
  times,
  type Rows,
} from '#shared/quant/linear-algebra/matrix.ts';
import { recentMeans, type Memory } from './weighted-covariance.ts';

export interface YearOptions {
  readonly periodsPerYear?: number | undefined;
  /** (1 + mean)^periods - 1, or for `meanReturns` the growth there was; else the mean x periods. */
  readonly compounding?: boolean | undefined;
}

/** The mean return: of growth (geometric) when compounding, as PyPortfolioOpt's default; else plain. */
export function meanReturns(
  columns: readonly Float64Array[],
  { periodsPerYear = TRADING_DAYS_A_YEAR, compounding = true }: YearOptions = {},
): Float64Array {
  const yearly = compounding ? annualReturn : arithmeticAnnualReturn;
  return Float64Array.from(columns, (column) => yearly(withoutMissing(column), { periodsPerYear }));
}

/** The exponentially weighted mean return (PyPortfolioOpt's `ema_historical_return`). */
export function recentMeanReturns(
  columns: readonly Float64Array[],
  memory: Memory,
  { periodsPerYear = TRADING_DAYS_A_YEAR, compounding = true }: YearOptions = {},
): Float64Array {
  return recentMeans(columns, memory).map((mean) =>
    compounding ? power(1 + mean, periodsPerYear) - 1 : mean * periodsPerYear,
  );
}

export interface MarketModel {
  /** Returns of the market in the same periods, NaN where missing; the mean of the columns if none. */
  readonly market?: Float64Array | undefined;
  /** A year. */
  readonly riskFree?: number | undefined;
}

/**
 * Capital asset pricing model: rf + beta (E[market] - rf), beta from the periods in which both have a
 * return (Sharpe, "Capital asset prices", Journal of Finance 19/3, 1964).
 */
export function capmReturns(
  columns: readonly Float64Array[],
  { market = meanColumn(columns), riskFree = 0 }: MarketModel = {},
  options: YearOptions = {},
): Float64Array {
  const known = market.filter((value) => !Number.isNaN(value));
  const variance = cell(sampleCovariance([known]), 0, 0);
  const premium = at(meanReturns([market], options), 0) - riskFree;
  return Float64Array.from(columns, (column) => {
    const beta = cell(sampleCovariance([column, market]), 0, 1) / variance;
    return riskFree + beta * premium;
  });
}

/** The mean over the securities that have a return in the period. */
function meanColumn(columns: readonly Float64Array[]): Float64Array {
  return new Float64Array(columns[0]?.length ?? 0).map((_, t) => {
    const known = columns.map((column) => at(column, t)).filter((value) => !Number.isNaN(value));
    return sum(known) / known.length;
  });
}

export type ShrunkMeanMethod =
  'james-stein' | 'bayes-stein' | 'bodnar-okhrin' | 'bodnar-okhrin-by-sample';

export interface ShrunkMeanOptions {
  /**
   * - `james-stein`: Jorion 1986 citing Stein; intensity (trace - 2 largest eigenvalue) / (T |m - t|^2).
   * - `bayes-stein` (default): Jorion, "Bayes-Stein estimation for portfolio analysis", Journal of
   *   Financial and Quantitative Analysis 21/3 (1986).
   * - `bodnar-okhrin`: Bodnar, Okhrin, Parolya, "Optimal shrinkage estimator for high-dimensional mean
   *   vector", Journal of Multivariate Analysis 170 (2019); its two shares need not sum to 1.
   * - `bodnar-okhrin-by-sample`: the same, the target's share divided by m'S^-1 m instead of t'S^-1 t,
   *   as skfolio has it until version 1.11.
   */
  readonly method?: ShrunkMeanMethod | undefined;
  /** `minimum-variance` (default): the mean of that portfolio; `grand-mean`: of all securities. */
  readonly target?: 'minimum-variance' | 'grand-mean' | undefined;
  /**
   * Which inverse covariance Bayes-Stein takes: `sample` inverts the one given; `unbiased` (default)
   * multiplies it by (T - n - 2)/(T - 1), as Jorion does.
   */
  readonly precision?: 'sample' | 'unbiased' | undefined;
}

export interface ShrunkMeans {
  /** Per period. */
  readonly means: Float64Array;
  /** The means are `own` x sample mean + `common` x target. */
  readonly own: number;
  readonly common: number;
  readonly target: number;
}

/**
 * Means of the returns shrunk towards a common one.
 * @param columns without gaps
 * @param covariance of the same returns per period, positive definite
 */
export function shrunkMeans(
  columns: readonly Float64Array[],
  covariance: Rows,
  { method = 'bayes-stein', target = 'minimum-variance', precision }: ShrunkMeanOptions = {},
): ShrunkMeans {
  const [n, periods] = [columns.length, columns[0]?.length ?? 0];
  const means = Float64Array.from(columns, (column) => sum(column) / periods);
  const inverse = inverted(covariance);
  const precise = times(inverse, new Float64Array(n).fill(1));
  const common = target === 'grand-mean' ? sum(means) / n : dot(precise, means) / sum(precise);
  const gaps = means.map((mean) => mean - common);
  const shares = { n, periods, means, gaps, common, inverse, covariance };
  const { own, other } = shareOf[method](shares, precision ?? 'unbiased');
  return {
    means: means.map((mean) => own * mean + other * common),
    own,
    common: other,
    target: common,
  };
}

interface Shrinking {
  readonly n: number;
  readonly periods: number;
  readonly means: Float64Array;
  /** Mean less the common one. */
  readonly gaps: Float64Array;
  readonly common: number;
  readonly inverse: Rows;
  readonly covariance: Rows;
}

type Shares = { readonly own: number; readonly other: number };

const shareOf: Record<
  ShrunkMeanMethod,
  (of: Shrinking, precision: 'sample' | 'unbiased') => Shares
> = {
  'james-stein': ({ periods, gaps, covariance }) => {
    const { values } = spectrum(covariance);
    const other = (sum(values) - 2 * (values.at(-1) ?? 0)) / dot(gaps, gaps) / periods;
    return { own: 1 - other, other };
  },
  'bayes-stein': ({ n, periods, gaps, inverse }, precision) => {
    const unbiased = Math.max(1, periods - n - 2) / Math.max(1, periods - 1);
    const spread = Math.max(0, dot(gaps, times(inverse, gaps)));
    const adjusted = precision === 'unbiased' ? spread * unbiased : spread;
    const other = (n + 2) / (n + 2 + periods * adjusted);
    return { own: 1 - other, other };
  },
  'bodnar-okhrin': (of) => bodnarOkhrin(of, 'target'),
  'bodnar-okhrin-by-sample': (of) => bodnarOkhrin(of, 'sample'),
};

function bodnarOkhrin(
  { n, periods, means, common, inverse }: Shrinking,
  by: 'target' | 'sample',
): Shares {
  const precise = times(inverse, means);
  const u = dot(means, precise);
  const v = common * sum(precise);
  const w = common ** 2 * inverse.reduce((all, row) => all + sum(row), 0);
  const own = ((u - n / (periods - n)) * w - v ** 2) / (u * w - v ** 2);
  return { own, other: ((1 - own) * v) / (by === 'target' ? w : u) };
}

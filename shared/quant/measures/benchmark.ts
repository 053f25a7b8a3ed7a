/** Measures of a series against a benchmark's returns of the same periods. */
import { power } from '#shared/kernel/power.ts';
import {
  count,
  covariance,
  mean,
  paired,
  standardDeviation,
  variance,
  type Series,
} from './moments.ts';
import { TRADING_DAYS_A_YEAR, annualReturn, excessReturns, type Annualised } from './returns.ts';

/** A benchmark whose variance is below this does not move. */
const VARIANCE_MIN = 1e-30;

/** Covariance with the benchmark over the benchmark's variance, of the periods both have. */
export function beta(returns: Series, benchmark: Series): number {
  const [own, market] = paired(returns, benchmark);
  if (own.length < 2) return NaN;
  const spread = variance(market, { ddof: 0 });
  return spread > VARIANCE_MIN ? covariance(own, market, { ddof: 0 }) / spread : NaN;
}

/**
 * Return that beta does not explain (Jensen 1968), above the risk-free rate: the mean of
 * r - rf - beta x (b - rf), annualised by compounding (`compound`, default) or by multiplying.
 *
 * @param options.riskFree for each period; 0 where absent
 */
export function alpha(
  returns: Series,
  benchmark: Series,
  {
    riskFree = 0,
    periodsPerYear = TRADING_DAYS_A_YEAR,
    annualise = 'compound',
  }: Annualised & {
    readonly riskFree?: number | undefined;
    readonly annualise?: 'compound' | 'multiply';
  } = {},
): number {
  const [own, market] = paired(returns, benchmark);
  const slope = beta(own, market);
  const rest = mean(own.map((one, i) => one - riskFree - slope * ((market[i] ?? NaN) - riskFree)));
  return annualise === 'compound' ? power(1 + rest, periodsPerYear) - 1 : rest * periodsPerYear;
}

/** Standard deviation of the difference in returns, annualised. */
export function trackingError(
  returns: Series,
  benchmark: number | Series,
  { periodsPerYear = TRADING_DAYS_A_YEAR }: Annualised = {},
): number {
  return standardDeviation(excessReturns(returns, benchmark)) * Math.sqrt(periodsPerYear);
}

/** Mean difference in returns over its standard deviation (Grinold 1989), annualised. */
export function informationRatio(
  returns: Series,
  benchmark: number | Series,
  { periodsPerYear = TRADING_DAYS_A_YEAR }: Annualised = {},
): number {
  const active = excessReturns(returns, benchmark);
  return (mean(active) / standardDeviation(active)) * Math.sqrt(periodsPerYear);
}

/** Compound annual return over the benchmark's. */
export function capture(returns: Series, benchmark: Series, options: Annualised = {}): number {
  return annualReturn(returns, options) / annualReturn(benchmark, options);
}

/** The periods in which the benchmark rose (`up`) or fell (`down`); without those it stood still. */
export function marketPeriods(
  returns: Series,
  benchmark: Series,
  market: 'up' | 'down',
): readonly [own: Float64Array, benchmark: Float64Array] {
  const matches = (_: number, i: number): boolean => {
    const move = benchmark[i] ?? NaN;
    return market === 'up' ? move > 0 : move < 0;
  };
  return [Float64Array.from(returns).filter(matches), Float64Array.from(benchmark).filter(matches)];
}

/** Capture in the periods in which the benchmark rose, or fell. */
export function marketCapture(
  returns: Series,
  benchmark: Series,
  market: 'up' | 'down',
  options: Annualised = {},
): number {
  return capture(...marketPeriods(returns, benchmark, market), options);
}

/** Up capture over down capture. */
export function captureRatio(returns: Series, benchmark: Series, options: Annualised = {}): number {
  const up = marketCapture(returns, benchmark, 'up', options);
  return up / marketCapture(returns, benchmark, 'down', options);
}

/** Shares of periods that beat the benchmark: of all, of those it did not fall in, of the others. */
export interface Batting {
  readonly all: number;
  readonly up: number;
  readonly down: number;
}

export function battingAverage(returns: Series, benchmark: Series): Batting {
  const active = excessReturns(returns, benchmark);
  const share = (matches: (move: number) => boolean): number => {
    const among = active.filter((_, i) => matches(benchmark[i] ?? NaN));
    return among.length === 0 ? NaN : among.filter((one) => one > 0).length / among.length;
  };
  return {
    all: active.length === 0 ? NaN : active.filter((one) => one > 0).length / active.length,
    up: share((move) => move >= 0),
    down: share((move) => move < 0),
  };
}

/**
 * How far the returns bend away from a line between the benchmark's worst, middle and best period
 * (Taleb et al. 2012, the fragility heuristic); negative is fragile.
 */
export function betaFragility(returns: Series, benchmark: Series): number {
  const [own, market] = paired(returns, benchmark);
  if (count(own) < 3) return NaN;
  const order = Array.from(own, (_, i) => i).sort((a, b) => (market[a] ?? 0) - (market[b] ?? 0));
  const half = order.length / 2;
  const middle = half % 1 === 0.5 ? 2 * Math.round(half / 2) : Math.round(half);
  const pick = (rank: number): readonly [number, number] => {
    const at = order[rank] ?? -1;
    return [own[at] ?? NaN, market[at] ?? NaN];
  };
  const [[worst, low], [mid, center], [best, high]] = [
    pick(0),
    pick(middle),
    pick(order.length - 1),
  ];
  const range = high - low;
  const [down, up] = range === 0 ? [0.5, 0.5] : [(center - low) / range, (high - center) / range];
  return down * worst + up * best - mid;
}

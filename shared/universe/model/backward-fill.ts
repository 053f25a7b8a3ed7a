/**
 * Fills the days before a young security's first price, as S. Page, "How to Combine Long and Short
 * Return Histories Efficiently", Financial Analysts Journal 69/1 (2013): its log return on such a
 * day is beta times the mean log return of the securities that traded, plus a residual of its own.
 * Beta and residuals come from the days observed; the residuals are taken in turn, over and over,
 * so that the filled days have the observed volatility and not just its systematic part. There is
 * no alpha: a security's gain since its listing is no evidence about the time before.
 */
import { beta } from '#shared/quant/measures/benchmark.ts';
import { mean } from '#shared/quant/measures/moments.ts';

/**
 * @param prices columns of equal length, filled in place; entries before `starts[i]` are ignored
 * @param starts index of each column's first real price; at least one is 0
 */
export function fillBackwards(prices: readonly Float64Array[], starts: Int32Array): void {
  if (starts.every((start) => start === 0)) return;
  const market = marketReturns(prices, starts);
  prices.forEach((column, i) => {
    const start = starts[i] ?? 0;
    if (start > 0) fillColumn(column, start, market);
  });
}

interface Market {
  /** At t, the sum of log returns from t-1 to t of the securities observed at both. */
  readonly sums: Float64Array;
  readonly counts: Int32Array;
}

function marketReturns(prices: readonly Float64Array[], starts: Int32Array): Market {
  const length = prices[0]?.length ?? 0;
  const market = { sums: new Float64Array(length), counts: new Int32Array(length) };
  prices.forEach((column, i) => {
    for (let t = (starts[i] ?? 0) + 1; t < length; t += 1) {
      market.sums[t] = (market.sums[t] ?? 0) + logReturn(column, t);
      market.counts[t] = (market.counts[t] ?? 0) + 1;
    }
  });
  return market;
}

function fillColumn(column: Float64Array, start: number, { sums, counts }: Market): void {
  const own = new Float64Array(column.length - start - 1).map((_, k) =>
    logReturn(column, start + 1 + k),
  );
  // The market that a security is measured against excludes the security itself.
  const others = own.map((value, k) => {
    const t = start + 1 + k;
    return ((sums[t] ?? 0) - value) / Math.max(1, (counts[t] ?? 0) - 1);
  });
  const { slope, residuals } = regress(own, others);
  for (let t = start; t > 0; t -= 1) {
    const systematic = (slope * (sums[t] ?? 0)) / Math.max(1, counts[t] ?? 0);
    const residual = residuals[(start - t) % Math.max(1, residuals.length)] ?? 0;
    column[t - 1] = (column[t] ?? NaN) / Math.exp(systematic + residual);
  }
}

/** Ordinary least squares; without variance in x, the slope is 0. */
function regress(y: Float64Array, x: Float64Array): { slope: number; residuals: Float64Array } {
  const [meanX, meanY] = [mean(x), mean(y)];
  const slope = beta(y, x) || 0;
  return { slope, residuals: y.map((value, k) => value - meanY - slope * ((x[k] ?? 0) - meanX)) };
}

function logReturn(column: Float64Array, t: number): number {
  return Math.log((column[t] ?? NaN) / (column[t - 1] ?? NaN));
}

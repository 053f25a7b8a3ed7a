/** Returns of a portfolio whose weights are restored after each period. */
import { standardDeviation, type Series } from './moments.ts';

/** Weighted sum of the assets' returns, period by period; the assets' columns are equally long. */
export function portfolioReturns(
  columns: readonly Series[],
  weights: readonly number[],
): Float64Array<ArrayBuffer> {
  const total = new Float64Array(columns[0]?.length ?? 0);
  columns.forEach((column, i) => {
    const weight = weights[i] ?? 0;
    for (let t = 0; t < total.length; t += 1)
      total[t] = (total[t] ?? 0) + weight * (column[t] ?? NaN);
  });
  return total;
}

/**
 * Weighted mean of the assets' standard deviations over the portfolio's (Choueifaty & Coignard 2008);
 * 1 does not diversify, NaN does not move.
 */
export function diversificationRatio(
  columns: readonly Series[],
  weights: readonly number[],
  { assetDdof = 1, portfolioDdof = 1 } = {},
): number {
  const apart = columns.reduce(
    (sum, column, i) => sum + (weights[i] ?? 0) * standardDeviation(column, { ddof: assetDdof }),
    0,
  );
  const together = standardDeviation(portfolioReturns(columns, weights), { ddof: portfolioDdof });
  return together > 0 ? apart / together : NaN;
}

/** 1/Σw²: equally large holdings that would be as concentrated. */
export function effectiveHoldings(weights: readonly number[]): number {
  return 1 / weights.reduce((sum, weight) => sum + weight * weight, 0);
}

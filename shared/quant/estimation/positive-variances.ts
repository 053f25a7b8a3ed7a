/** Refuses securities whose return never varies: they have no risk to weigh, and no correlation. */
import { refused } from '#shared/kernel/failure.ts';
import { at, type Rows } from '#shared/quant/linear-algebra/matrix.ts';

/** Variances below this share of the largest are rounding, not risk. */
const VARIANCE_MIN_RATIO = 1e-14;

/**
 * A constant price is not a safe asset: it would take all of a minimum-variance portfolio, its
 * correlation is 0/0, and no weight gives it a share of the risk (skfolio's NonPositiveVarianceError
 * refuses the same).
 *
 * @param covariance square, row by row
 * @param method named in the message: `minimum volatility`, `HRP`, ...
 * @param names of the rows; their index where none are given
 * @param ignored rows that take no part
 * @throws Failure REFUSED zero-variance, facts `securities` and `method`
 */
export function requireVariances(
  covariance: Rows,
  method: string,
  names?: readonly string[],
  ignored: ReadonlySet<number> = new Set(),
): void {
  const rows = covariance.flatMap((row, i) => (ignored.has(i) ? [] : [[i, at(row, i)] as const]));
  const largest = rows.reduce((most, [, variance]) => Math.max(most, variance), 0);
  const flat = rows.filter(([, variance]) => !(variance > largest * VARIANCE_MIN_RATIO));
  if (flat.length === 0) return;
  const securities = flat.map(([i]) => names?.[i] ?? `covariance[${i}][${i}]`);
  throw refused(
    'zero-variance',
    `${method} needs a positive variance of every security; ${securities.join(', ')} ` +
      `${securities.length === 1 ? 'has' : 'have'} none. A price that never moves is not a safe asset.`,
    { securities, method },
  );
}

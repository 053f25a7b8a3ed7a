/** Expected returns and covariance of a set of securities. */
import type { Isin } from '#shared/kernel/isin.ts';

export interface Moments {
  /** Order of the rows and columns below. */
  readonly isins: readonly Isin[];
  /** Expected simple return a year, in base currency. */
  readonly expected: Float64Array;
  /** Covariance of returns a year, in base currency; row by row. */
  readonly covariance: readonly Float64Array[];
}

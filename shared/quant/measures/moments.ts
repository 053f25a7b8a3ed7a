/**
 * Moments of a series of numbers. In all measures NaN is a missing value: it counts neither in a mean
 * nor in a number of observations. What is not defined (a deviation of one number) is NaN.
 */
import { power } from '#shared/kernel/power.ts';

/** Numbers in order; `readonly number[]` and `Float64Array` alike. */
export type Series = ArrayLike<number>;

export interface Weighted {
  /** One for each observation, summing to 1; equal where absent. */
  readonly weights?: Series | undefined;
}

export interface Spread extends Weighted {
  /**
   * Degrees of freedom taken off the number of observations: 1 (default) estimates from a sample, 0
   * describes a whole population. With weights 1 stands for Kish's effective number, 1/Σw².
   */
  readonly ddof?: number;
}

/** Relative range under which a series counts as constant: what is left is rounding. */
const ROUNDING = 4 * Number.EPSILON;

/** Observations that are there. */
export function withoutMissing(values: Series): Float64Array {
  return Float64Array.from(values).filter((value) => !Number.isNaN(value));
}

/** The observations that both series have, in pairs. */
export function paired(a: Series, b: Series): readonly [Float64Array, Float64Array] {
  const both = (_: number, i: number): boolean => !Number.isNaN((a[i] ?? NaN) + (b[i] ?? NaN));
  const length = Math.min(a.length, b.length);
  return [
    Float64Array.from(a).subarray(0, length).filter(both),
    Float64Array.from(b).subarray(0, length).filter(both),
  ];
}

export function count(values: Series): number {
  let known = 0;
  for (let i = 0; i < values.length; i += 1) if (!Number.isNaN(values[i] ?? NaN)) known += 1;
  return known;
}

export function sumOfKnown(values: Series): number {
  let total = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? NaN;
    if (!Number.isNaN(value)) total += value;
  }
  return total;
}

/** Arithmetic mean in two passes: the second takes out what the first lost by rounding. */
export function mean(values: Series, { weights }: Weighted = {}): number {
  if (weights) return weightedSum(values, weights);
  const known = count(values);
  if (known === 0) return NaN;
  const first = sumOfKnown(values) / known;
  let rest = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? NaN;
    if (!Number.isNaN(value)) rest += value - first;
  }
  return first + (Number.isFinite(rest) ? rest / known : 0);
}

/** Mean of (value - center)^order; the center is the mean where none is given. */
export function centralMoment(
  values: Series,
  order: number,
  { weights, about }: Weighted & { readonly about?: number | undefined } = {},
): number {
  const center = about ?? mean(values, { weights });
  return mean(
    mapped(values, (value) => power(value - center, order)),
    { weights },
  );
}

/** 0 for a constant series, whatever its rounding. */
export function variance(values: Series, { ddof = 1, weights }: Spread = {}): number {
  if (isConstant(values)) return count(values) > ddof ? 0 : NaN;
  return centralMoment(values, 2, { weights }) * besselFactor(values, ddof, weights);
}

export function standardDeviation(values: Series, options: Spread = {}): number {
  return Math.sqrt(variance(values, options));
}

/** n/(n - ddof): from the mean of squares to the estimate of a sample. */
export function besselFactor(values: Series, ddof: number, weights?: Series): number {
  if (ddof === 0) return 1;
  const known = weights ? 1 / weightedSum(weights, weights) : count(values);
  return known > ddof ? known / (known - ddof) : NaN;
}

/** Of the pairs that both series have. */
export function covariance(a: Series, b: Series, { ddof = 1, weights }: Spread = {}): number {
  const [x, y] = weights ? [a, b] : paired(a, b);
  const [meanX, meanY] = [mean(x, { weights }), mean(y, { weights })];
  const products = mapped(x, (value, i) => (value - meanX) * ((y[i] ?? NaN) - meanY));
  return mean(products, { weights }) * besselFactor(products, ddof, weights);
}

/** Pearson's; NaN where one of them is constant. */
export function correlation(a: Series, b: Series, { weights }: Weighted = {}): number {
  const [x, y] = weights ? [a, b] : paired(a, b);
  const options = { ddof: 0, weights };
  const spread = standardDeviation(x, options) * standardDeviation(y, options);
  return spread > 0 ? covariance(x, y, options) / spread : NaN;
}

export interface Shape extends Weighted {
  /** `population` (default): moments as they are. `sample`: Fisher's G1 and G2, as spreadsheets. */
  readonly estimate?: 'population' | 'sample';
}

/** Third standardised moment. */
export function skewness(values: Series, { estimate = 'population', weights }: Shape = {}): number {
  const g1 =
    centralMoment(values, 3, { weights }) /
    power(standardDeviation(values, { ddof: 0, weights }), 3);
  if (estimate === 'population') return g1;
  const n = count(values);
  return n > 2 ? (g1 * Math.sqrt(n * (n - 1))) / (n - 2) : NaN;
}

/** Fourth standardised moment; 3 for a normal distribution (take 3 off for the excess). */
export function kurtosis(values: Series, { estimate = 'population', weights }: Shape = {}): number {
  const ratio = centralMoment(values, 4, { weights }) / variance(values, { ddof: 0, weights }) ** 2;
  if (estimate === 'population') return ratio;
  const n = count(values);
  return n > 3 ? ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * (ratio - 3) + 6) + 3 : NaN;
}

/** `values` with each of them replaced; missing ones stay missing. */
export function mapped(values: Series, change: (value: number, i: number) => number): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i += 1) result[i] = change(values[i] ?? NaN, i);
  return result;
}

/** Largest and smallest of what is there; NaN of nothing. */
export function extent(values: Series): { readonly least: number; readonly most: number } {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? NaN;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return least > most ? { least: NaN, most: NaN } : { least, most };
}

function isConstant(values: Series): boolean {
  const { least, most } = extent(values);
  return most - least <= ROUNDING * Math.max(Math.abs(least), Math.abs(most));
}

function weightedSum(values: Series, weights: Series): number {
  let total = 0;
  for (let i = 0; i < values.length; i += 1) total += (weights[i] ?? NaN) * (values[i] ?? NaN);
  return total;
}

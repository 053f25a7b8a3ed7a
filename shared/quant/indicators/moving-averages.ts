/** Averages of the last values of a series. */
import { power } from '#shared/kernel/power.ts';
import { valueAt, combined, firstKnown, rollingSums, undefinedSeries } from './windows.ts';

/** Simple moving average. */
export function sma(values: Float64Array, periods: number): Float64Array {
  return rollingSums(values, periods).map((sum) => sum / periods);
}

export interface EmaOptions {
  /**
   * What the recursion starts from: `mean` (default) of the first `periods` values, at the last of
   * them, as Wilder and StockCharts have it; `first`, the first value itself, as Achelis has it.
   */
  readonly seed?: 'first' | 'mean' | undefined;
  /** Share of the newest value; 2/(periods + 1) where absent. */
  readonly factor?: number | undefined;
}

/** Exponential moving average: e += k (value - e). */
export function ema(
  values: Float64Array,
  periods: number,
  { seed = 'mean', factor = 2 / (periods + 1) }: EmaOptions = {},
): Float64Array {
  const smoothed = undefinedSeries(values.length);
  const first = firstKnown(values);
  const start = seed === 'first' ? first : first + periods - 1;
  if (start >= values.length) return smoothed;
  let average = values.subarray(first, start + 1).reduce((sum, value) => sum + value, 0);
  average /= start - first + 1;
  smoothed[start] = average;
  for (let i = start + 1; i < values.length; i += 1) {
    average += factor * (valueAt(values, i) - average);
    smoothed[i] = average;
  }
  return smoothed;
}

/** Wilder's smoothing, also called smoothed moving average: an EMA with k = 1/periods. */
export function wilders(
  values: Float64Array,
  periods: number,
  seed: EmaOptions['seed'] = 'mean',
): Float64Array {
  return ema(values, periods, { seed, factor: 1 / periods });
}

/** Weights 1, 2, … periods, the newest heaviest. */
export function wma(values: Float64Array, periods: number): Float64Array {
  const averages = undefinedSeries(values.length);
  const start = firstKnown(values) + periods - 1;
  const divisor = (periods * (periods + 1)) / 2;
  let [sum, weighted] = [0, 0];
  for (let i = start; i < values.length; i += 1) {
    if ((i - start) % periods === 0) {
      [sum, weighted] = [0, 0];
      for (let j = 1; j <= periods; j += 1) {
        sum += valueAt(values, i - periods + j);
        weighted += j * valueAt(values, i - periods + j);
      }
    } else {
      weighted += periods * valueAt(values, i) - sum;
      sum += valueAt(values, i) - valueAt(values, i - periods);
    }
    averages[i] = weighted / divisor;
  }
  return averages;
}

export interface ChainOptions extends EmaOptions {
  /**
   * Each further average starts when the one before it has seen a window: by default where the seed is
   * the first value. A mean has seen one already.
   */
  readonly settled?: boolean | undefined;
}

/** Averages of averages, `depth` of them; each starts at a value of the one before. */
export function emaChain(
  values: Float64Array,
  periods: number,
  depth: number,
  { seed, factor, settled = seed === 'first' }: ChainOptions = {},
): readonly Float64Array[] {
  const chain = [ema(values, periods, { seed, factor })];
  while (chain.length < depth) {
    const before = chain.at(-1) ?? values;
    const start = firstKnown(before) + (settled ? periods - 1 : 0);
    const input = before.map((value, i) => (i < start ? NaN : value));
    chain.push(ema(input, periods, { seed: 'first', factor }));
  }
  return chain;
}

/** Double exponential moving average (Mulloy 1994): 2 e1 - e2. */
export function dema(values: Float64Array, periods: number, options?: ChainOptions): Float64Array {
  const [first = values, second = values] = emaChain(values, periods, 2, options);
  return combined((e1, e2) => 2 * e1 - e2, first, second);
}

/** Triple exponential moving average (Mulloy 1994): 3 e1 - 3 e2 + e3. */
export function tema(values: Float64Array, periods: number, options?: ChainOptions): Float64Array {
  const [first = values, second = values, third] = emaChain(values, periods, 3, options);
  return combined((e1, e2, e3) => 3 * e1 - 3 * e2 + e3, first, second, third);
}

/** Tillson's T3 (1998): six averages, weighted by the volume factor. */
export function t3(
  values: Float64Array,
  periods: number,
  volumeFactor = 0.7,
  options: ChainOptions = { seed: 'first', settled: false },
): Float64Array {
  const chain = emaChain(values, periods, 6, options);
  const a = volumeFactor;
  return values.map((_, i) => {
    const e = (k: number): number => valueAt(chain[k - 1] ?? values, i);
    return (
      -power(a, 3) * e(6) +
      3 * (a ** 2 + power(a, 3)) * e(5) -
      (6 * a ** 2 + 3 * (a + power(a, 3))) * e(4) +
      (1 + 3 * a + power(a, 3) + 3 * a ** 2) * e(3)
    );
  });
}

/** Triangular moving average: the middle of the window weighs most. */
export function trima(values: Float64Array, periods: number): Float64Array {
  const half = Math.ceil((periods + 1) / 2);
  return sma(sma(values, half), periods + 1 - half);
}

/** Hull's moving average (2005): WMA of 2 WMA(n/2) - WMA(n), over √n; both rounded down. */
export function hma(values: Float64Array, periods: number): Float64Array {
  const half = wma(values, Math.floor(periods / 2));
  const difference = combined((fast, slow) => 2 * fast - slow, half, wma(values, periods));
  return wma(difference, Math.floor(Math.sqrt(periods)));
}

/** Volume-weighted moving average. */
export function vwma(values: Float64Array, volume: Float64Array, periods: number): Float64Array {
  const traded = combined((price, shares) => price * shares, values, volume);
  return combined((a, b) => a / b, rollingSums(traded, periods), rollingSums(volume, periods));
}

/** Arnaud Legoux' moving average (2009): weights of a normal curve around `offset` of the window. */
export function alma(
  values: Float64Array,
  periods: number,
  offset = 0.85,
  sigma = 6,
): Float64Array {
  const center = offset * (periods - 1);
  const width = periods / sigma;
  const weights = Float64Array.from({ length: periods }, (_, j) =>
    Math.exp(-((j - center) ** 2) / (2 * width ** 2)),
  );
  const norm = weights.reduce((sum, weight) => sum + weight, 0);
  const first = firstKnown(values) + periods - 1;
  return values.map((_, i) => {
    if (i < first) return NaN;
    let sum = 0;
    for (let j = 0; j < periods; j += 1)
      sum += valueAt(weights, j) * valueAt(values, i - periods + 1 + j);
    return sum / norm;
  });
}

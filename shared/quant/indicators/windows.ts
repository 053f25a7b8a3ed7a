/**
 * Windows that move over a series. Every indicator answers a series as long as its input: NaN stands
 * where it is not defined yet. A series may start with NaN, so that indicators can be chained; each
 * counts from the first number. Periods are whole numbers above 0. All run in O(n): what a window adds
 * up is added anew once per window, so that rounding does not grow with the length of the series.
 */

export function undefinedSeries(length: number): Float64Array {
  return new Float64Array(length).fill(NaN);
}

/** Index of the first number; the length where there is none. */
export function firstKnown(values: Float64Array): number {
  const first = values.findIndex((value) => !Number.isNaN(value));
  return first < 0 ? values.length : first;
}

export function valueAt(values: Float64Array, i: number): number {
  return values[i] ?? NaN;
}

/** One series of two or three, element by element. */
export function combined(
  from: (a: number, b: number, c: number) => number,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array = a,
): Float64Array {
  return a.map((value, i) => from(value, valueAt(b, i), valueAt(c, i)));
}

/** The value of `periods` ago. */
export function lagged(values: Float64Array, periods: number): Float64Array {
  return values.map((_, i) => valueAt(values, i - periods));
}

/** Change since `periods` ago. */
export function changes(values: Float64Array, periods = 1): Float64Array {
  return values.map((value, i) => value - valueAt(values, i - periods));
}

/** Running total from the first number on. */
export function cumulated(values: Float64Array): Float64Array {
  let total = 0;
  const first = firstKnown(values);
  return values.map((value, i) => (i < first ? NaN : (total += value)));
}

export function rollingSums(values: Float64Array, periods: number): Float64Array {
  const sums = undefinedSeries(values.length);
  const start = firstKnown(values) + periods - 1;
  let sum = 0;
  for (let i = start; i < values.length; i += 1) {
    if ((i - start) % periods === 0) {
      sum = 0;
      for (let j = i - periods + 1; j <= i; j += 1) sum += valueAt(values, j);
    } else sum += valueAt(values, i) - valueAt(values, i - periods);
    sums[i] = sum;
  }
  return sums;
}

/** @param ddof taken off the number of periods before dividing; 0 describes the window itself */
export function rollingVariances(values: Float64Array, periods: number, ddof = 0): Float64Array {
  const variances = undefinedSeries(values.length);
  const start = firstKnown(values) + periods - 1;
  let [center, sum, squares] = [0, 0, 0];
  for (let i = start; i < values.length; i += 1) {
    if ((i - start) % periods === 0) {
      const window = values.subarray(i - periods + 1, i + 1);
      center = window.reduce((total, value) => total + value, 0) / periods;
      [sum, squares] = [0, 0];
      for (const value of window) {
        sum += value - center;
        squares += (value - center) ** 2;
      }
    } else {
      const [added, dropped] = [valueAt(values, i) - center, valueAt(values, i - periods) - center];
      sum += added - dropped;
      squares += added ** 2 - dropped ** 2;
    }
    variances[i] = Math.max(0, squares - sum ** 2 / periods) / (periods - ddof);
  }
  return variances;
}

/** Which of equal values stands for a window. */
export type Ties = 'latest' | 'earliest';

/** Index of each window's highest value; -1 where not defined. */
export function highestIndices(
  values: Float64Array,
  periods: number,
  ties: Ties = 'latest',
): Int32Array {
  return extremeIndices(values, periods, ties);
}

/** Index of each window's lowest value; -1 where not defined. */
export function lowestIndices(
  values: Float64Array,
  periods: number,
  ties: Ties = 'latest',
): Int32Array {
  return extremeIndices(
    values.map((value) => -value),
    periods,
    ties,
  );
}

export function highest(values: Float64Array, periods: number): Float64Array {
  return Float64Array.from(highestIndices(values, periods), (i) => valueAt(values, i));
}

export function lowest(values: Float64Array, periods: number): Float64Array {
  return Float64Array.from(lowestIndices(values, periods), (i) => valueAt(values, i));
}

/** A queue of candidates, each better than all behind it, gives every extreme in O(1) on average. */
function extremeIndices(values: Float64Array, periods: number, ties: Ties): Int32Array {
  const indices = new Int32Array(values.length).fill(-1);
  const queue = new Int32Array(values.length);
  const first = firstKnown(values);
  const latest = ties === 'latest';
  let [head, tail] = [0, 0];
  for (let i = first; i < values.length; i += 1) {
    const value = valueAt(values, i);
    const yields = (other: number): boolean => other < value || (other === value && latest);
    while (tail > head && yields(valueAt(values, queue[tail - 1] ?? 0))) tail -= 1;
    queue[tail] = i;
    tail += 1;
    if ((queue[head] ?? 0) <= i - periods) head += 1;
    if (i >= first + periods - 1) indices[i] = queue[head] ?? -1;
  }
  return indices;
}

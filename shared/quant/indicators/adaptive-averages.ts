/** Averages whose speed follows the market. */
import { power } from '#shared/kernel/power.ts';
import {
  valueAt,
  changes,
  firstKnown,
  rollingSums,
  rollingVariances,
  undefinedSeries,
} from './windows.ts';

export interface Kama {
  /** Kaufman's efficiency ratio: net change over the sum of single changes. */
  readonly efficiency: Float64Array;
  readonly average: Float64Array;
}

/** Kaufman's adaptive moving average (1995), started at the value before the first full window. */
export function kama(values: Float64Array, periods: number, fast = 2, slow = 30): Kama {
  const [fastest, slowest] = [2 / (fast + 1), 2 / (slow + 1)];
  const efficiency = efficiencyRatio(values, periods);
  const average = recursive(values, firstKnown(values) + periods - 1, (before, value, i) => {
    const speed = (valueAt(efficiency, i) * (fastest - slowest) + slowest) ** 2;
    return before + speed * (value - before);
  });
  return { efficiency, average };
}

/** |change over the window| / sum of |changes in it|; 0 in a market that stands still. */
function efficiencyRatio(values: Float64Array, periods: number): Float64Array {
  const paths = rollingSums(changes(values).map(Math.abs), periods);
  return changes(values, periods).map((change, i) => {
    const path = valueAt(paths, i);
    return path > 0 ? Math.abs(change) / path : path;
  });
}

/** Zero-lag EMA (Ehlers & Way 2010): of the value plus its change over half the window. */
export function zlema(values: Float64Array, periods: number): Float64Array {
  const lag = Math.floor((periods - 1) / 2);
  const factor = 2 / (periods + 1);
  const start = firstKnown(values) + Math.max(0, lag - 1);
  return recursive(values, start, (before, value, i) => {
    const led = 2 * value - valueAt(values, i - lag);
    return before + factor * (led - before);
  });
}

/**
 * Variable index dynamic average (Chande 1992): an EMA whose factor is scaled by short over long
 * standard deviation; started at the value two before the first long window is full.
 */
export function vidya(
  values: Float64Array,
  short: number,
  long: number,
  alpha: number,
): Float64Array {
  const [fastest, slowest] = [rollingVariances(values, short), rollingVariances(values, long)];
  return recursive(values, firstKnown(values) + long - 2, (before, value, i) => {
    const ratio = Math.sqrt(valueAt(fastest, i) / valueAt(slowest, i));
    return before + alpha * (Number.isNaN(ratio) ? 0 : ratio) * (value - before);
  });
}

/** McGinley's dynamic (1990): slows down where price runs ahead of it. */
export function mcginley(values: Float64Array, periods: number, kFactor = 0.6): Float64Array {
  const averages = recursive(values, firstKnown(values), (before, value) => {
    return before + (value - before) / (kFactor * periods * power(value / before, 4));
  });
  averages[firstKnown(values)] = NaN;
  return averages;
}

/** `start` holds the value itself; each later one follows from the one before. */
function recursive(
  values: Float64Array,
  start: number,
  next: (before: number, value: number, i: number) => number,
): Float64Array {
  const averages = undefinedSeries(values.length);
  if (start >= values.length) return averages;
  let average = valueAt(values, start);
  averages[start] = average;
  for (let i = start + 1; i < values.length; i += 1) {
    average = next(average, valueAt(values, i), i);
    averages[i] = average;
  }
  return averages;
}

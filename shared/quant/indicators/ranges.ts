/** True ranges (Wilder 1978) and what is made of them. */
import type { HighLow, HighLowClose } from './bars.ts';
import { emaChain, wilders } from './moving-averages.ts';
import { valueAt, combined, firstKnown, highest, lagged, lowest, rollingSums } from './windows.ts';

/** Whether the first bar, which has no close before it, has high - low for its range, or none. */
export type FirstRange = 'high-low' | 'none';

/** The bar's range, the gap from the close before included. */
export function trueRange(
  { high, low, close }: HighLowClose,
  first: FirstRange = 'high-low',
): Float64Array {
  return high.map((top, i) => {
    const bottom = valueAt(low, i);
    if (i === 0) return first === 'none' ? NaN : top - bottom;
    const before = valueAt(close, i - 1);
    return Math.max(top - bottom, Math.abs(top - before), Math.abs(bottom - before));
  });
}

/** Average true range: Wilder's smoothing, seeded with the mean of the first `periods` ranges. */
export function averageTrueRange(
  bars: HighLowClose,
  periods: number,
  first?: FirstRange,
): Float64Array {
  return wilders(trueRange(bars, first), periods);
}

/** Average true range in percent of the close. */
export function normalisedTrueRange(
  bars: HighLowClose,
  periods: number,
  first?: FirstRange,
): Float64Array {
  return combined(
    (range, close) => (100 * range) / close,
    averageTrueRange(bars, periods, first),
    bars.close,
  );
}

/** Mass index (Dorsey 1992): sum of smoothed ranges over twice smoothed ones. */
export function massIndex({ high, low }: HighLow, periods = 25, smoothing = 9): Float64Array {
  const ranges = combined((top, bottom) => top - bottom, high, low);
  const [once = ranges, twice = ranges] = emaChain(ranges, smoothing, 2, { seed: 'first' });
  const ratios = combined((a, b) => a / b, once, twice);
  // The second average needs a window too before the ratio says something.
  const start = firstKnown(twice) + smoothing - 1;
  return rollingSums(
    ratios.map((ratio, i) => (i < start ? NaN : ratio)),
    periods,
  );
}

/** Choppiness index (Dreiss): 100 log(sum of true ranges / range of the window) / log(periods). */
export function choppiness(bars: HighLowClose, periods = 14): Float64Array {
  const tops = combined(highestOf, bars.high, lagged(bars.close, 1));
  const bottoms = combined(lowestOf, bars.low, lagged(bars.close, 1));
  return combined(
    (sum, most, least) => (100 * Math.log(sum / (most - least))) / Math.log(periods),
    rollingSums(trueRange(bars, 'none'), periods),
    highest(tops, periods),
    lowest(bottoms, periods),
  );
}

function highestOf(a: number, b: number): number {
  return Math.max(a, b);
}

function lowestOf(a: number, b: number): number {
  return Math.min(a, b);
}

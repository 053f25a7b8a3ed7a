/** Levels that follow a trend. */
import type { HighLow, HighLowClose } from './bars.ts';
import { averageTrueRange } from './ranges.ts';
import { valueAt, combined, highest, lowest, undefinedSeries } from './windows.ts';

export interface SarOptions {
  readonly step?: number;
  readonly most?: number;
  /**
   * Direction of the first bars: `highs-and-lows` compares the first two; `up` is a guess, and no level
   * is reported before it has turned. Then a turn goes to the extreme before the bar that turns.
   */
  readonly start?: 'highs-and-lows' | 'up' | undefined;
}

/** Parabolic stop and reverse (Wilder 1978), from the second bar on. */
export function parabolicSar(
  { high, low }: HighLow,
  { step = 0.02, most = 0.2, start = 'highs-and-lows' }: SarOptions = {},
): { readonly sar: Float64Array; readonly reversed: Uint8Array; readonly rising: Uint8Array } {
  const sar = undefinedSeries(high.length);
  const reversed = new Uint8Array(high.length);
  const rising = new Uint8Array(high.length);
  let rises =
    start === 'up' || valueAt(high, 0) + valueAt(low, 0) <= valueAt(high, 1) + valueAt(low, 1);
  const isGuess = start === 'up';
  let extreme = valueAt(rises ? high : low, 0);
  let level = valueAt(rises ? low : high, 0);
  let speed = step;
  for (let i = 1; i < high.length; i += 1) {
    const [top, bottom] = [valueAt(high, i), valueAt(low, i)];
    level += speed * (extreme - level);
    // Never inside the range of the two bars before.
    const [one, two] = [i - 1, Math.max(0, i - 2)];
    level = rises
      ? Math.min(level, valueAt(low, one), valueAt(low, two))
      : Math.max(level, valueAt(high, one), valueAt(high, two));
    const before = extreme;
    const isNewExtreme = rises ? top > extreme : bottom < extreme;
    if (isNewExtreme) {
      speed = Math.min(most, speed + step);
      extreme = rises ? top : bottom;
    }
    if (rises ? bottom < level : top > level) {
      reversed[i] = 1;
      level = isGuess ? before : extreme;
      rises = !rises;
      extreme = rises ? top : bottom;
      speed = step;
    }
    sar[i] = level;
    rising[i] = Number(rises);
  }
  if (isGuess) sar.fill(NaN, 0, reversed.indexOf(1) + 1);
  return { sar, reversed, rising };
}

/** Le Beau's chandelier: so many average true ranges below the highest high, or above the lowest low. */
export function chandelier(
  bars: HighLowClose,
  periods = 22,
  width = 3,
): { readonly long: Float64Array; readonly short: Float64Array } {
  const range = averageTrueRange(bars, periods, 'none');
  return {
    long: combined((top, size) => top - width * size, highest(bars.high, periods), range),
    short: combined((bottom, size) => bottom + width * size, lowest(bars.low, periods), range),
  };
}

/** Supertrend (Seban): a stop of average true ranges around median prices that only tightens. */
export function supertrend(
  { high, low, close }: HighLowClose,
  periods = 10,
  width = 3,
): { readonly stop: Float64Array; readonly rises: Uint8Array } {
  const stop = undefinedSeries(close.length);
  const rising = new Uint8Array(close.length);
  const range = averageTrueRange({ high, low, close }, periods, 'none');
  let [upper, lower] = [NaN, NaN];
  let rises = true;
  for (let i = periods; i < close.length; i += 1) {
    const middle = (valueAt(high, i) + valueAt(low, i)) / 2;
    const [most, least] = [middle + width * valueAt(range, i), middle - width * valueAt(range, i)];
    const before = valueAt(close, i - 1);
    if (Number.isNaN(upper)) {
      [upper, lower] = [most, least];
      rises = valueAt(close, i) >= middle;
    }
    if (most < upper || before > upper) upper = most;
    if (least > lower || before < lower) lower = least;
    rises = valueAt(close, i) > (rises ? lower : upper);
    stop[i] = rises ? lower : upper;
    rising[i] = Number(rises);
  }
  return { stop, rises: rising };
}

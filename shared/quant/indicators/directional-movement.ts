/** Whether prices go somewhere, and where. */
import type { HighLow, HighLowClose } from './bars.ts';
import { wilders } from './moving-averages.ts';
import { trueRange } from './ranges.ts';
import {
  valueAt,
  changes,
  combined,
  highestIndices,
  lagged,
  lowestIndices,
  rollingSums,
  undefinedSeries,
  type Ties,
} from './windows.ts';

export interface DirectionalMovement {
  readonly plus: Float64Array;
  readonly minus: Float64Array;
}

/**
 * Wilder's sums: the first one adds up `seedCount` values, each later one keeps (1 - 1/periods) of
 * the one before and adds the next value. Achelis starts with periods - 1 changes, Wilder with periods.
 */
function wilderSums(values: Float64Array, periods: number, seedCount: number): Float64Array {
  const sums = undefinedSeries(values.length);
  let sum = 0;
  for (let i = 1; i < values.length; i += 1) {
    sum = i <= seedCount ? sum + valueAt(values, i) : sum - sum / periods + valueAt(values, i);
    if (i >= seedCount) sums[i] = sum;
  }
  return sums;
}

export interface DirectionOptions {
  /** Changes that the first sums add up; `periods` where absent. */
  readonly seedCount?: number | undefined;
  /** Bars between the two averages of the rating (ADXR); `periods` - 1 where absent. */
  readonly ratingLag?: number | undefined;
}

/** Directional movement (Wilder 1978), summed. */
export function directionalMovement(
  { high, low }: HighLow,
  periods: number,
  { seedCount = periods }: DirectionOptions = {},
): DirectionalMovement {
  const [up, down] = [changes(high), changes(low).map((change) => -change)];
  const rises = combined((a, b) => (a > b && a > 0 ? a : 0), up, down);
  const falls = combined((a, b) => (b > a && b > 0 ? b : 0), up, down);
  return {
    plus: wilderSums(rises, periods, seedCount),
    minus: wilderSums(falls, periods, seedCount),
  };
}

/** +DI and -DI: directional movement in percent of the true range. */
export function directionalIndicators(
  bars: HighLowClose,
  periods: number,
  { seedCount = periods }: DirectionOptions = {},
): DirectionalMovement {
  const { plus, minus } = directionalMovement(bars, periods, { seedCount });
  const ranges = wilderSums(trueRange(bars), periods, seedCount);
  const share = (moved: number, range: number): number => (100 * moved) / range;
  return { plus: combined(share, plus, ranges), minus: combined(share, minus, ranges) };
}

export interface DirectionalIndex {
  /** 100 |+DI - -DI| / (+DI + -DI); 0 where nothing moved. The true range cancels out of it. */
  readonly dx: Float64Array;
  /** Wilder's average of it. */
  readonly adx: Float64Array;
  /** Mean of it and of the one `ratingLag` ago. */
  readonly adxr: Float64Array;
}

export function directionalIndex(
  bars: HighLow,
  periods: number,
  options: DirectionOptions = {},
): DirectionalIndex {
  const { plus, minus } = directionalMovement(bars, periods, options);
  const { ratingLag = periods - 1 } = options;
  const dx = combined(
    (up, down) => (up + down === 0 ? 0 : (100 * Math.abs(up - down)) / (up + down)),
    plus,
    minus,
  );
  const adx = wilders(dx, periods);
  const adxr = combined((now, then) => (now + then) / 2, adx, lagged(adx, ratingLag));
  return { dx, adx, adxr };
}

export interface Aroon {
  readonly up: Float64Array;
  readonly down: Float64Array;
  readonly oscillator: Float64Array;
}

/**
 * Aroon (Chande 1995): how lately the window's high and low were, 100 for today.
 * @param ties which of equal extremes counts; the latest by default
 */
export function aroon({ high, low }: HighLow, periods: number, ties: Ties = 'latest'): Aroon {
  const since = (indices: Int32Array): Float64Array =>
    Float64Array.from(indices, (index, i) =>
      index < 0 ? NaN : (100 * (periods - (i - index))) / periods,
    );
  const up = since(highestIndices(high, periods + 1, ties));
  const down = since(lowestIndices(low, periods + 1, ties));
  return { up, down, oscillator: combined((a, b) => a - b, up, down) };
}

/** Vortex (Botes & Siepman 2010): distance of today's extremes from yesterday's opposite ones. */
export function vortex(bars: HighLowClose, periods: number): DirectionalMovement {
  const { high, low } = bars;
  const ranges = rollingSums(trueRange(bars, 'none'), periods);
  const against = (a: Float64Array, b: Float64Array): Float64Array => {
    const moves = combined((now, then) => Math.abs(now - then), a, lagged(b, 1));
    return combined((sum, range) => sum / range, rollingSums(moves, periods), ranges);
  };
  return { plus: against(high, low), minus: against(low, high) };
}

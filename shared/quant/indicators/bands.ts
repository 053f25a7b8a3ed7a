/** Bands around a price. */
import type { HighLow, HighLowClose } from './bars.ts';
import { rollingDeviation } from './dispersion.ts';
import { ema, sma, type EmaOptions } from './moving-averages.ts';
import { averageTrueRange, type FirstRange } from './ranges.ts';
import { combined, highest, lagged, lowest } from './windows.ts';

export interface PriceBands {
  readonly lower: Float64Array;
  readonly middle: Float64Array;
  readonly upper: Float64Array;
}

/** Bollinger's bands (1983): `width` standard deviations of the window around its mean. */
export function bollinger(values: Float64Array, periods = 20, width = 2, ddof = 0): PriceBands {
  return around(sma(values, periods), rollingDeviation(values, periods, ddof), width);
}

/** Any centre, `width` times something to either side. */
function around(middle: Float64Array, size: Float64Array, width: number): PriceBands {
  return {
    lower: combined((center, one) => center - width * one, middle, size),
    middle,
    upper: combined((center, one) => center + width * one, middle, size),
  };
}

/** Place of a value in its bands: 0 on the lower, 1 on the upper. */
export function percentB(values: Float64Array, { lower, upper }: PriceBands): Float64Array {
  return combined((value, least, most) => (value - least) / (most - least), values, lower, upper);
}

/** Upper less lower over the middle, a fraction. */
export function bandWidth({ lower, middle, upper }: PriceBands): Float64Array {
  return combined((least, most, center) => (most - least) / center, lower, upper, middle);
}

/** Keltner's channel in Raschke's form: average true ranges around an exponential average. */
export function keltner(
  bars: HighLowClose,
  {
    periods = 20,
    width = 2,
    rangePeriods = 10,
    seed,
    first = 'none',
  }: {
    readonly periods?: number;
    readonly width?: number;
    readonly rangePeriods?: number;
    readonly seed?: EmaOptions['seed'];
    readonly first?: FirstRange;
  } = {},
): PriceBands {
  const size = averageTrueRange(bars, rangePeriods, first);
  return around(ema(bars.close, periods, { seed }), size, width);
}

/** Stoller's bands: average true ranges around a simple average. */
export function starc(bars: HighLowClose, periods = 5, width = 2, rangePeriods = 10): PriceBands {
  return around(sma(bars.close, periods), averageTrueRange(bars, rangePeriods, 'none'), width);
}

/** Donchian's channel: highest high and lowest low of the window, `after` bars ago. */
export function donchian({ high, low }: HighLow, periods = 20, after = 0): PriceBands {
  const upper = lagged(highest(high, periods), after);
  const lower = lagged(lowest(low, periods), after);
  return { lower, upper, middle: combined((a, b) => (a + b) / 2, lower, upper) };
}

/** A ratio of the average to either side. */
export function envelope(middle: Float64Array, ratio: number): PriceBands {
  return around(middle, middle, ratio);
}

export interface Ichimoku {
  readonly conversion: Float64Array;
  readonly base: Float64Array;
  readonly spanA: Float64Array;
  readonly spanB: Float64Array;
  readonly lagging: Float64Array;
}

/** Ichimoku Kinko Hyo (Hosoda 1969): middles of three ranges, spans moved ahead, close moved back. */
export function ichimoku(
  bars: HighLowClose,
  { short = 9, middle = 26, long = 52, shift = 26 } = {},
): Ichimoku {
  const conversion = donchian(bars, short).middle;
  const base = donchian(bars, middle).middle;
  const spanA = combined((a, b) => (a + b) / 2, conversion, base);
  return {
    conversion,
    base,
    spanA: lagged(spanA, shift),
    spanB: lagged(donchian(bars, long).middle, shift),
    lagging: lagged(bars.close, -shift),
  };
}

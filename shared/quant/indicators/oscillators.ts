/** Where a price lies in its range. */
import {
  medianPrice,
  typicalPrice,
  type HighLow,
  type HighLowClose,
  type OpenHighLowClose,
} from './bars.ts';
import { ema, sma, wilders } from './moving-averages.ts';
import { rsi } from './momentum.ts';
import {
  valueAt,
  changes,
  combined,
  firstKnown,
  highest,
  lagged,
  lowest,
  rollingSums,
  undefinedSeries,
} from './windows.ts';

/** Percent of the way from the window's lowest low to its highest high; `flat` where they are equal. */
function rangePosition(
  { high, low, close }: HighLowClose,
  periods: number,
  flat = 0,
): Float64Array {
  const [top, bottom] = [highest(high, periods), lowest(low, periods)];
  return combined(
    (price, most, least) => (most === least ? flat : (100 * (price - least)) / (most - least)),
    close,
    top,
    bottom,
  );
}

export interface Stochastic {
  readonly k: Float64Array;
  readonly d: Float64Array;
  /** 3 %K - 2 %D. */
  readonly j: Float64Array;
}

/** Lane's stochastics: %K smoothed over `slowing` periods, %D its mean over `signal`. */
export function stochastic(
  bars: HighLowClose,
  {
    periods = 14,
    slowing = 3,
    signal = 3,
  }: { periods?: number; slowing?: number; signal?: number } = {},
): Stochastic {
  const k = sma(rangePosition(bars, periods), slowing);
  const d = sma(k, signal);
  return { k, d, j: combined((fast, slow) => 3 * fast - 2 * slow, k, d) };
}

/** Williams' %R, -100 to 0. */
export function williamsR(bars: HighLowClose, periods: number): Float64Array {
  return rangePosition(bars, periods, 100).map((position) => position - 100);
}

/** Stochastics of the relative strength index (Chande & Kroll 1994), 0 to 1. */
export function stochasticRsi(
  values: Float64Array,
  rsiPeriods: number,
  periods = rsiPeriods,
): Float64Array {
  const strength = rsi(values, rsiPeriods);
  const bars = { high: strength, low: strength, close: strength };
  return rangePosition(bars, periods).map((percent) => percent / 100);
}

/** Blau's stochastic momentum index (1993), -100 to 100. */
export function stochasticMomentum(
  { high, low, close }: HighLowClose,
  { periods = 13, slow = 25, fast = 2, signal = 3 } = {},
): { readonly smi: Float64Array; readonly signal: Float64Array } {
  const [top, bottom] = [highest(high, periods), lowest(low, periods)];
  const smooth = (series: Float64Array): Float64Array =>
    ema(ema(series, slow, { seed: 'first' }), fast, { seed: 'first' });
  const distance = combined((price, a, b) => price - (a + b) / 2, close, top, bottom);
  const range = combined((a, b) => (a - b) / 2, top, bottom);
  const smi = combined((a, b) => (100 * a) / b, smooth(distance), smooth(range));
  return { smi, signal: ema(smi, signal, { seed: 'first' }) };
}

/** Commodity channel index (Lambert 1980): off the mean, in 0.015 mean deviations. */
export function cci(bars: HighLowClose, periods: number): Float64Array {
  const prices = typicalPrice(bars);
  const means = sma(prices, periods);
  const deviations = meanDeviation(prices, periods);
  return combined(
    (price, mean, deviation) => (deviation === 0 ? 0 : (price - mean) / (0.015 * deviation)),
    prices,
    means,
    deviations,
  );
}

/**
 * Mean of |value - the window's mean|, or of that over the value. Each window is read whole, for its
 * mean is its own.
 */
export function meanDeviation(
  values: Float64Array,
  periods: number,
  over: 'one' | 'value' = 'one',
): Float64Array {
  const means = sma(values, periods);
  return means.map((mean, i) => {
    if (Number.isNaN(mean)) return NaN;
    let sum = 0;
    for (let j = i - periods + 1; j <= i; j += 1) {
      const value = valueAt(values, j);
      sum += Math.abs(value - mean) / (over === 'value' ? value : 1);
    }
    return sum / periods;
  });
}

/** Ultimate oscillator (Williams 1976): buying pressure over true range, three windows 4 : 2 : 1. */
export function ultimate(
  { high, low, close }: HighLowClose,
  [short, middle, long]: readonly [number, number, number] = [7, 14, 28],
): Float64Array {
  const before = lagged(close, 1);
  const floor = combined((a, b) => (Number.isNaN(b) ? NaN : Math.min(a, b)), low, before);
  const range = combined((a, b, c) => Math.max(a, c) - b, high, floor, before);
  const pressure = combined((price, least) => price - least, close, floor);
  const share = (periods: number): Float64Array =>
    combined((a, b) => a / b, rollingSums(pressure, periods), rollingSums(range, periods));
  return combined(
    (a, b, c) => (100 * (4 * a + 2 * b + c)) / 7,
    share(short),
    share(middle),
    share(long),
  );
}

/** Balance of power: (close - open) / (high - low), 0 where the bar has no range; smoothed. */
export function balanceOfPower(
  { open, high, low, close }: OpenHighLowClose,
  periods = 1,
): Float64Array {
  const range = combined((top, bottom) => top - bottom, high, low);
  const raw = combined((a, b, size) => (size > 0 ? (a - b) / size : 0), close, open, range);
  return sma(raw, periods);
}

/** Awesome oscillator (Williams): 5 less 34 days' mean of median prices. */
export function awesome(bars: HighLow, fast = 5, slow = 34): Float64Array {
  const prices = medianPrice(bars);
  return combined((a, b) => a - b, sma(prices, fast), sma(prices, slow));
}

/** Qstick (Chande): mean of close less open. */
export function qstick(
  { open, close }: Omit<OpenHighLowClose, 'high' | 'low'>,
  periods: number,
): Float64Array {
  return sma(
    combined((a, b) => a - b, close, open),
    periods,
  );
}

/**
 * Fisher transform of the price's place in its range (Ehlers 2002). `trigger` is the value before.
 * @param values as a rule median prices
 * @param growing begins with windows that are not full yet
 */
export function fisher(
  values: Float64Array,
  periods: number,
  { growing = false } = {},
): { readonly fisher: Float64Array; readonly trigger: Float64Array } {
  const transformed = undefinedSeries(values.length);
  const first = firstKnown(values);
  const [top, bottom] = [highest(values, periods), lowest(values, periods)];
  let [place, value] = [0, 0];
  for (let i = growing ? first : first + periods - 1; i < values.length; i += 1) {
    const window = values.subarray(first, i + 1);
    const most = Number.isNaN(valueAt(top, i)) ? Math.max(...window) : valueAt(top, i);
    const least = Number.isNaN(valueAt(bottom, i)) ? Math.min(...window) : valueAt(bottom, i);
    const share =
      most > least ? (valueAt(values, i) - least) / (most - least) - 0.5 : growing ? 0 : -0.5;
    place = most > least || !growing ? 0.66 * share + 0.67 * place : 0;
    place = place > 0.99 ? 0.999 : place < -0.99 ? -0.999 : place;
    value = Math.log((1 + place) / (1 - place)) / 2 + value / 2;
    transformed[i] = value;
  }
  const start = growing ? first : first + periods - 1;
  const trigger = transformed.map((_, i) =>
    i === start && !growing ? 0 : valueAt(transformed, i - 1),
  );
  return { fisher: transformed, trigger };
}

/** Relative vigor of a streak of rises or falls, with its length's RSI and the rank of the change. */
export function connorsRsi(
  values: Float64Array,
  { periods = 3, streakPeriods = 2, rankPeriods = 100 } = {},
): {
  readonly rsi: Float64Array;
  readonly streakRsi: Float64Array;
  readonly rank: Float64Array;
  readonly connors: Float64Array;
  readonly streak: Float64Array;
} {
  const moves = changes(values);
  let streak = 0;
  const streaks = moves.map((move) => {
    const sign = Number.isNaN(move) ? 0 : Math.sign(move);
    streak = sign === 0 ? 0 : sign === Math.sign(streak) ? streak + sign : sign;
    return streak;
  });
  const rates = combined((move, before) => move / before, moves, lagged(values, 1));
  // The first rank has one change less to be compared with; the mean of all three waits for the next.
  const start = firstKnown(values) + rankPeriods;
  const rank = rates.map((rate, i) => {
    if (!(i >= start)) return NaN;
    let below = 0;
    for (let j = i - rankPeriods; j < i; j += 1) if (valueAt(rates, j) < rate) below += 1;
    return (100 * below) / rankPeriods;
  });
  const [own, lengths] = [rsi(values, periods), rsi(streaks, streakPeriods)];
  return {
    rsi: own,
    streakRsi: lengths,
    rank,
    streak: streaks,
    connors: own.map((strength, i) =>
      i <= start ? NaN : (strength + valueAt(lengths, i) + valueAt(rank, i)) / 3,
    ),
  };
}

/** Alligator (Williams): smoothed medians, moved ahead. */
export function alligatorLine(values: Float64Array, periods: number, ahead: number): Float64Array {
  return lagged(wilders(values, periods), ahead);
}

/** Mesa sine wave (Ehlers 1996): sine of the phase of the last cycle, and of 45° later. */
export function mesaSineWave(
  values: Float64Array,
  periods: number,
): { readonly sine: Float64Array; readonly lead: Float64Array } {
  const start = firstKnown(values) + periods;
  const phases = values.map((_, i) => (i < start ? NaN : phaseOf(values, i, periods)));
  return { sine: phases.map(Math.sin), lead: phases.map((phase) => Math.sin(phase + Math.PI / 4)) };
}

function phaseOf(values: Float64Array, i: number, periods: number): number {
  let [real, imaginary] = [0, 0];
  for (let j = 0; j < periods; j += 1) {
    const angle = (2 * Math.PI * j) / periods;
    real += Math.cos(angle) * valueAt(values, i - j);
    imaginary += Math.sin(angle) * valueAt(values, i - j);
  }
  const half =
    Math.abs(real) > 0.001 ? Math.atan(imaginary / real) : (Math.PI / 2) * Math.sign(imaginary);
  const turned = (real < 0 ? half + Math.PI : half) + Math.PI / 2;
  return ((turned % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI);
}

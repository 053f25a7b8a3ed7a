/** How far and how fast prices moved. */
import {
  ema,
  emaChain,
  sma,
  wilders,
  type ChainOptions,
  type EmaOptions,
} from './moving-averages.ts';
import { valueAt, changes, combined, firstKnown, lagged, rollingSums } from './windows.ts';

/** Change since `periods` ago, in units of price. */
export function momentum(values: Float64Array, periods: number): Float64Array {
  return changes(values, periods);
}

/** Relative change since `periods` ago, a fraction. */
export function rateOfChange(values: Float64Array, periods: number): Float64Array {
  return combined((now, then) => now / then - 1, values, lagged(values, periods));
}

/**
 * Relative strength index (Wilder 1978), 0 to 100: mean gain over mean gain plus mean loss, both
 * smoothed by Wilder. Where nothing fell it is 100, in a market that stood still 50 or as the option says.
 *
 * @param seed of the smoothing: `mean` of the first `periods` changes, the `first` change, or `zero`
 *   before it
 * @param still where neither gain nor loss is left
 */
export function rsi(
  values: Float64Array,
  periods: number,
  { seed = 'mean', still = 50 }: { seed?: 'mean' | 'first' | 'zero'; still?: number } = {},
): Float64Array {
  const moves = changes(values);
  if (seed === 'zero') moves[firstKnown(values)] = 0;
  const start = seed === 'mean' ? 'mean' : 'first';
  const gains = wilders(gainsOf(moves), periods, start);
  const losses = wilders(lossesOf(moves), periods, start);
  return combined(
    (up, down) => (up + down === 0 ? still : (100 * up) / (up + down)),
    gains,
    losses,
  );
}

/** Chande's momentum oscillator (1994), -100 to 100: gains less losses over both. */
export function cmo(values: Float64Array, periods: number): Float64Array {
  const moves = changes(values);
  const gains = rollingSums(gainsOf(moves), periods);
  const losses = rollingSums(lossesOf(moves), periods);
  return combined(
    (up, down) => (up + down === 0 ? 0 : (100 * (up - down)) / (up + down)),
    gains,
    losses,
  );
}

function gainsOf(moves: Float64Array): Float64Array {
  return moves.map((move) => Math.max(move, 0));
}

function lossesOf(moves: Float64Array): Float64Array {
  return moves.map((move) => Math.max(-move, 0));
}

export interface AverageDifference {
  readonly fast: Float64Array;
  readonly slow: Float64Array;
  /** Fast less slow: the absolute price oscillator. */
  readonly absolute: Float64Array;
  /** The same in percent of the slow one. */
  readonly percent: Float64Array;
}

/** Two exponential averages, and how far the fast lies off the slow. */
export function emaDifference(
  values: Float64Array,
  fastPeriods: number,
  slowPeriods: number,
  options: EmaOptions = {},
): AverageDifference {
  const fast = ema(values, fastPeriods, options);
  const slow = ema(values, slowPeriods, options);
  return {
    fast,
    slow,
    absolute: combined((a, b) => a - b, fast, slow),
    percent: combined((a, b) => (100 * (a - b)) / b, fast, slow),
  };
}

export interface Macd {
  readonly fast: Float64Array;
  readonly slow: Float64Array;
  readonly line: Float64Array;
  readonly signal: Float64Array;
  readonly histogram: Float64Array;
}

export interface MacdOptions {
  readonly fast?: number;
  readonly slow?: number;
  readonly signal?: number;
  readonly seed?: EmaOptions['seed'];
  /** Factors of fast and slow where they are not 2/(periods + 1): Appel's own were 0.15 and 0.075. */
  readonly factors?: readonly [number, number] | undefined;
  /** False leaves the line as it is before the slow average has seen a window. */
  readonly settled?: boolean;
  /** `percent` of the slow average instead of its own units: PPO; of volumes: PVO. */
  readonly unit?: 'price' | 'percent';
}

/**
 * Moving average convergence/divergence (Appel 1979). The line starts when the slow average has seen a
 * window, whatever the seed; the signal is an EMA of the line.
 */
export function macd(values: Float64Array, options: MacdOptions = {}): Macd {
  const {
    fast: fastPeriods = 12,
    slow: slowPeriods = 26,
    signal: smooth = 9,
    seed,
    factors,
    settled,
  } = options;
  const fast = ema(values, fastPeriods, { seed, factor: factors?.[0] });
  const slow = ema(values, slowPeriods, { seed, factor: factors?.[1] });
  const start = settled === false ? 0 : firstKnown(values) + slowPeriods - 1;
  const scale = options.unit === 'percent';
  const line = values.map((_, i) => {
    if (i < start) return NaN;
    const difference = valueAt(fast, i) - valueAt(slow, i);
    return scale ? (100 * difference) / valueAt(slow, i) : difference;
  });
  const signal = ema(line, smooth, { seed });
  return { fast, slow, line, signal, histogram: combined((a, b) => a - b, line, signal) };
}

/** Change of a triple exponential average in percent; of the value before, or of the `current` one. */
export function trix(
  values: Float64Array,
  periods: number,
  { of = 'previous', ...options }: ChainOptions & { of?: 'previous' | 'current' } = {},
): { readonly average: Float64Array; readonly trix: Float64Array } {
  const average = emaChain(values, periods, 3, options)[2] ?? values;
  const before = lagged(average, 1);
  return {
    average,
    trix: combined(
      (now, then) => (100 * (now - then)) / (of === 'previous' ? then : now),
      average,
      before,
    ),
  };
}

/** True strength index (Blau 1991): the change smoothed twice over its size smoothed twice, percent. */
export function tsi(
  values: Float64Array,
  slow = 25,
  fast = 13,
  { seed }: EmaOptions = {},
): Float64Array {
  const moves = changes(values);
  const smooth = (series: Float64Array): Float64Array =>
    ema(ema(series, slow, { seed }), fast, { seed });
  return combined((a, b) => (100 * a) / b, smooth(moves), smooth(moves.map(Math.abs)));
}

/** Know sure thing (Pring 1992): four rates of change in percent, smoothed, weighted 1 to 4. */
export function kst(
  values: Float64Array,
  rates: readonly number[] = [10, 15, 20, 30],
  averages: readonly number[] = [10, 10, 10, 15],
): Float64Array {
  const parts = rates.map((rate, k) => sma(rateOfChange(values, rate), averages[k] ?? 1));
  return values.map((_, i) =>
    parts.reduce((sum, part, k) => sum + 100 * (k + 1) * valueAt(part, i), 0),
  );
}

/** Detrended price: the value half a window and one ago, less the window's mean. */
export function dpo(values: Float64Array, periods: number): Float64Array {
  const then = lagged(values, Math.floor(periods / 2) + 1);
  return combined((value, mean) => value - mean, then, sma(values, periods));
}

/** Price momentum oscillator (Swenlin): a rate of change smoothed twice. */
export function pmo(values: Float64Array, time = 35, smooth = 20): Float64Array {
  const rates = rateOfChange(values, 1).map((rate) => 100 * rate);
  const first = ema(rates, time, { factor: 2 / time }).map((value) => 10 * value);
  return ema(first, smooth, { factor: 2 / smooth });
}

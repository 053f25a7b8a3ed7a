/** Prices weighed by the shares that changed hands. Volumes are shares. */
import {
  typicalPrice,
  type BarsWithVolume,
  type CloseVolume,
  type HighLow,
  type HighLowClose,
  type HighLowVolume,
} from './bars.ts';
import { ema, sma, type EmaOptions } from './moving-averages.ts';
import { rateOfChange } from './momentum.ts';
import { valueAt, changes, combined, cumulated, rollingSums } from './windows.ts';

/** On balance volume (Granville 1963): volumes of rises less volumes of falls, from 0 (or `start`) on. */
export function onBalanceVolume({ close, volume }: CloseVolume, start = 0): Float64Array {
  let balance = start;
  return close.map((price, i) => {
    if (i > 0) balance += Math.sign(price - valueAt(close, i - 1)) * valueAt(volume, i);
    return balance;
  });
}

/** -1 where the bar closed at its low, 1 at its high; 0 for a bar without a range. */
export function moneyFlowMultiplier({ high, low, close }: HighLowClose): Float64Array {
  return combined(
    (price, top, bottom) => (top === bottom ? 0 : (2 * price - bottom - top) / (top - bottom)),
    close,
    high,
    low,
  );
}

export function moneyFlowVolume(bars: BarsWithVolume): Float64Array {
  return combined((share, volume) => share * volume, moneyFlowMultiplier(bars), bars.volume);
}

/** Accumulation/distribution line (Chaikin). */
export function accumulation(bars: BarsWithVolume): Float64Array {
  return cumulated(moneyFlowVolume(bars));
}

/** Chaikin's oscillator: a fast less a slow average of the accumulation/distribution line. */
export function chaikinOscillator(
  bars: BarsWithVolume,
  fast = 3,
  slow = 10,
  options: EmaOptions = {},
): Float64Array {
  const line = accumulation(bars);
  return combined((a, b) => a - b, ema(line, fast, options), ema(line, slow, options)).map(
    (value, i) => (i < slow - 1 ? NaN : value),
  );
}

/** Chaikin's money flow: money flow volume over volume of the window. */
export function chaikinMoneyFlow(bars: BarsWithVolume, periods = 20): Float64Array {
  const flow = rollingSums(moneyFlowVolume(bars), periods);
  return combined((a, b) => a / b, flow, rollingSums(bars.volume, periods));
}

/** Money flow index (Quong & Soudack 1989), 0 to 100: an RSI of typical price x volume. */
export function moneyFlowIndex(bars: BarsWithVolume, periods: number): Float64Array {
  const prices = typicalPrice(bars);
  const moves = changes(prices);
  const flow = (sign: 1 | -1): Float64Array =>
    combined(
      (move, price, volume) => (Number.isNaN(move) ? NaN : move * sign > 0 ? price * volume : 0),
      moves,
      prices,
      bars.volume,
    );
  return combined(
    (up, down) => (down === 0 ? 100 : (100 * up) / (up + down)),
    rollingSums(flow(1), periods),
    rollingSums(flow(-1), periods),
  );
}

/** Ease of movement (Arms): change of the median price per volume, in units of `scale` shares. */
export function easeOfMovement({ high, low, volume }: HighLowVolume, scale = 10_000): Float64Array {
  const middles = combined((top, bottom) => (top + bottom) / 2, high, low);
  return changes(middles).map((move, i) => {
    const range = valueAt(high, i) - valueAt(low, i);
    return range === 0 ? 0 : (move * range * scale) / valueAt(volume, i);
  });
}

/**
 * Klinger's volume oscillator (1997): a fast less a slow average of the volume force,
 * volume x |2 dm/cm - 1| x 100 x trend; cm adds up the ranges dm of the bars of one trend. `doubled`
 * takes |2 (dm/cm - 1)| instead.
 */
export function klinger(
  bars: BarsWithVolume,
  fast = 34,
  slow = 55,
  { doubled = false, ...options }: EmaOptions & { doubled?: boolean } = {},
): Float64Array {
  const force = volumeForce(bars, doubled);
  return combined((a, b) => a - b, ema(force, fast, options), ema(force, slow, options));
}

function volumeForce({ high, low, close, volume }: BarsWithVolume, doubled: boolean): Float64Array {
  const sums = high.map((top, i) => top + valueAt(low, i) + valueAt(close, i));
  const ranges = combined((top, bottom) => top - bottom, high, low);
  let [trend, total] = [0, 0];
  const start = doubled ? 2 : 1;
  return sums.map((sum, i) => {
    if (i === 0) return NaN;
    const [before, range] = [valueAt(sums, i - 1), valueAt(ranges, i)];
    const next = sum > before ? 1 : doubled ? -1 : sum < before ? -1 : trend;
    total = next === trend ? total + range : valueAt(ranges, i - 1) + range;
    trend = next;
    if (i < start) return NaN;
    const share = range / total;
    const size = doubled ? (range === 0 ? 2 : Math.abs(2 * (share - 1))) : Math.abs(2 * share - 1);
    return valueAt(volume, i) * size * 100 * trend;
  });
}

/** Negative volume index (Dysart): follows prices on days when volume falls; from 1000. */
export function negativeVolume(bars: CloseVolume): Float64Array {
  return volumeIndex(bars, (volume, before) => volume < before);
}

/** Positive volume index: follows prices on days when volume rises; from 1000. */
export function positiveVolume(bars: CloseVolume): Float64Array {
  return volumeIndex(bars, (volume, before) => volume > before);
}

function volumeIndex(
  { close, volume }: CloseVolume,
  counts: (volume: number, before: number) => boolean,
): Float64Array {
  let index = 1000;
  return close.map((price, i) => {
    if (i > 0 && counts(valueAt(volume, i), valueAt(volume, i - 1)))
      index *= price / valueAt(close, i - 1);
    return index;
  });
}

/** A fast less a slow mean of volume, in percent of the slow one. */
export function volumeOscillator(volume: Float64Array, fast: number, slow: number): Float64Array {
  return combined((a, b) => (100 * (a - b)) / b, sma(volume, fast), sma(volume, slow));
}

/** Williams' accumulation/distribution: close off the true low on rises, off the true high on falls. */
export function williamsAccumulation({ high, low, close }: HighLowClose): Float64Array {
  const moves = close.map((price, i) => {
    const before = valueAt(close, i - 1);
    if (price > before) return price - Math.min(before, valueAt(low, i));
    if (price < before) return price - Math.max(before, valueAt(high, i));
    return i === 0 ? NaN : 0;
  });
  return cumulated(moves);
}

/** Market facilitation index (Williams): range per share. */
export function marketFacilitation({ high, low, volume }: HighLowVolume): Float64Array {
  return combined((top, bottom, shares) => (top - bottom) / shares, high, low, volume);
}

/** Volume price trend: running total of volume x relative change. */
export function volumePriceTrend({ close, volume }: CloseVolume): Float64Array {
  return cumulated(combined((rate, shares) => rate * shares, rateOfChange(close, 1), volume));
}

/** Elder's force index (1993): change x volume, smoothed. */
export function forceIndex(
  { close, volume }: CloseVolume,
  periods = 13,
  options?: EmaOptions,
): Float64Array {
  return ema(
    combined((move, shares) => move * shares, changes(close), volume),
    periods,
    options,
  );
}

/** Volume-weighted average price from the start, or of the last bars: as many as there are at first. */
export function vwap(bars: BarsWithVolume, periods = Infinity): Float64Array {
  const traded = combined((price, shares) => price * shares, typicalPrice(bars), bars.volume);
  const total = (values: Float64Array): Float64Array => {
    const all = cumulated(values);
    if (periods >= values.length) return all;
    const windows = rollingSums(values, periods);
    return all.map((sum, i) => (i < periods ? sum : valueAt(windows, i)));
  };
  return combined((a, b) => a / b, total(traded), total(bars.volume));
}

/** Bull and bear power (Elder): high and low less the average of closes. */
export function elderRay(
  { high, low, close }: HighLow & { readonly close: Float64Array },
  periods = 13,
  options?: EmaOptions,
): { readonly average: Float64Array; readonly bull: Float64Array; readonly bear: Float64Array } {
  const average = ema(close, periods, options);
  const off = (price: number, mean: number): number => price - mean;
  return { average, bull: combined(off, high, average), bear: combined(off, low, average) };
}

/** Columns of daily bars, oldest first, all of one length; a price series has them all. */
export interface HighLow {
  readonly high: Float64Array;
  readonly low: Float64Array;
}
export interface HighLowClose extends HighLow {
  readonly close: Float64Array;
}
export interface OpenHighLowClose extends HighLowClose {
  readonly open: Float64Array;
}
export interface CloseVolume {
  readonly close: Float64Array;
  readonly volume: Float64Array;
}
export interface HighLowVolume extends HighLow {
  readonly volume: Float64Array;
}
export type BarsWithVolume = HighLowClose & CloseVolume;

/** (open + high + low + close) / 4 */
export function averagePrice({ open, high, low, close }: OpenHighLowClose): Float64Array {
  return open.map((price, i) => (price + of(high, i) + of(low, i) + of(close, i)) / 4);
}

/** (high + low) / 2 */
export function medianPrice({ high, low }: HighLow): Float64Array {
  return high.map((price, i) => (price + of(low, i)) / 2);
}

/** (high + low + close) / 3 */
export function typicalPrice({ high, low, close }: HighLowClose): Float64Array {
  return high.map((price, i) => (price + of(low, i) + of(close, i)) / 3);
}

/** (high + low + 2 close) / 4 */
export function weightedClose({ high, low, close }: HighLowClose): Float64Array {
  return high.map((price, i) => (price + of(low, i) + 2 * of(close, i)) / 4);
}

function of(values: Float64Array, i: number): number {
  return values[i] ?? NaN;
}

/**
 * Intervals by the stationary bootstrap (Politis and Romano, "The Stationary Bootstrap", Journal of the American
 * Statistical Association 89, 1994): series of the same length are put together from blocks whose lengths are
 * geometric, so that returns keep their dependence in time.
 */
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';

export interface BootstrapOptions {
  readonly seed: string;
  readonly samples: number;
  /** Mean length of a block. */
  readonly blockLength: number;
  /** Share of samples that lie inside. */
  readonly confidence: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Share of samples above 0. */
  readonly aboveZeroRatio: number;
}

/** @param statistic of the indices of a sample */
export function stationaryBootstrap(
  length: number,
  statistic: (indices: Int32Array) => number,
  { seed, samples, blockLength, confidence }: BootstrapOptions,
): Interval {
  const random = seededRandom(seed);
  const indices = new Int32Array(length);
  const values = Float64Array.from({ length: samples }, () => {
    let at = 0;
    for (let i = 0; i < length; i += 1) {
      const begins = i === 0 || random() < 1 / blockLength;
      at = begins ? integerBelow(random, length) : (at + 1) % length;
      indices[i] = at;
    }
    return statistic(indices);
  }).sort();
  const rank = (share: number): number =>
    values[Math.min(samples - 1, Math.max(0, Math.round(share * (samples - 1))))] ?? NaN;
  const outside = (1 - confidence) / 2;
  return {
    low: rank(outside),
    high: rank(1 - outside),
    aboveZeroRatio: values.filter((value) => value > 0).length / samples,
  };
}

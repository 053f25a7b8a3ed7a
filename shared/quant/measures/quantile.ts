/** Order statistics of a series. */
import { withoutMissing, type Series } from './moments.ts';

/** Between which two neighbours of the sorted sample a quantile is looked for, and what is taken. */
export type Interpolation = 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint';

export function sorted(values: Series): Float64Array {
  return withoutMissing(values).sort();
}

/**
 * How many of `count` observations a share makes: whole where it is whole but for rounding. 1 - 0.95
 * is a little more than 0.05 in binary, and a ceiling of 100 times it would take the sixth of five.
 */
export function shareOf(count: number, share: number): number {
  const part = share * count;
  const whole = Math.round(part);
  return Math.abs(part - whole) <= SHARE_ERROR * Math.max(1, count) ? whole : part;
}

/** Of shares that are differences of decimals, such as 1 - 0.975. */
const SHARE_ERROR = 1e-13;

/**
 * The value below which a share of the sample lies, at position (n - 1) x share of the sorted sample
 * (Hyndman & Fan 1996, type 7).
 *
 * @param share from 0 to 1
 */
export function quantile(
  values: Series,
  share: number,
  interpolation: Interpolation = 'linear',
): number {
  const ranked = sorted(values);
  if (ranked.length === 0) return NaN;
  const position = (ranked.length - 1) * share;
  const low = Math.floor(position);
  const [below = NaN, above = NaN] = [ranked[low], ranked[Math.ceil(position)]];
  switch (interpolation) {
    case 'lower':
      return below;
    case 'higher':
      return above;
    case 'nearest':
      return ranked[roundedToEven(position)] ?? NaN;
    case 'midpoint':
      return (below + above) / 2;
    default:
      return below + (above - below) * (position - low);
  }
}

/**
 * Replaces the lowest and the highest share of the sample by the nearest value that stays
 * (winsorising).
 * @param share of the sample at each end, from 0 to 0.5
 */
export function winsorised(values: Series, share: number): Float64Array {
  const ranked = sorted(values);
  const cut = Math.floor(ranked.length * share + 1e-12);
  const [low = NaN, high = NaN] = [ranked[cut], ranked[ranked.length - 1 - cut]];
  return Float64Array.from(values).map((value) => Math.min(Math.max(value, low), high));
}

/** Maps the sample's range linearly onto another. */
export function rescaled(values: Series, least = 0, most = 1): Float64Array {
  const ranked = sorted(values);
  const [low = NaN, high = NaN] = [ranked[0], ranked.at(-1)];
  return Float64Array.from(values).map(
    (value) => least + ((value - low) / (high - low)) * (most - least),
  );
}

function roundedToEven(position: number): number {
  const low = Math.floor(position);
  if (position - low !== 0.5) return Math.round(position);
  return low % 2 === 0 ? low : low + 1;
}

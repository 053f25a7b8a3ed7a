/**
 * Robust standard scores of a cross-section. The median and the median absolute deviation (MAD) are
 * not moved by a few extreme values, as mean and standard deviation are.
 */
import { mean } from '#shared/quant/measures/moments.ts';
import { quantile } from '#shared/quant/measures/quantile.ts';

/** MAD × 1.4826 estimates the standard deviation of normal data (Rousseeuw & Croux 1993). */
const MAD_TO_DEVIATION = 1.4826;
/**
 * Mean absolute deviation × 1.2533 does too; it steps in where more than half of the values are
 * equal and the MAD is therefore 0 (Iglewicz & Hoaglin 1993).
 */
const MEAN_TO_DEVIATION = 1.2533;
/**
 * Beyond three deviations a value counts as extreme, whatever its size.
 * @internal exported for its tests
 */
export const Z_MAX = 3;
/** A single value cannot be compared with anything. */
const PEERS_MIN = 2;

/**
 * @param values NaN where unknown
 * @returns z within ±Z_MAX; NaN where unknown, and for all where fewer than PEERS_MIN are known
 */
export function robustZ(values: Float64Array): Float64Array {
  // Sorted, so that the order of securities cannot change a sum by rounding.
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  if (known.length < PEERS_MIN) return new Float64Array(values.length).fill(NaN);
  const centre = quantile(known, 0.5);
  const deviation = spread(known, centre);
  return values.map((value) => {
    if (deviation === 0 && !Number.isNaN(value)) return 0;
    return Math.max(-Z_MAX, Math.min(Z_MAX, (value - centre) / deviation));
  });
}

function spread(sorted: Float64Array, centre: number): number {
  const distances = sorted.map((value) => Math.abs(value - centre));
  const mad = quantile(distances, 0.5) * MAD_TO_DEVIATION;
  return mad > 0 ? mad : mean(distances.sort()) * MEAN_TO_DEVIATION;
}

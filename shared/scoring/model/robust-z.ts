/**
 * Robust standard scores of a cross-section. The median and the median absolute deviation (MAD) are
 * not moved by a few extreme values, as mean and standard deviation are.
 */

/** MAD × 1.4826 estimates the standard deviation of normal data (Rousseeuw & Croux 1993). */
const MAD_TO_DEVIATION = 1.4826;
/**
 * Mean absolute deviation × 1.2533 does too; it steps in where more than half of the values are
 * equal and the MAD is therefore 0 (Iglewicz & Hoaglin 1993).
 */
const MEAN_TO_DEVIATION = 1.2533;
/** Beyond three deviations a value says "extreme", and not by how much. */
export const Z_MAX = 3;
/** A single value cannot be compared with anything. */
export const PEERS_MIN = 2;

/**
 * @param values NaN where unknown
 * @returns z within ±Z_MAX; NaN where unknown, and for all where fewer than PEERS_MIN are known
 */
export function robustZ(values: Float64Array): Float64Array {
  // Sorted, so that the order of securities cannot change a sum by rounding.
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  if (known.length < PEERS_MIN) return new Float64Array(values.length).fill(NaN);
  const centre = median(known);
  const deviation = spread(known, centre);
  return values.map((value) => {
    if (deviation === 0 && !Number.isNaN(value)) return 0;
    return Math.max(-Z_MAX, Math.min(Z_MAX, (value - centre) / deviation));
  });
}

function spread(sorted: Float64Array, centre: number): number {
  const distances = sorted.map((value) => Math.abs(value - centre)).sort();
  const mad = median(distances) * MAD_TO_DEVIATION;
  if (mad > 0) return mad;
  const sum = distances.reduce((total, distance) => total + distance, 0);
  return (sum / distances.length) * MEAN_TO_DEVIATION;
}

function median(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/**
 * Share of a standard normal population below z, by the series of G. Marsaglia, "Evaluating the
 * Normal Distribution", Journal of Statistical Software 11/4 (2004); exact to about 1e-15.
 */
export function normalCdf(z: number): number {
  let [sum, term] = [z, z];
  for (let k = 3; Math.abs(term) > 1e-17; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

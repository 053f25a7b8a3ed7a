/**
 * Noise in a correlation matrix, by the eigenvalues it would have without any information
 * (Marčenko, Pastur, "Distribution of eigenvalues for some sets of random matrices", 1967; Lopez de
 * Prado, "Machine learning for asset managers", 2020, chapter 2).
 */
import { correlationOf, covarianceOf, deviations } from './covariance.ts';
import { at, fromSpectrum, spectrum, sum, type Rows } from '#shared/quant/linear-algebra/matrix.ts';

export interface NoiseBand {
  readonly least: number;
  readonly most: number;
}

/**
 * Eigenvalues of pure noise lie between variance (1 -+ sqrt(n/T))^2.
 * @param periodsPerSecurity T/n
 */
export function noiseBand(periodsPerSecurity: number, variance = 1): NoiseBand {
  const edge = Math.sqrt(1 / periodsPerSecurity);
  return { least: variance * (1 - edge) ** 2, most: variance * (1 + edge) ** 2 };
}

/** Density of the eigenvalues of noise; 0 outside of the band. */
export function noiseDensity(value: number, periodsPerSecurity: number, variance = 1): number {
  const { least, most } = noiseBand(periodsPerSecurity, variance);
  if (value <= least || value >= most) return 0;
  const height = Math.sqrt((most - value) * (value - least));
  return (periodsPerSecurity * height) / (2 * Math.PI * variance * value);
}

const GRID = 1000;

/**
 * Share of the variance that is noise: the one whose density is nearest to the smoothed density of
 * the eigenvalues (Gaussian kernel) in the sum of squares over the band.
 */
function noiseVariance(
  values: ArrayLike<number>,
  periodsPerSecurity: number,
  bandwidth = 0.01,
): number {
  const misfit = (variance: number): number => {
    const { least, most } = noiseBand(periodsPerSecurity, variance);
    let total = 0;
    for (let k = 0; k < GRID; k += 1) {
      const x = least + ((most - least) * k) / (GRID - 1);
      const gap = kernelDensity(values, x, bandwidth);
      total += (gap - noiseDensity(x, periodsPerSecurity, variance)) ** 2;
    }
    return total;
  };
  const steps = Array.from({ length: 199 }, (_, k) => (k + 1) / 200);
  return steps.reduce(
    (best, variance) => {
      const value = misfit(variance);
      return value < best.value ? { variance, value } : best;
    },
    { variance: 1, value: Infinity },
  ).variance;
}

function kernelDensity(values: ArrayLike<number>, x: number, bandwidth: number): number {
  let total = 0;
  for (let k = 0; k < values.length; k += 1)
    total += Math.exp(-(((x - at(values, k)) / bandwidth) ** 2) / 2);
  return total / (values.length * bandwidth * Math.sqrt(2 * Math.PI));
}

export interface DenoisingOptions {
  /** Eigenvalues kept as they are, the largest ones; those above the noise where not given. */
  readonly factors?: number | undefined;
  /** The variance of the noise; fitted where not given. */
  readonly variance?: number | undefined;
  /** Share of the noise's own correlations that is kept: 0 (default) gives it one eigenvalue. */
  readonly keptRatio?: number | undefined;
}

/**
 * The covariance whose eigenvalues of noise are all their mean (constant residual eigenvalue), with
 * the variances as they were.
 * @param periods T of the returns behind it
 */
export function denoisedCovariance(
  covariance: Rows,
  periods: number,
  options: DenoisingOptions = {},
): Rows {
  const n = covariance.length;
  const { values, vectors } = spectrum(correlationOf(covariance));
  const variance = options.variance ?? noiseVariance(values, periods / n);
  const { most } = noiseBand(periods / n, variance);
  const noisy = n - (options.factors ?? values.filter((value) => value > most).length);
  const mean = sum(values.slice(0, noisy)) / Math.max(1, noisy);
  const kept = options.keptRatio ?? 0;
  const smoothed = values.map((value, k) => (k < noisy ? kept * value + (1 - kept) * mean : value));
  return covarianceOf(
    correlationOf(fromSpectrum({ values: smoothed, vectors })),
    deviations(covariance),
  );
}

/** The covariance without its `markets` largest common movements, with the variances as they were. */
export function detonedCovariance(covariance: Rows, markets = 1): Rows {
  const { values, vectors } = spectrum(correlationOf(covariance));
  const from = values.length - markets;
  const rest = fromSpectrum({ values: values.map((value, k) => (k < from ? value : 0)), vectors });
  return covarianceOf(correlationOf(rest), deviations(covariance));
}

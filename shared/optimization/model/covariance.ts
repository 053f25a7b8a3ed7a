/**
 * Covariance of returns, shrunk towards a structured target by the intensity that minimises the
 * expected squared error (Ledoit and Wolf). All figures are per period with divisor T; `annualised`
 * makes them yearly.
 *
 * Targets:
 * - `constant-correlation`: Ledoit, Wolf, "Honey, I shrunk the sample covariance matrix", Journal of
 *   Portfolio Management 30/4 (2004). The default: shares of one universe are alike in correlation,
 *   not in volatility, and the target keeps each variance as observed.
 * - `identity`: Ledoit, Wolf, "A well-conditioned estimator for large-dimensional covariance
 *   matrices", Journal of Multivariate Analysis 88/2 (2004).
 * - `single-factor`: Ledoit, Wolf, "Improved estimation of the covariance matrix of stock returns
 *   with an application to portfolio selection", Journal of Empirical Finance 10/5 (2003); the
 *   factor is the equally weighted mean return.
 */
import { at, build, cell, diagonal, sum, type Rows } from './matrix.ts';

export const TRADING_DAYS_PER_YEAR = 252;

export type ShrinkageTarget = 'constant-correlation' | 'identity' | 'single-factor';

export interface ShrunkCovariance {
  readonly covariance: Rows;
  /** 0 is the sample covariance, 1 the target. */
  readonly intensity: number;
}

interface Sample {
  /** Columns of deviations from the mean. */
  readonly deviations: readonly Float64Array[];
  readonly periods: number;
  readonly covariance: Rows;
  /** Asymptotic variance of each entry times T: mean of (x_i x_j - s_ij)^2. */
  readonly entryVariance: Rows;
}

/** @param columns one column of returns for each security, all of one length above 1 */
export function sampleCovariance(
  columns: readonly Float64Array[],
  divisor: 'T' | 'T-1' = 'T',
): Rows {
  const deviations = columns.map(centred);
  const periods = columns[0]?.length ?? 0;
  const count = divisor === 'T' ? periods : periods - 1;
  return symmetric(columns.length, (i, j) => product(deviations[i], deviations[j]) / count);
}

/** @param columns as for `sampleCovariance` */
export function shrunkCovariance(
  columns: readonly Float64Array[],
  target: ShrinkageTarget = 'constant-correlation',
): ShrunkCovariance {
  const sample = sampleOf(columns);
  const { aim, covarianceWithAim } = targets[target](sample);
  const n = columns.length;
  const variance = total(sample.entryVariance);
  const distance = total(
    build(n, (i, j) => (cell(aim, i, j) - cell(sample.covariance, i, j)) ** 2),
  );
  const wanted = distance > 0 ? (variance - covarianceWithAim) / distance / sample.periods : 0;
  const intensity = Math.min(1, Math.max(0, wanted));
  return {
    intensity,
    covariance: symmetric(
      n,
      (i, j) => intensity * cell(aim, i, j) + (1 - intensity) * cell(sample.covariance, i, j),
    ),
  };
}

export function annualised(covariance: Rows): Rows {
  return covariance.map((row) => row.map((value) => value * TRADING_DAYS_PER_YEAR));
}

export function correlation(covariance: Rows): Rows {
  const deviation = diagonal(covariance).map(Math.sqrt);
  return build(covariance.length, (i, j) => {
    const scale = at(deviation, i) * at(deviation, j);
    if (i === j) return 1;
    return scale > 0 ? Math.min(1, Math.max(-1, cell(covariance, i, j) / scale)) : 0;
  });
}

interface Target {
  readonly aim: Rows;
  /** Sum over all entries of the asymptotic covariance of target and sample, times T (rho). */
  readonly covarianceWithAim: number;
}

const targets: Record<ShrinkageTarget, (sample: Sample) => Target> = {
  identity: ({ covariance }) => {
    const mean = sum(diagonal(covariance)) / covariance.length;
    return { aim: build(covariance.length, (i, j) => (i === j ? mean : 0)), covarianceWithAim: 0 };
  },
  'constant-correlation': constantCorrelation,
  'single-factor': singleFactor,
};

function constantCorrelation(sample: Sample): Target {
  const { covariance, deviations, periods, entryVariance } = sample;
  const n = covariance.length;
  const deviation = diagonal(covariance).map(Math.sqrt);
  const correlations = correlation(covariance);
  const mean = n > 1 ? (total(correlations) - n) / (n * (n - 1)) : 0;
  const cubes = deviations.map((column) => column.map((x) => x ** 3));
  let rho = sum(diagonal(entryVariance));
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j < n; j += 1) {
      if (i === j || at(deviation, i) === 0) continue;
      const theta =
        product(cubes[i], deviations[j]) / periods -
        cell(covariance, i, i) * cell(covariance, i, j);
      rho += mean * (at(deviation, j) / at(deviation, i)) * theta;
    }
  const aim = build(n, (i, j) =>
    i === j ? cell(covariance, i, i) : mean * at(deviation, i) * at(deviation, j),
  );
  return { aim, covarianceWithAim: rho };
}

function singleFactor(sample: Sample): Target {
  const { covariance, deviations, periods, entryVariance } = sample;
  const n = covariance.length;
  const market = new Float64Array(periods).map((_, t) => sum(deviations.map((x) => at(x, t))) / n);
  const withMarket = Float64Array.from(deviations, (x) => product(x, market) / periods);
  const variance = product(market, market) / periods;
  const beta = withMarket.map((value) => (variance > 0 ? value / variance : 0));
  const squares = deviations.map((x) => x.map((value) => value ** 2));
  const crossed = deviations.map((x) => x.map((value, t) => value * at(market, t)));
  let rho = sum(diagonal(entryVariance));
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j < n; j += 1) {
      if (i === j) continue;
      const own = cell(covariance, i, j);
      const first = product(squares[i], crossed[j]) / periods - at(withMarket, i) * own;
      const both = product(crossed[i], crossed[j]) / periods - variance * own;
      rho += 2 * first * at(beta, j) - both * at(beta, i) * at(beta, j);
    }
  const aim = build(n, (i, j) =>
    i === j ? cell(covariance, i, i) : at(beta, i) * at(withMarket, j),
  );
  return { aim, covarianceWithAim: rho };
}

function sampleOf(columns: readonly Float64Array[]): Sample {
  const deviations = columns.map(centred);
  const periods = columns[0]?.length ?? 0;
  const covariance = sampleCovariance(columns);
  const squares = deviations.map((column) => column.map((x) => x ** 2));
  const entryVariance = symmetric(
    columns.length,
    (i, j) => product(squares[i], squares[j]) / periods - cell(covariance, i, j) ** 2,
  );
  return { deviations, periods, covariance, entryVariance };
}

function centred(column: Float64Array): Float64Array {
  const mean = sum(column) / column.length;
  return column.map((value) => value - mean);
}

function product(a: Float64Array | undefined, b: Float64Array | undefined): number {
  let result = 0;
  if (!a || !b) return result;
  for (let t = 0; t < a.length; t += 1) result += at(a, t) * at(b, t);
  return result;
}

function symmetric(size: number, value: (row: number, column: number) => number): Rows {
  const rows = Array.from({ length: size }, () => new Float64Array(size));
  rows.forEach((row, i) => {
    for (let j = i; j < size; j += 1) {
      row[j] = value(i, j);
      const mirror = rows[j];
      if (mirror) mirror[i] = at(row, j);
    }
  });
  return rows;
}

function total(matrix: Rows): number {
  return matrix.reduce((all, row) => all + sum(row), 0);
}

/** Rows that turn one matrix into another: conversions, repairs, less noise. */
import { correlationOf, covarianceOf, deviations } from '#shared/quant/estimation/covariance.ts';
import {
  clipped,
  clippedCorrelation,
  diagonallyLifted,
  isPositiveSemidefinite,
  mixedCorrelation,
  nearestCorrelation,
} from '#shared/quant/estimation/definiteness.ts';
import {
  denoisedCovariance,
  detonedCovariance,
  noiseBand,
  noiseDensity,
} from '#shared/quant/estimation/denoising.ts';
import { spectrum, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { covarianceInput, matrixNamed, matrixOf, returnsOf } from './risk-inputs.ts';
import { given, isTrue, needed, numberOf, textOf } from '../rows/row-conventions.ts';
import type { Adapter, AnchorFiles, AnchorRow, Compute } from '../rows/anchor-row.ts';

export function shaped(
  row: AnchorRow,
  names: readonly string[],
  matrix: Rows,
  intensity?: number,
): unknown {
  const { expected } = row;
  if (Array.isArray(expected) || typeof expected !== 'object' || expected === null)
    return typeof expected === 'number' ? intensity : matrix;
  const byName = Object.fromEntries(
    names.map((name, i) => [
      name,
      Object.fromEntries(names.map((other, j) => [other, matrix[i]?.[j]])),
    ]),
  );
  const answer = Object.fromEntries([
    ...['cov', 'covariance', 'matrix', 'corr', 'correlation', 'cov_matrix'].map((key) => [
      key,
      matrix,
    ]),
    ...['shrinkage', 'intensity', 'delta', 'alpha'].map((key) => [key, intensity]),
    ...['std', 'stdevs', 'volatility'].map((key) => [key, deviations(matrix)]),
    ['trace', matrix.reduce((total, own, i) => total + (own[i] ?? NaN), 0)],
    ['block', leadingBlock(row, matrix)],
    ...['eigenvalues'].map((key) => [key, spectrum(matrix).values]),
  ]);
  return { ...answer, ...byName };
}

/** `first 3x3 block` of the operation. */
function leadingBlock({ operation }: AnchorRow, matrix: Rows): readonly Float64Array[] {
  const [, rows, columns] = /first (\d+)\s*x\s*(\d+)/i.exec(operation) ?? [];
  return matrix.slice(0, Number(rows ?? 0)).map((own) => own.slice(0, Number(columns ?? 0)));
}

const converted =
  (convert: (covariance: Rows, row: AnchorRow, files: AnchorFiles) => Rows): Compute =>
  (row, files) => {
    const { names, covariance } = covarianceInput(row, files);
    return shaped(row, names, convert(covariance, row, files));
  };

const matrixIn = (row: AnchorRow): Rows =>
  needed(matrixNamed(row, 'matrix', 'corr', 'correlation', 'cov', 'covariance', 'mat'), 'matrix');

/** By its method: eigenvalues, diagonal, mixture, nearest. */
export function repairs(row: AnchorRow, matrix: Rows): Rows {
  const words = `${row.operation} ${textOf(row, 'method', 'fix_method')}`.toLowerCase();
  const minEigenvalue = numberOf(row, 'minEigenvalue', 'min_eigenvalue', 'eigenvalue_floor');
  if (/diag/.test(words)) return diagonallyLifted(matrix);
  if (/shrink/.test(words))
    return mixedCorrelation(
      matrix,
      matrixOf(given(row, 'shrinkageTarget', 'target')),
      minEigenvalue,
    );
  if (/nearest|higham/.test(words)) return nearestCorrelation(matrix, { minEigenvalue });
  if (/corr/.test(words)) return clippedCorrelation(matrix, minEigenvalue);
  return clipped(matrix, minEigenvalue);
}

const repair: Compute = (row) => {
  const matrix = matrixIn(row);
  const valid = isPositiveSemidefinite(matrix) && !/nearest/i.test(row.operation);
  return shaped(row, [], valid ? matrix : repairs(row, matrix));
};

/** The correlation part is made valid, the variances stay. */
const nearestCov: Compute = (row) => {
  const matrix = matrixIn(row);
  const rho = correlationOf(matrix);
  const higham = isTrue(row, false, 'higham') || /higham/.test(row.operation.toLowerCase());
  const valid = higham ? nearestCorrelation(rho) : clippedCorrelation(rho, 1e-13);
  return shaped(row, [], covarianceOf(valid, deviations(matrix)));
};

const denoise: Compute = (row, files) => {
  const { names, covariance } = covarianceInput(row, files);
  const periods = numberOf(row, 'periods', 'T', 'n_observations', 'observations');
  const ratio = numberOf(row, 'q', 'ratio');
  const count =
    periods ??
    (ratio === undefined ? returnsOf(row, files).columns[0]?.length : ratio * covariance.length);
  const answer = denoisedCovariance(covariance, needed(count, 'number of periods'), {
    factors: numberOf(row, 'factors', 'n_factors', 'n_facts'),
    variance: numberOf(row, 'variance', 'var', 'sigma2'),
    keptRatio: numberOf(row, 'alpha', 'kept'),
  });
  const asCorrelation = /corr/.test(row.operation.toLowerCase());
  return shaped(row, names, asCorrelation ? correlationOf(answer) : answer);
};

const detone: Compute = (row, files) => {
  const { names, covariance } = covarianceInput(row, files);
  return shaped(
    row,
    names,
    detonedCovariance(covariance, numberOf(row, 'n_markets', 'markets') ?? 1),
  );
};

const noise: Compute = (row) => {
  const [periods, size] = [
    numberOf(row, 'T', 'periods', 'n_observations'),
    numberOf(row, 'N', 'n_assets'),
  ];
  const ratio = numberOf(row, 'q', 'ratio') ?? (periods && size ? periods / size : undefined);
  const variance = numberOf(row, 'variance', 'var', 'sigma2') ?? 1;
  const values = given(row, 'eigenvalues', 'x', 'values');
  const q = needed(ratio, 'ratio of periods to securities');
  if (/pdf|density/.test(row.operation.toLowerCase()) && Array.isArray(values))
    return (values as number[]).map((value) => noiseDensity(value, q, variance));
  const { least, most } = noiseBand(q, variance);
  if (Array.isArray(row.expected)) return [least, most];
  if (typeof row.expected === 'number')
    return /min|lower/.test(row.operation.toLowerCase()) ? least : most;
  const lower = ['lower', 'min', 'lambda_min', 'e_min', 'lambda_minus', 'eMin'];
  const upper = ['upper', 'max', 'lambda_max', 'e_max', 'lambda_plus', 'eMax'];
  return Object.fromEntries([
    ...lower.map((key) => [key, least]),
    ...upper.map((key) => [key, most]),
  ]);
};

const definite: Compute = (row) => isPositiveSemidefinite(matrixIn(row));

const correlations: Compute = (row, files) => {
  const { names, covariance } = covarianceInput(row, files);
  return shaped(row, names, correlationOf(covariance));
};

export const matrixOperations: Adapter['operations'] = [
  [/^is[\s_-]|positive[\s_-]*(semi)?[\s_-]*definite\?/i, definite],
  [/nearest[\s_-]*cov|cov[\s_-]*nearest/i, nearestCov],
  [/fix|repair|nearest|non[\s_-]*positive/i, repair],
  [/de[\s_-]*tone|detoning/i, detone],
  [/mar[cč]henko.*(bound|edge|limit|pdf|density|lambda|max|min)|noise[\s_-]*band/i, noise],
  [/de[\s_-]*nois|mar[cč]henko/i, denoise],
  [
    /corr\w*[\s_-]*(matrix[\s_-]*)?to[\s_-]*cov|cov\w*[\s_-]*(matrix[\s_-]*)?from[\s_-]*corr/i,
    converted((cov) => cov),
  ],
  [
    /cov\w*[\s_-]*(matrix[\s_-]*)?to[\s_-]*corr|corr\w*[\s_-]*(matrix[\s_-]*)?from[\s_-]*cov|^correlation/i,
    correlations,
  ],
];

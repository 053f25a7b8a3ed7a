/** Rows of risk models. */
import {
  annualised,
  correlation,
  covarianceOf,
  deviations,
  gapsAsZero,
  sampleCovariance,
} from '#shared/optimization/model/covariance.ts';
import {
  clipped,
  clippedCorrelation,
  diagonallyLifted,
  isPositiveSemidefinite,
  mixedCorrelation,
  nearestCorrelation,
} from '#shared/optimization/model/definiteness.ts';
import {
  denoisedCovariance,
  detonedCovariance,
  noiseBand,
  noiseDensity,
} from '#shared/optimization/model/denoising.ts';
import { spectrum, type Rows } from '#shared/optimization/model/matrix.ts';
import {
  oracleApproximatingCovariance,
  shrunkBy,
  shrunkCovariance,
  type ShrinkageTarget,
} from '#shared/optimization/model/shrinkage.ts';
import {
  recentCovariance,
  semicovariance,
  SEMICOVARIANCE_BENCHMARK,
  type Memory,
} from '#shared/optimization/model/weighted-covariance.ts';
import { covarianceInput, matrixOf, returnsOf, type Panel } from './risk-inputs.ts';
import {
  allWords,
  ddofOf,
  frequencyOf,
  given,
  isTrue,
  needed,
  numberOf,
  textOf,
} from './row-words.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
  type Compute,
} from './row.ts';

type Answer = { readonly covariance: Rows; readonly intensity?: number };
type Estimate = (row: AnchorRow, panel: Panel) => Answer;

const estimated =
  (estimate: Estimate): Compute =>
  (row, files) => {
    const panel = returnsOf(row, files);
    const { covariance, intensity } = estimate(row, panel);
    return shaped(
      row,
      panel.names,
      annualised(fixed(row, covariance), frequencyOf(row)),
      intensity,
    );
  };

function shaped(
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
    ...['eigenvalues'].map((key) => [key, spectrum(matrix).values]),
  ]);
  return { ...answer, ...byName };
}

/** PyPortfolioOpt repairs every matrix that is not positive semidefinite. */
function fixed(row: AnchorRow, covariance: Rows): Rows {
  if (given(row, 'fix_method') === undefined || isPositiveSemidefinite(covariance))
    return covariance;
  return repairs(row, covariance);
}

const sample: Estimate = (row, { columns }) => ({
  covariance: sampleCovariance(columns, {
    ddof: ddofOf(row, 1),
    assumeCentred: isTrue(row, false, 'assume_centered', 'assume_centred'),
  }),
});

const semi: Estimate = (row, { columns }) => ({
  covariance: semicovariance(columns, numberOf(row, 'benchmark') ?? SEMICOVARIANCE_BENCHMARK),
});

export function memoryOf(row: AnchorRow): Memory {
  const span = numberOf(row, 'span');
  if (span !== undefined) return { span };
  const halfLife = numberOf(row, 'half_life', 'halflife');
  if (halfLife !== undefined) return { halfLife };
  const decay = numberOf(row, 'decay', 'lambda', 'decay_factor');
  if (decay !== undefined) return { decay };
  const alpha = numberOf(row, 'alpha', 'smoothing');
  if (alpha !== undefined) return { decay: 1 - alpha };
  return { centreOfMass: needed(numberOf(row, 'com', 'center_of_mass'), 'span') };
}

/** skfolio's half-life and RiskMetrics' lambda measure from 0 unless they say otherwise. */
const recent: Estimate = (row, { columns }) => {
  const fromZero = /half.?life|lambda|decay/i.test(Object.keys(row.parameters).join(' '));
  const centred = isTrue(row, fromZero, 'assume_centered', 'assume_centred', 'zero_mean');
  const weighted = /weighted mean|ewm\(.*\)\.cov/.test(allWords(row));
  const centre = centred ? 'zero' : weighted ? 'weighted-mean' : 'mean';
  return { covariance: recentCovariance(columns, memoryOf(row), { centre }) };
};

function targetOf(words: string): ShrinkageTarget {
  if (/single|factor|market/.test(words)) return 'single-factor';
  if (/variance.{0,5}null|identity|mean variance/.test(words)) return 'identity';
  if (/constant.?variance.?(and.)?(constant.)?co(rr|v)|two.?param|constant.?covariance/.test(words))
    return 'two-parameter';
  if (/constant.?corr/.test(words)) return 'constant-correlation';
  if (/null.?corr|diagonal/.test(words)) return 'diagonal';
  return 'identity';
}

/**
 * PyPortfolioOpt's `ledoit_wolf(constant_correlation)` shrinks the unbiased sample covariance of the
 * returns there are, with moments over all T in which a missing one is 0.
 */
const ledoitWolf: Estimate = (row, { columns }) => {
  const stated = textOf(row, 'target', 'shrinkage_target');
  const target = targetOf(`${row.operation} ${stated}`.toLowerCase());
  const filled = gapsAsZero(columns);
  if (target === 'constant-correlation' && /ledoit_wolf\(/.test(row.operation))
    return shrunkCovariance(filled, target, { sample: sampleCovariance(columns) });
  const assumeCentred = isTrue(row, false, 'assume_centered', 'assume_centred');
  return shrunkCovariance(filled, target, { ddof: ddofOf(row, 0), assumeCentred });
};

const oracle: Estimate = (row, { columns }) =>
  oracleApproximatingCovariance(
    gapsAsZero(columns),
    /formula 23|published|1 ?- ?2\/p/.test(allWords(row)) ? 'published' : 'scikit-learn',
    { assumeCentred: isTrue(row, false, 'assume_centered', 'assume_centred') },
  );

const shrunk: Estimate = (row, { columns }) => {
  const intensity = needed(numberOf(row, 'delta', 'shrinkage', 'intensity'), 'intensity');
  const unless = /scikit|sklearn/.test(allWords(row)) ? 0 : 1;
  const covariance = sampleCovariance(columns, { ddof: ddofOf(row, unless) });
  return { covariance: shrunkBy(covariance, intensity), intensity };
};

const converted =
  (convert: (covariance: Rows, row: AnchorRow, files: AnchorFiles) => Rows): Compute =>
  (row, files) => {
    const { names, covariance } = covarianceInput(row, files);
    return shaped(row, names, convert(covariance, row, files));
  };

const matrixIn = (row: AnchorRow): Rows =>
  needed(
    matrixOf(given(row, 'matrix', 'corr', 'correlation', 'cov', 'covariance', 'A', 'mat')),
    'matrix',
  );

/** By its method: eigenvalues, diagonal, mixture, nearest. */
function repairs(row: AnchorRow, matrix: Rows): Rows {
  const words = `${row.operation} ${textOf(row, 'method', 'fix_method')}`.toLowerCase();
  const minEigenvalue = numberOf(row, 'minEigenvalue', 'min_eigenvalue', 'eps', 'delta');
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
  return shaped(row, [], isPositiveSemidefinite(matrix) ? matrix : repairs(row, matrix));
};

/** The correlation part is made valid, the variances stay. */
const nearestCov: Compute = (row) => {
  const matrix = matrixIn(row);
  const rho = correlation(matrix);
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
  return shaped(row, names, asCorrelation ? correlation(answer) : answer);
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

/** PyPortfolioOpt's and the literature's names of one model. */
const models: readonly (readonly [RegExp, Estimate])[] = [
  [/semi[\s_-]*(co)?var/i, semi],
  [/exp[\s_-]*cov|exponential|\bew[\s_-]*cov|ewma|riskmetrics/i, recent],
  [/\boas\b|oracle/i, oracle],
  [/ledoit|linear[\s_-]*shrinkage/i, ledoitWolf],
  [/shrunk|manual[\s_-]*shrinkage/i, shrunk],
  [/sample[\s_-]*cov|empirical|covariance|\bcov\b/i, sample],
];

const riskMatrix: Compute = (row, files) => {
  const method = textOf(row, 'method');
  const model = models.find(([pattern]) => pattern.test(method))?.[1];
  if (!model) throw new NotSupported(`no risk model "${method}"`);
  return estimated((of, panel) => model({ ...of, operation: method }, panel))(row, files);
};

const definite: Compute = (row) => isPositiveSemidefinite(matrixIn(row));

const correlations: Compute = (row, files) => {
  const { names, covariance } = covarianceInput(row, files);
  return shaped(row, names, correlation(covariance));
};

export const covariance: Adapter = {
  category: 'covariance',
  operations: [
    [/risk[\s_-]*matrix/i, riskMatrix],
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
    ...models.map(([pattern, model]) => [pattern, estimated(model)] as const),
  ],
};

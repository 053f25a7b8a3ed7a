/** Rows of risk models. */
import {
  annualisedCovariance,
  gapsAsZero,
  sampleCovariance,
} from '#shared/quant/estimation/covariance.ts';
import { isPositiveSemidefinite } from '#shared/quant/estimation/definiteness.ts';
import type { Rows } from '#shared/quant/linear-algebra/matrix.ts';
import {
  oracleApproximatingCovariance,
  shrunkBy,
  shrunkCovariance,
  type ShrinkageTarget,
} from '#shared/quant/estimation/shrinkage.ts';
import {
  recentCovariance,
  semicovariance,
  SEMICOVARIANCE_BENCHMARK,
  type Memory,
} from '#shared/quant/estimation/weighted-covariance.ts';
import { matrixOperations, repairs, shaped } from './matrix-operations.ts';
import { returnsAsGiven, returnsOf, type Panel } from './risk-inputs.ts';
import {
  allWords,
  ddofOf,
  frequencyOf,
  given,
  isTrue,
  needed,
  numberOf,
  textOf,
} from '../rows/row-conventions.ts';
import { NotSupported, type Adapter, type AnchorRow, type Compute } from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';

type Answer = { readonly covariance: Rows; readonly intensity?: number };
/** The returns by the row's rule of missing ones, and as they were before it. */
type Estimate = (row: AnchorRow, panel: Panel, asGiven: () => Panel) => Answer;

const estimated =
  (estimate: Estimate): Compute =>
  (row, files) => {
    const panel = returnsOf(row, files);
    const { covariance, intensity } = estimate(row, panel, () => returnsAsGiven(row, files));
    return shaped(
      row,
      panel.names,
      annualisedCovariance(fixed(row, covariance), frequencyOf(row)),
      intensity,
    );
  };

/** PyPortfolioOpt repairs every matrix that is not positive semidefinite. */
function fixed(row: AnchorRow, covariance: Rows): Rows {
  if (given(row, 'fix_method') === undefined || isPositiveSemidefinite(covariance))
    return covariance;
  return repairs(row, covariance);
}

/** Pairs of what both have is how gaps are treated; there is no other way here. */
function requirePairwise(row: AnchorRow, columns: readonly Float64Array[]): void {
  const hasGaps = columns.some((column) => column.some(Number.isNaN));
  if (!isTrue(row, true, 'pairwise') && hasGaps)
    throw new NotSupported('a covariance of gaps that is not pairwise');
}

const sample: Estimate = (row, { columns }) => {
  requirePairwise(row, columns);
  return sampleOf(row, columns);
};

const sampleOf = (row: AnchorRow, columns: readonly Float64Array[]): Answer => ({
  covariance: sampleCovariance(columns, {
    ddof: ddofOf(row, 1),
    assumeCentred: isTrue(row, false, 'assume_centered', 'assume_centred'),
  }),
});

const semi: Estimate = (row, { columns }) => ({
  covariance: semicovariance(columns, numberOf(row, 'benchmark') ?? SEMICOVARIANCE_BENCHMARK),
});

export function memoryOf(row: AnchorRow, spanUnless?: number): Memory {
  const span = numberOf(row, 'span');
  if (span !== undefined) return { span };
  const halfLife = numberOf(row, 'half_life', 'halflife');
  if (halfLife !== undefined) return { halfLife };
  const decay = numberOf(row, 'decay', 'lambda', 'decay_factor');
  if (decay !== undefined) return { decay };
  const alpha = numberOf(row, 'alpha', 'smoothing');
  if (alpha !== undefined) return { decay: 1 - alpha };
  const centreOfMass = numberOf(row, 'com', 'center_of_mass');
  if (centreOfMass === undefined && spanUnless !== undefined) return { span: spanUnless };
  return { centreOfMass: needed(centreOfMass, 'span') };
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
const ledoitWolf: Estimate = (row, { columns }, asGiven) => {
  const stated = textOf(row, 'target', 'shrinkage_target');
  const target = targetOf(`${row.operation} ${stated}`.toLowerCase());
  const filled = gapsAsZero(columns);
  const unbiased = /ddof ?=? ?1/.test(textOf(row, 'S'));
  if (target === 'constant-correlation' && (unbiased || /ledoit_wolf\(/.test(row.operation)))
    return shrunkCovariance(filled, target, {
      sample: sampleCovariance(asGiven().columns),
    });
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
  return estimated((of, panel, asGiven) => model({ ...of, operation: method }, panel, asGiven))(
    row,
    files,
  );
};

export const covariance: Adapter = {
  category: 'covariance',
  words: vocabularies.covariance,
  operations: [
    [/risk[\s_-]*matrix/i, riskMatrix],
    ...matrixOperations,
    ...models.map(([pattern, model]) => [pattern, estimated(model)] as const),
  ],
};

/** Rows of risk budgets, diversification and simple weights. */
import { boundedRiskParity } from '#shared/quant/allocation/bounded-risk-parity.ts';
import { sampleCovariance } from '#shared/quant/estimation/covariance.ts';
import { quadratic, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import {
  bestRatio,
  diversificationRatio,
  mostDiversified,
} from '#shared/quant/allocation/most-diversified.ts';
import { riskContributions, riskParity, riskShares } from '#shared/quant/allocation/risk-parity.ts';
import { meanReturns } from '#shared/quant/estimation/expected-returns.ts';
import { shrunkCovariance } from '#shared/quant/estimation/shrinkage.ts';
import {
  cleanedWeights,
  equalWeights,
  inverseVarianceWeights,
  inverseVolatilityWeights,
  limitedWeights,
  minimumCorrelationWeights,
  normalised,
  proportionalMinimumVarianceWeights,
} from '#shared/quant/allocation/simple-weights.ts';
import { covarianceInput, returnsOf, riskFreeOf } from '../estimation/risk-inputs.ts';
import {
  allWords,
  ddofOf,
  given,
  isTrue,
  named,
  needed,
  numberOf,
  textOf,
  vectorOf,
} from '../rows/row-conventions.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
  type Compute,
} from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';
import { boundOf, sizeOf } from './weight-bounds.ts';

function budgetsOf(
  row: AnchorRow,
  names: readonly string[],
  size: number,
): Float64Array | undefined {
  return vectorOf(
    given(row, 'budgets', 'risk_budget', 'risk_budgets', 'budget', 'b', 'rb', 'risk_weights'),
    names,
    size,
  );
}

/** Weights that are not negative and sum to 1 are the only ones here. */
function requireWhole(row: AnchorRow): void {
  if (!isTrue(row, true, 'long_only')) throw new NotSupported('long_only: false');
  const total = numberOf(row, 'sum', 'sum_of_weights') ?? 1;
  if (total !== 1) throw new NotSupported(`a sum of ${total}`);
}

/** skfolio's bounds are shares of the sum; those of the literature are fixed. */
const parity: Compute = (row, files) => {
  requireWhole(row);
  const { names, covariance } = riskOf(row, files);
  const budgets = budgetsOf(row, names, covariance.length);
  const [lower, upper] = [boundOf(row, 0), boundOf(row, 1)];
  const convention = /skfolio|share of the sum/.test(allWords(row)) ? 'scaled' : 'fixed';
  const bounded =
    lower || upper
      ? boundedRiskParity(
          covariance,
          {
            lower: lower ?? new Float64Array(covariance.length),
            upper: upper ?? new Float64Array(covariance.length).fill(1),
            convention,
          },
          budgets,
        )
      : riskParity(covariance, budgets);
  if (!bounded) return null;
  return partsOf(row, names, covariance, bounded.weights);
};

/** ffn's `calc_erc_weights` shrinks the covariance unless told otherwise. */
function riskOf(
  row: AnchorRow,
  files: AnchorFiles,
): { names: readonly string[]; covariance: Rows } {
  const method = textOf(row, 'covar_method', 'cov_method').toLowerCase();
  if (!/ledoit/.test(method)) return covarianceInput(row, files);
  const { names, columns } = returnsOf(row, files);
  return { names, covariance: shrunkCovariance(columns, 'identity').covariance };
}

function partsOf(
  row: AnchorRow,
  names: readonly string[],
  covariance: Rows,
  weights: Float64Array,
): unknown {
  const keys = Array.isArray(row.expected) ? [] : Object.keys((row.expected ?? {}) as object);
  if (!keys.some((key) => /^(weights|volatility|contribution|risk|ratio)/.test(key)))
    return named(row, names, weights);
  const parts = row.expected as Record<string, unknown>;
  const shown = (key: string, values: ArrayLike<number>): unknown =>
    named({ ...row, expected: parts[key] }, names, values);
  return Object.fromEntries(
    keys.map((key) => {
      if (/weight/.test(key)) return [key, shown(key, weights)];
      if (/ratio|diversification/.test(key))
        return [key, diversificationRatio(covariance, weights)];
      if (/vol/.test(key)) return [key, Math.sqrt(quadratic(covariance, weights))];
      if (/share|percent|relative/.test(key))
        return [key, shown(key, riskShares(covariance, weights))];
      return [key, shown(key, riskContributions(covariance, weights))];
    }),
  );
}

const contributions: Compute = (row, files) => {
  const { names, covariance } = covarianceInput(row, files);
  const weights = needed(vectorOf(given(row, 'weights', 'w'), names, covariance.length), 'weights');
  const relative = /share|percent|relative/.test(row.operation.toLowerCase());
  return named(
    row,
    names,
    relative ? riskShares(covariance, weights) : riskContributions(covariance, weights),
  );
};

const diversified: Compute = (row, files) => {
  requireWhole(row);
  const { names, covariance } = covarianceInput(row, files);
  const answer = mostDiversified(covariance, { lower: boundOf(row, 0), upper: boundOf(row, 1) });
  if (!answer) return null;
  if (typeof row.expected === 'number') return answer.ratio;
  return partsOf(row, names, covariance, answer.weights);
};

const ratio: Compute = (row, files) => {
  const { names, covariance } = covarianceInput(row, files);
  const weights = needed(vectorOf(given(row, 'weights', 'w'), names, covariance.length), 'weights');
  return diversificationRatio(covariance, weights);
};

const fromRisk =
  (rule: (covariance: Rows) => Float64Array): Compute =>
  (row, files) => {
    requireWhole(row);
    const { names, covariance } = covarianceInput(row, files);
    return named(row, names, rule(covariance));
  };

const byRule: Adapter['operations'] = [
  [
    /equal[\s_-]*(risk|.*contribution)|(^|[\s_-])erc($|[\s_-])|risk[\s_-]*(parity|budget)|budgeted/i,
    parity,
  ],
  [/diversification[\s_-]*ratio/i, ratio],
  [/most[\s_-]*diversif|max\w*[\s_-]*diversif|\bmdp\b/i, diversified],
  [/inv\w*[\s_-]*vol/i, fromRisk(inverseVolatilityWeights)],
  [/inv\w*[\s_-]*var/i, fromRisk(inverseVarianceWeights)],
  [/min\w*[\s_-]*corr/i, fromRisk(minimumCorrelationWeights)],
  [
    /proportional[\s_-]*min|minimum[\s_-]*variance[\s_-]*(heuristic|algorithm)|\bmva\b/i,
    fromRisk(proportionalMinimumVarianceWeights),
  ],
];

export const riskBudgets: Adapter = {
  category: 'risk_parity',
  words: vocabularies.risk_parity,
  operations: [[/risk[\s_-]*contribution(s)?$|^contribution|marginal/i, parityOrParts], ...byRule],
};

/** `equal risk contribution`s are weights; risk contributions of given weights are parts. */
function parityOrParts(row: AnchorRow, files: AnchorFiles): unknown {
  return (/equal|budget/i.test(row.operation) ? parity : contributions)(row, files);
}

function weightsIn(row: AnchorRow): { names: readonly string[]; weights: Float64Array } {
  const stated = given(row, 'weights', 'w');
  const names =
    stated !== null && typeof stated === 'object' && !Array.isArray(stated)
      ? Object.keys(stated)
      : [];
  return { names, weights: needed(vectorOf(stated, names, 0), 'weights') };
}

const limited: Compute = (row) => {
  const { names, weights } = weightsIn(row);
  const answer = limitedWeights(weights, needed(numberOf(row, 'limit', 'max'), 'limit'));
  return answer ? named(row, names, answer) : null;
};

const cleaned: Compute = (row) => {
  const { names, weights } = weightsIn(row);
  const digits = numberOf(row, 'rounding', 'round', 'digits', 'decimals');
  return named(
    row,
    names,
    cleanedWeights(weights, { cutoff: numberOf(row, 'cutoff') ?? 1e-4, digits: digits ?? 5 }),
  );
};

const equal: Compute = (row, files) => {
  const stated = numberOf(row, 'n', 'size', 'assets', 'n_assets', 'nbAssets') ?? sizeOf(row);
  const names = given(row, 'prices') === undefined ? [] : returnsOf(row, files).names;
  return named(
    row,
    names.length > 0 ? names : Object.keys((row.expected ?? {}) as object),
    equalWeights(names.length || stated),
  );
};

/** ffn's `calc_mean_var_weights`: the most return over the risk-free rate for its risk. */
const meanVariance: Compute = (row, files) => {
  const { names, columns } = returnsOf(row, files);
  const standard = /standard|sample/.test(textOf(row, 'covar_method', 'cov').toLowerCase());
  const covariance = standard
    ? sampleCovariance(columns, { ddof: ddofOf(row, 1) })
    : shrunkCovariance(columns, 'identity').covariance;
  const means = meanReturns(columns, { periodsPerYear: 1, compounding: false });
  const merits = means.map((mean) => mean - riskFreeOf(row));
  const answer = bestRatio(covariance, merits, { lower: boundOf(row, 0), upper: boundOf(row, 1) });
  if (!answer) throw new NotSupported('no weights earn more than the risk-free rate');
  return named(row, names, answer.weights);
};

const rescaled: Compute = (row) => {
  const { names, weights } = weightsIn(row);
  return named(row, names, normalised(weights));
};

export const simpleWeights: Adapter = {
  category: 'weights',
  words: vocabularies.weights,
  operations: [
    [/limit/i, limited],
    [/clean/i, cleaned],
    [/normali[sz]e/i, rescaled],
    [/mean[\s_-]*var/i, meanVariance],
    ...byRule,
    [/equal/i, equal],
  ],
};

/** Rows of hierarchical risk parity, risk budgets and simple weights. */
import { boundedRiskParity } from '#shared/optimization/model/bounded-risk-parity.ts';
import { sampleCorrelation, sampleCovariance } from '#shared/optimization/model/covariance.ts';
import {
  clusterVariance,
  correlationDistance,
  hierarchicalRiskParity,
  leafOrder,
  type HierarchicalOptions,
} from '#shared/optimization/model/hierarchical-risk-parity.ts';
import type { Linkage } from '#shared/optimization/model/linkage.ts';
import { dot, quadratic, type Rows } from '#shared/optimization/model/matrix.ts';
import {
  bestRatio,
  diversificationRatio,
  mostDiversified,
} from '#shared/optimization/model/most-diversified.ts';
import {
  riskContributions,
  riskParity,
  riskShares,
} from '#shared/optimization/model/risk-parity.ts';
import { meanReturns } from '#shared/optimization/model/expected-returns.ts';
import { shrunkCovariance } from '#shared/optimization/model/shrinkage.ts';
import {
  cleanedWeights,
  equalWeights,
  inverseVarianceWeights,
  inverseVolatilityWeights,
  limitedWeights,
  minimumCorrelationWeights,
  normalised,
  proportionalMinimumVarianceWeights,
} from '#shared/optimization/model/simple-weights.ts';
import {
  covarianceInput,
  expectedInput,
  matrixOf,
  returnsOf,
  riskFreeOf,
  type RiskInput,
} from './risk-inputs.ts';
import { allWords, ddofOf, given, named, needed, numberOf, textOf, vectorOf } from './row-words.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
  type Compute,
} from './row.ts';

const linkages: readonly Linkage[] = [
  'single',
  'complete',
  'average',
  'weighted',
  'ward',
  'centroid',
  'median',
];

function treeOptions(row: AnchorRow): HierarchicalOptions {
  const words = allWords(row);
  const stated = textOf(row, 'linkage', 'linkage_method', 'method').toLowerCase();
  const [lower, upper] = [boundOf(row, 0), boundOf(row, 1)];
  return {
    linkage: linkages.find((name) => stated.includes(name)) ?? 'single',
    order: /optimal (leaf|order)|optimal_ordering|skfolio/.test(words) ? 'optimal' : 'tree',
    risk: /standard.?deviation|inverse.?vol/.test(textOf(row, 'risk_measure', 'risk').toLowerCase())
      ? 'deviation'
      : 'variance',
    distance: matrixOf(given(row, 'distance_matrix')),
    lower,
    upper,
  };
}

/** `bounds: [low, high]`, or lists of minima and maxima. */
function boundOf(row: AnchorRow, side: 0 | 1): Float64Array | undefined {
  const names =
    side === 0 ? ['min_weights', 'minWeights', 'lower'] : ['max_weights', 'maxWeights', 'upper'];
  const size = sizeOf(row);
  const own = vectorOf(given(row, ...names), [], size);
  if (own) return own;
  const bounds = given(row, 'bounds', 'weight_bounds');
  if (!Array.isArray(bounds)) return undefined;
  if (Array.isArray(bounds[0]))
    return Float64Array.from(bounds as number[][], (pair) => pair[side] ?? side);
  return vectorOf(bounds[side] ?? undefined, [], size);
}

function sizeOf(row: AnchorRow): number {
  const { expected } = row;
  if (Array.isArray(expected)) return expected.length;
  return expected !== null && typeof expected === 'object' ? Object.keys(expected).length : 0;
}

interface Tree extends RiskInput {
  readonly options: HierarchicalOptions;
}

/** Of returns the correlation is pairwise too, as the covariance is; a covariance has its own. */
function treeInput(row: AnchorRow, files: AnchorFiles): Tree {
  const input = covarianceInput(row, files);
  const options = treeOptions(row);
  const stated = given(row, 'cov', 'covariance');
  const ofReturns = stated === undefined || /sample/i.test(String(stated));
  if (options.distance || !ofReturns || given(row, 'corr') !== undefined)
    return { ...input, options };
  const rho = sampleCorrelation(returnsOf(row, files).columns);
  return {
    ...input,
    options: { ...options, distance: correlationDistance(input.covariance, rho) },
  };
}

function leavesIn({ covariance, options }: Tree): readonly number[] {
  return leafOrder(options.distance ?? correlationDistance(covariance), options);
}

const hrp: Compute = (row, files) => {
  const tree = treeInput(row, files);
  const { names, covariance } = tree;
  const weights = hierarchicalRiskParity(covariance, tree.options);
  const keys = Object.keys((row.expected ?? {}) as object);
  if (!Array.isArray(row.expected) && keys.includes('weights')) {
    const order = leavesIn(tree);
    const inner = (row.expected as Record<string, unknown>)['weights'];
    return {
      weights: named({ ...row, expected: inner }, names, weights),
      order,
      leaf_order: order,
      leaves: order,
    };
  }
  return named(row, names, weights);
};

const hrpPerformance: Compute = (row, files) => {
  const { covariance, options } = treeInput(row, files);
  const weights = hierarchicalRiskParity(covariance, options);
  const volatility = Math.sqrt(quadratic(covariance, weights));
  if (given(row, 'mu') === undefined && typeof row.expected === 'number') return volatility;
  if (given(row, 'mu') === undefined) return [null, volatility, null];
  const mean = dot(weights, expectedInput(row, files));
  return [mean, volatility, (mean - riskFreeOf(row)) / volatility];
};

const cluster: Compute = (row, files) => {
  const { names, covariance } = covarianceInput(row, files);
  const members = given(row, 'cluster', 'items', 'cluster_items', 'tickers', 'members', 'assets');
  const list = Array.isArray(members) ? (members as (string | number)[]) : [...covariance.keys()];
  return clusterVariance(
    covariance,
    list.map((one) => (typeof one === 'number' ? one : names.indexOf(one))),
  );
};

/** The whole order, or as many of its first leaves as the row expects; numbers or names. */
const order: Compute = (row, files) => {
  const tree = treeInput(row, files);
  const leaves = leavesIn(tree);
  const expected = Array.isArray(row.expected) ? (row.expected as unknown[]) : [];
  const shown = leaves.slice(0, expected.length > 0 ? expected.length : leaves.length);
  return typeof expected[0] === 'string' ? shown.map((leaf) => tree.names[leaf]) : shown;
};

export const hierarchical: Adapter = {
  category: 'hrp',
  operations: [
    [/performance|volatility/i, hrpPerformance],
    [/cluster[\s_-]*var/i, cluster],
    [/order|quasi|leaves|seriation/i, order],
    [/hrp|hierarchical|weights/i, hrp],
  ],
};

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

/** skfolio's bounds are shares of the sum; those of the literature are fixed. */
const parity: Compute = (row, files) => {
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
    const { names, covariance } = covarianceInput(row, files);
    return named(row, names, rule(covariance));
  };

const byRule: Adapter['operations'] = [
  [/equal[\s_-]*(risk|.*contribution)|\berc\b|risk[\s_-]*(parity|budget)|budgeted/i, parity],
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
  operations: [
    [/limit/i, limited],
    [/clean/i, cleaned],
    [/normali[sz]e/i, rescaled],
    [/mean[\s_-]*var/i, meanVariance],
    ...byRule,
    [/equal/i, equal],
  ],
};

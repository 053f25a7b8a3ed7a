/** Rows of hierarchical risk parity. */
import { sampleCorrelation } from '#shared/quant/estimation/covariance.ts';
import {
  clusterVariance,
  correlationDistance,
  hierarchicalRiskParity,
  leafOrder,
  type HierarchicalOptions,
} from '#shared/quant/allocation/hierarchical-risk-parity.ts';
import type { Linkage } from '#shared/quant/allocation/linkage.ts';
import { dot, quadratic } from '#shared/quant/linear-algebra/matrix.ts';
import {
  covarianceInput,
  expectedInput,
  matrixOf,
  returnsOf,
  riskFreeOf,
  type RiskInput,
} from '../estimation/risk-inputs.ts';
import { given, named, numberOf, textOf } from '../rows/row-conventions.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
  type Compute,
} from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';
import { boundOf } from './weight-bounds.ts';

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
  const stated = textOf(row, 'linkage', 'linkage_method', 'method').toLowerCase();
  if ((numberOf(row, 'sum') ?? 1) !== 1) throw new NotSupported('weights of another sum than 1');
  const [lower, upper] = [boundOf(row, 0), boundOf(row, 1)];
  return {
    linkage: linkages.find((name) => stated.includes(name)) ?? 'single',
    leafOrder: /optimal/.test(`${stated} ${textOf(row, 'leaf_order').toLowerCase()}`)
      ? 'optimal'
      : 'depth-first',
    risk: /standard.?deviation|inverse.?vol/.test(riskWords(row)) ? 'deviation' : 'variance',
    distance: matrixOf(given(row, 'distance_matrix')),
    lower,
    upper,
  };
}

/** What halves share by; the operation's own words where nothing else says. */
function riskWords(row: AnchorRow): string {
  const stated = `${textOf(row, 'risk_measure', 'risk')} ${textOf(row, 'bisection')}`.trim();
  return (stated === '' ? row.operation : stated).toLowerCase();
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
  const own = given(row, 'corr');
  if (options.distance || !ofReturns || (own !== undefined && !/same/.test(String(own))))
    return { ...input, options };
  const rho = sampleCorrelation(returnsOf(row, files).columns);
  return {
    ...input,
    options: { ...options, distance: correlationDistance(input.covariance, rho) },
  };
}

function leavesIn({ covariance, options }: Tree): readonly number[] {
  const distance = options.distance ?? correlationDistance(covariance);
  return leafOrder(distance, options.linkage, options.leafOrder);
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
  words: vocabularies.hrp,
  operations: [
    [/performance|volatility/i, hrpPerformance],
    [/cluster[\s_-]*var/i, cluster],
    [/order|quasi|leaves|seriation/i, order],
    [/hrp|hierarchical|weights/i, hrp],
  ],
};

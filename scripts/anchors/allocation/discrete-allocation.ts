/** Rows of whole shares for given or computed weights. */
import {
  allocationError,
  allocationRmse,
  greedyShares,
  integerShares,
} from '#shared/quant/allocation/discrete-allocation.ts';
import { maximumSharpe, minimumVolatility, problemOf } from './mean-variance.ts';
import { pricesOf } from '../estimation/risk-inputs.ts';
import { withField } from '../rows/row-fields.ts';
import {
  allWords,
  given,
  isTrue,
  needed,
  numberIn,
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

interface Requested {
  readonly names: readonly string[];
  readonly weights: Float64Array;
  readonly prices: Float64Array;
}

function requestedOf(row: AnchorRow, files: AnchorFiles): Requested {
  const stated = given(row, 'weights', 'w');
  const latest = given(row, 'latest_prices', 'prices', 'price');
  const panel = typeof given(row, 'prices') === 'string' ? pricesOf(row, files) : undefined;
  const listed = (value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : [];
  const names = panel?.names ?? (listed(stated).length > 0 ? listed(stated) : listed(latest));
  const prices = panel
    ? Float64Array.from(panel.columns, (column) => lastOf(column))
    : needed(vectorOf(latest, names, 0), 'prices');
  const weights =
    typeof stated === 'string'
      ? computed(row, files, stated)
      : vectorOf(stated, names, prices.length);
  return { names, weights: needed(weights, 'weights'), prices };
}

function lastOf(column: Float64Array): number {
  return column.findLast((price) => !Number.isNaN(price)) ?? NaN;
}

/** Of words such as `max_sharpe(rf=0.02)`. */
function computed(row: AnchorRow, files: AnchorFiles, text: string): Float64Array | undefined {
  const rate = numberIn(text, 'rf') ?? numberIn(text, 'risk_free_rate') ?? 0;
  const asked = { ...row, parameters: withField(row.parameters, 'risk_free_rate', rate) };
  const problem = problemOf(asked, files);
  if (/sharpe/i.test(text)) return maximumSharpe(asked, problem);
  if (/min\w*[\s_-]*vol/i.test(text)) return minimumVolatility(asked, problem);
  throw new NotSupported(`no weights "${text}"`);
}

const allocation: Compute = (row, files) => {
  const { names, weights, prices } = requestedOf(row, files);
  const value = needed(
    numberOf(row, 'total_portfolio_value', 'value', 'money', 'total', 'cash'),
    'value',
  );
  const money = {
    value,
    shortRatio: numberOf(row, 'short_ratio'),
    reinvest: isTrue(row, false, 'reinvest'),
  };
  const words = `${row.operation} ${textOf(row, 'algorithm', 'method')}`;
  const isInteger = /\b(lp|ilp|mip)|lp_|integer|milp|programme/i.test(words);
  const { shares, leftover } = (isInteger ? integerShares : greedyShares)(weights, prices, money);
  const byName = Object.fromEntries(
    names.flatMap((name, i) => (shares[i] ? [[name, shares[i]] as const] : [])),
  );
  const figures = {
    objective: allocationError(weights, prices, value, shares),
    rmse: allocationRmse(weights, prices, shares),
    leftover,
    allocation: byName,
    shares,
  };
  return shapeOf(row, names, figures);
};

function shapeOf(
  row: AnchorRow,
  names: readonly string[],
  figures: Record<string, unknown>,
): unknown {
  if (typeof row.expected === 'number') {
    const words = allWords(row);
    if (/rmse|root mean/.test(row.operation.toLowerCase())) return figures['rmse'];
    if (/leftover|left over|cash left/.test(row.operation.toLowerCase()))
      return figures['leftover'];
    return /objective/.test(words) ? figures['objective'] : figures['leftover'];
  }
  if (Array.isArray(row.expected)) return figures['shares'];
  const keys = Object.keys((row.expected ?? {}) as object);
  const isByName = keys.every((key) => names.includes(key) || !(key in figures));
  return isByName ? { ...zeros(names), ...(figures['allocation'] as object) } : figures;
}

function zeros(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 0]));
}

export const discreteAllocation: Adapter = {
  category: 'discrete_allocation',
  words: vocabularies.discrete_allocation,
  operations: [[/greedy|lp|integer|discrete|alloc|rmse|leftover/i, allocation]],
};

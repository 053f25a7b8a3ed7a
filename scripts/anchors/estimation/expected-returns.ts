/** Rows of expected returns. */
import { impliedReturns } from '#shared/quant/estimation/black-litterman.ts';
import {
  capmReturns,
  meanReturns,
  recentMeanReturns,
  shrunkMeans,
  type ShrunkMeanMethod,
  type YearOptions,
} from '#shared/quant/estimation/expected-returns.ts';
import { sampleCovariance } from '#shared/quant/estimation/covariance.ts';
import { scaled } from '#shared/quant/linear-algebra/matrix.ts';
import { equalWeights } from '#shared/quant/allocation/simple-weights.ts';
import { simpleReturns, logReturns } from '#shared/quant/measures/returns.ts';
import { memoryOf } from './covariance.ts';
import {
  covarianceInput,
  panelOf,
  pricesOf,
  returnsOf,
  riskFreeOf,
  type Panel,
} from './risk-inputs.ts';
import {
  allWords,
  ddofOf,
  frequencyOf,
  given,
  isTrue,
  named,
  needed,
  numberOf,
  textOf,
  vectorOf,
} from '../rows/row-conventions.ts';
import { isFileName } from '../rows/text-values.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
  type Compute,
} from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';

function yearOf(row: AnchorRow, compounding: boolean): YearOptions {
  return {
    periodsPerYear: frequencyOf(row),
    compounding: isTrue(row, compounding, 'compounding', 'compound'),
  };
}

const meanHistory: Compute = (row, files) => {
  const { names, columns } = returnsOf(row, files);
  const arithmetic = /arithmetic|empirical|sample mean/i.test(row.operation);
  return named(row, names, meanReturns(columns, yearOf(row, !arithmetic)));
};

/** skfolio's half-life gives a mean per period; PyPortfolioOpt's span one a year. */
const recentHistory: Compute = (row, files) => {
  const { names, columns } = returnsOf(row, files);
  const memory = memoryOf(row, spanDefault(row));
  const perPeriod = 'halfLife' in memory || 'decay' in memory;
  return named(row, names, recentMeanReturns(columns, memory, yearOf(row, !perPeriod)));
};

/** PyPortfolioOpt's span, for a row that names no memory at all. */
function spanDefault(row: AnchorRow): number | undefined {
  const named = /span|half|decay|lambda|alpha|com/i.test(Object.keys(row.parameters).join(' '));
  return named ? undefined : 500;
}

const capm: Compute = (row, files) => {
  const panel = returnsOf(row, files);
  const market = marketReturns(row, files, panel);
  const riskFree = riskFreeOf(row);
  return named(
    row,
    panel.names,
    capmReturns(panel.columns, { market, riskFree }, yearOf(row, true)),
  );
};

/** Returns of the market on the securities' days; undefined where the row gives no market. */
function marketReturns(row: AnchorRow, files: AnchorFiles, panel: Panel): Float64Array | undefined {
  const source = given(row, 'market_prices', 'benchmark_prices', 'market', 'benchmark');
  if (typeof source === 'string' && !isFileName(source)) return meanAcross(panel);
  const ready = given(row, 'market_returns', 'benchmark_returns');
  if (source === undefined && ready === undefined) return undefined;
  const market = panelOf(ready ?? source, files);
  const column = needed(market.columns[0], 'market');
  if (ready !== undefined) return column;
  const log = /log(arithmic)?[ _-]?returns?/.test(allWords(row));
  const returns = log ? logReturns(column) : simpleReturns(column);
  if (market.days.length === 0 || panel.days.length === 0) return returns;
  const byDay = new Map(market.days.slice(1).map((day, t) => [day, returns[t] ?? NaN]));
  return Float64Array.from(panel.days, (day) => byDay.get(day) ?? NaN);
}

/** The mean of the returns that there are in each period. */
function meanAcross({ columns }: Panel): Float64Array {
  return Float64Array.from({ length: columns[0]?.length ?? 0 }, (_, t) => {
    const known = columns.map((column) => column[t] ?? NaN).filter((one) => !Number.isNaN(one));
    return known.reduce((sum, one) => sum + one, 0) / known.length;
  });
}

/** Without a formula, Bodnar and Okhrin's as the rows' source has it (v/u). */
function shrinkageOf(words: string, formulas: string): ShrunkMeanMethod {
  if (/bodnar/.test(words))
    return /v ?\/ ?w/.test(formulas) ? 'bodnar-okhrin' : 'bodnar-okhrin-by-sample';
  return /bayes|jorion/.test(words) ? 'bayes-stein' : 'james-stein';
}

const shrunkHistory: Compute = (row, files) => {
  const { names, columns } = returnsOf(row, files);
  const words = `${row.operation} ${textOf(row, 'method')}`.toLowerCase();
  const method = shrinkageOf(words, allWords(row));
  const target = textOf(row, 'target', 'mu_target').toLowerCase();
  const weighted = isTrue(
    row,
    (/jorion/.test(words) && !/grand mean/.test(words)) ||
      /vol|min\w*[\s_-]*var|weighted/.test(target),
    'vol_weighted_target',
    'volatility_weighted_target',
  );
  const covariance = sampleCovariance(columns, { ddof: ddofOf(row, 1) });
  const answer = shrunkMeans(columns, covariance, {
    method,
    target: weighted ? 'minimum-variance' : 'grand-mean',
    // A formula with S^-1 means the inverse as it is, without a factor for its estimation.
    precision: /jorion/.test(words) && !/s\^-1/.test(allWords(row)) ? 'unbiased' : 'sample',
  });
  const means = scaled(answer.means, frequencyOf(row));
  const keys = Object.keys((row.expected ?? {}) as object);
  if (!keys.some((key) => /^(mu|alpha|beta|target|shrinkage)/.test(key)))
    return named(row, names, means);
  const { own, common } = answer;
  return { mu: means, alpha: own, beta: common, shrinkage: 1 - own, mu_target: answer.target };
};

const equilibrium: Compute = (row, files) => {
  const { names, covariance } = covarianceInput(row, files);
  const stated = vectorOf(given(row, 'weights', 'market_weights', 'w'), names, covariance.length);
  const weights = stated ?? equalWeights(covariance.length);
  const riskAversion = numberOf(row, 'risk_aversion', 'delta', 'lambda') ?? 1;
  return named(row, names, impliedReturns(covariance, weights, riskAversion, riskFreeOf(row)));
};

/** Of prices: all of them, or one period of one security. */
const plainReturns: Compute = (row, files) => {
  const prices = pricesOf(row, files);
  if (!prices) throw new NotSupported('the row gives no prices');
  const log = isTrue(row, /log/i.test(row.operation), 'log_returns', 'log');
  const columns = prices.columns.map(log ? logReturns : simpleReturns);
  const stated = given(row, 'row', 'index', 'period');
  const count = columns[0]?.length ?? 0;
  if (typeof stated === 'string' && !/^(last|first|\d+)$/.test(stated))
    throw new NotSupported(`no row "${stated}"`);
  const t = stated === 'last' ? count - 1 : stated === 'first' ? 0 : Number(stated);
  if (stated !== undefined && Number.isInteger(t)) {
    const values = columns.map((column) => column.at(t) ?? NaN);
    return typeof row.expected === 'number' ? values[0] : named(row, prices.names, values);
  }
  const periods = Array.from({ length: count }, (_, k) =>
    columns.map((column) => column[k] ?? NaN),
  );
  if (Array.isArray(row.expected)) return Array.isArray(row.expected[0]) ? periods : columns[0];
  return Object.fromEntries(prices.names.map((name, i) => [name, columns[i]]));
};

/** Pseudo-prices that start from 1. */
const pricesFromReturns: Compute = (row, files) => {
  const { names, columns } = returnsOf(row, files);
  const log = isTrue(row, false, 'log_returns', 'log');
  const prices = columns.map((column) => {
    let price = 1;
    const grown = column.map(
      (value) => (price *= Number.isNaN(value) ? 1 : log ? Math.exp(value) : 1 + value),
    );
    return Float64Array.from([1, ...grown]);
  });
  if (!Array.isArray(row.expected))
    return Object.fromEntries(names.map((name, i) => [name, prices[i]]));
  return Array.from(prices[0] ?? [], (_, t) => prices.map((column) => column[t]));
};

const models: Adapter['operations'] = [
  [/ema|exponential|\bew[\s_-]*mu|ewma/i, recentHistory],
  [/capm|capital asset/i, capm],
  [/james|bayes|bodnar|jorion|shrunk|shrinkage/i, shrunkHistory],
  [/equilibrium|implied/i, equilibrium],
  [/mean|empirical|historical/i, meanHistory],
];

const returnModel: Compute = (row, files) => {
  const method = textOf(row, 'method');
  const model = models.find(([pattern]) => pattern.test(method))?.[1];
  if (!model) throw new NotSupported(`no return model "${method}"`);
  return model({ ...row, operation: method }, files);
};

export const expectedReturns: Adapter = {
  category: 'expected_returns',
  words: vocabularies.expected_returns,
  operations: [
    [/return[\s_-]*model/i, returnModel],
    [/prices?[\s_-]*from[\s_-]*(log[\s_-]*)?returns?/i, pricesFromReturns],
    [/^(log(arithmic)?|simple)[\s_-]*returns?|returns?[\s_-]*from[\s_-]*prices?/i, plainReturns],
    ...models,
  ],
};

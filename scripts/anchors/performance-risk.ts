/** Rows about moments, losses and drawdowns. */
import { normalCumulative, normalQuantile } from '#shared/universe/model/measures/distributions.ts';
import {
  downsideDeviation,
  giniMeanDifference,
  lowerPartialMoment,
  meanAbsoluteDeviation,
  semiDeviation,
  semiVariance,
  stability,
  tailRatio,
  worstRealisation,
} from '#shared/universe/model/measures/downside.ts';
import {
  conditionalDrawdown,
  deepest,
  depths,
  depthsOfReturns,
  disjointFalls,
  drawdownAtRisk,
  drawdowns,
  entropicDrawdown,
  longestDrawdown,
  maximumDrawdown,
  painIndex,
  ulcerIndex,
} from '#shared/universe/model/measures/drawdowns.ts';
import {
  centralMoment,
  correlation,
  covariance,
  extent,
  kurtosis,
  mapped,
  mean,
  skewness,
  standardDeviation,
  variance,
} from '#shared/universe/model/measures/moments.ts';
import {
  diversificationRatio,
  effectiveHoldings,
} from '#shared/universe/model/measures/portfolio-returns.ts';
import { annualVolatility } from '#shared/universe/model/measures/returns.ts';
import {
  conditionalValueAtRisk,
  entropicRisk,
  entropicValueAtRisk,
  modifiedValueAtRisk,
  normalConditionalValueAtRisk,
  normalValueAtRisk,
  valueAtRisk,
  type QuantileRule,
} from '#shared/universe/model/measures/tail-risk.ts';
import {
  benchmarkSeries,
  columns,
  each,
  isFrom,
  listNamed,
  lists,
  main,
  named,
  numbers,
  parameter,
  periodsPerYear,
  present,
  rate,
  text,
  weighted,
  type Measured,
} from './performance-inputs.ts';
import { atRow } from './performance-returns.ts';
import type { Compute } from './row.ts';

type Row = Parameters<Compute>[0];

/** Measures of one series; also what a ratio of the mean to one of them divides by. */
export const riskMeasures: readonly (readonly [RegExp, (series: Measured, row: Row) => unknown])[] =
  [
    [named('third central moment'), ({ returns }, row) => centralMoment(returns, 3, moment(row))],
    [named('fourth central moment'), ({ returns }, row) => centralMoment(returns, 4, moment(row))],
    [
      named('first lower partial|flpm'),
      ({ returns }, row) => lowerPartialMoment(returns, 1, moment(row)),
    ],
    [
      named('fourth lower partial'),
      ({ returns }, row) => lowerPartialMoment(returns, 4, moment(row)),
    ],
    [
      named('lower partial moment|lpm'),
      ({ returns }, row) =>
        lowerPartialMoment(returns, parameter(row, 'order', 'n') ?? 2, moment(row)),
    ],
    [
      named('mean absolute deviation'),
      ({ returns }, row) => meanAbsoluteDeviation(returns, moment(row)),
    ],
    [named('semi variance'), ({ returns }, row) => semiVariance(returns, moment(row)) * scale(row)],
    [named('semi (standard )?(deviation|volatility)'), semi],
    [
      named('downside (risk|deviation)'),
      ({ returns }, row) =>
        downsideDeviation(returns, {
          required: rate(row, 'required_return', 'required', 'mar', 'target'),
          periodsPerYear: periodsPerYear(row),
        }),
    ],
    [named('gini'), ({ returns }) => giniMeanDifference(returns)],
    [named('worst'), ({ returns }) => worstRealisation(returns)],
    [named('best'), ({ returns }) => extent(returns).most],
    [named('tail ratio'), ({ returns }) => tailRatio(returns)],
    [named('stability'), ({ returns }) => stability(returns)],
    [
      named('entropic risk'),
      ({ returns }, row) =>
        entropicRisk(returns, {
          theta: parameter(row, 'theta') ?? 1,
          ...moment(row),
          confidence: confidence(row),
        }),
    ],
    [
      /\bevar|entropic/i,
      ({ returns }, row) => entropicValueAtRisk(returns, { confidence: confidence(row) }),
    ],
    [/\bedar/i, (series, row) => entropicDrawdown(depthOf(series, row), confidence(row))],
    [
      named('cdar|conditional drawdown'),
      (series, row) => conditionalDrawdown(withoutFirst(series, row), confidence(row)),
    ],
    [
      named('drawdown at risk|\\bdar'),
      (series, row) => drawdownAtRisk(depthOf(series, row), confidence(row)),
    ],
    [
      named('average drawdown|pain index|mean drawdown'),
      (series, row) => painIndex(depthOf(series, row)),
    ],
    [
      named('ulcer index'),
      (series, row) => ulcerIndex(depthOf(series, row)) * (inPercent(row) ? 100 : 1),
    ],
    [named('longest|drawdown duration'), ({ path, days }) => longestDrawdown(path, days)],
    [named('top drawdowns?'), topDrawdowns],
    [named('drawdown details|drawdowns? (list|length)'), details],
    [
      named('max(imum)? ?drawdown|maxdd'),
      (series, row) => signed(maximumDrawdown(depthOf(series, row)), row),
    ],
    [
      named('drawdowns?|dd function'),
      (series, row) =>
        atRow(
          row,
          depthOf(series, row).map((depth) => signed(depth, row)),
        ),
    ],
    [/cvar|conditional[\s_-]*value|expected[\s_-]*shortfall|\bes\b/i, shortfall],
    [named('value at risk|\\bvar(?!i)'), valueAtRiskOf],
    [named('variance'), ({ returns }, row) => variance(returns, moment(row)) * scale(row)],
    [
      named('standard deviation|stddev|\\bstd'),
      ({ returns }, row) => standardDeviation(returns, moment(row)) * Math.sqrt(scale(row)),
    ],
    [named('volatility|annual vol'), volatility],
    [
      named('skew'),
      ({ returns }, row) => skewness(returns, { ...moment(row), estimate: estimate(row) }),
    ],
    [
      named('kurt'),
      ({ returns }, row) =>
        kurtosis(returns, { ...moment(row), estimate: estimate(row) }) - (isExcess(row) ? 3 : 0),
    ],
    [named('mean'), ({ returns }, row) => mean(returns, moment(row)) * scale(row)],
  ];

export const riskOperations: readonly (readonly [RegExp, Compute])[] = [
  [named('norm(al)? ?(inv|quantile|ppf)|inverse normal'), (row) => eachNumber(row, normalQuantile)],
  [named('norm(al)? ?(cdf|cumulative)'), (row) => eachNumber(row, normalCumulative)],
  [named('effective number'), (row, files) => effectiveHoldings(weightsOf(row, files))],
  [named('diversification'), diversification],
  [named('correlation'), pairwise((a, b) => correlation(a, b))],
  [named('covariance'), pairwise((a, b, row) => covariance(a, b, moment(row)))],
  ...riskMeasures.map(([pattern, measure]): readonly [RegExp, Compute] => [
    pattern,
    each((series, row) => measure(series, row)),
  ]),
];

/** Center, divisor and weights of observations, as a row states them. */
function moment(row: Row) {
  const { parameters, operation } = row;
  const biased = parameters['biased'] ?? parameters['bias'];
  const stated = parameter(row, 'ddof');
  const target = parameter(row, 'target', 'min_acceptable_return', 'mar', 'threshold');
  const zero =
    /zero|^0$/i.test(String(parameters['target'] ?? '')) || /[\s_-](0|zero)$/i.test(operation);
  const weights = listNamed(
    row,
    parameters['sample_weight'] ?? row.inputs['sample_weight'] ?? undefined,
  );
  const level = target ?? (zero ? 0 : undefined);
  return {
    ddof: stated ?? (biased === true || /population|divisor n\b|\/n\b/i.test(text(row)) ? 0 : 1),
    target: level,
    weights,
  };
}

function scale(row: Row): number {
  return /annuali[sz]ed/i.test(row.operation) ? periodsPerYear(row) : 1;
}

function estimate(row: Row): 'population' | 'sample' {
  const said = text(row);
  if (/unbiased|bias[\s-]*corrected|sample|G[12]\b|spreadsheet/i.test(said)) return 'sample';
  return isFrom(row, /ffn/) ? 'sample' : 'population';
}

function isExcess(row: Row): boolean {
  const said = text(row);
  if (/non[\s-]*excess|not excess|fisher"?: ?false|pearson/i.test(said)) return false;
  return /excess|fisher/i.test(said) || isFrom(row, /ffn|empyrical/);
}

function confidence(row: Row): number | undefined {
  const stated = parameter(row, 'confidence', 'beta', 'alpha', 'level');
  const cutoff = parameter(row, 'cutoff', 'var_p');
  if (cutoff !== undefined) return 1 - cutoff;
  const [, inName] = /[\s_-](\d{2})(?:[\s_-]|$)/.exec(row.operation) ?? [];
  return stated ?? (inName === undefined ? undefined : Number(inName) / 100);
}

function rule(row: Row): QuantileRule {
  const said = text(row);
  if (/linear|interpol/i.test(said)) return 'interpolated';
  if (/floor/i.test(said)) return 'order-below';
  if (/ceil/i.test(said)) return 'order';
  if (isFrom(row, /empyrical/)) return 'interpolated';
  return isFrom(row, /portfolio_analytics/) ? 'order-below' : 'order';
}

/** Some state the quantile of returns itself, with its sign, and not the loss. */
function lossSign(row: Row): 1 | -1 {
  const said = text(row);
  if (/sign kept|negative = loss/i.test(said)) return -1;
  return isFrom(row, /empyrical/) && !/positive/i.test(said) ? -1 : 1;
}

function valueAtRiskOf({ returns }: Measured, row: Row): number {
  const options = { confidence: confidence(row) };
  const said = text(row);
  if (/cornish|modified/i.test(said)) return lossSign(row) * modifiedValueAtRisk(returns, options);
  if (/gauss|normal|parametric/i.test(said))
    return lossSign(row) * normalValueAtRisk(returns, options);
  const { weights } = moment(row);
  const all = options.confidence === 1 && rule(row) === 'order-below';
  return all ? NaN : lossSign(row) * valueAtRisk(returns, { ...options, rule: rule(row), weights });
}

function shortfall({ returns }: Measured, row: Row): number {
  const options = { confidence: confidence(row) };
  const said = text(row);
  if (/gauss|normal|parametric/i.test(said))
    return lossSign(row) * normalConditionalValueAtRisk(returns, options);
  const plain =
    /tail[\s-]*mean|partition/i.test(said) || (isFrom(row, /empyrical/) && !/fraction/i.test(said));
  const { weights } = moment(row);
  return (
    lossSign(row) *
    conditionalValueAtRisk(returns, {
      ...options,
      rule: plain ? 'tail-mean' : 'fractional',
      weights,
    })
  );
}

/** Depths of the path, or of the returns: compounded or added up, from the start or the first value. */
function depthOf({ path, returns }: Measured, row: Row): Float64Array {
  if (path.length > 0 && !isFrom(row, /skfolio/)) return depths(path);
  const said = text(row);
  const added =
    /un[\s_-]?comp|non[\s_-]*comp|not comp|no[\s_-]comp|compounded"?: ?false|cumulative sum|arithmetic/i.test(
      said,
    );
  const skfolio = isFrom(row, /skfolio/);
  const compounded = !added && (!skfolio || /comp/i.test(said));
  return depthsOfReturns(returns, { compounded, fromStart: !skfolio });
}

/** A drawdown's distribution is taken without the first value of a path, which cannot be below. */
function withoutFirst(series: Measured, row: Row): Float64Array {
  const all = depthOf(series, row);
  return series.path.length > 0 && !isFrom(row, /skfolio/) ? all.subarray(1) : all;
}

function signed(depth: number, row: Row): number {
  const said = text(row);
  if (/positive/i.test(said)) return depth;
  return /negative/i.test(said) || isFrom(row, /empyrical|ffn/) ? -depth : depth;
}

function inPercent(row: Row): boolean {
  return /percent|%/i.test(text(row)) || isFrom(row, /ffn/);
}

function semi({ returns }: Measured, row: Row): number {
  const logs = isFrom(row, /portfolio-performance/);
  const series = logs ? mapped(returns, Math.log1p) : returns;
  return semiDeviation(series, moment(row)) * Math.sqrt(logs ? series.length : scale(row));
}

function volatility({ returns }: Measured, row: Row): number {
  const logs = isFrom(row, /portfolio-performance/);
  const series = logs ? mapped(returns, Math.log1p) : returns;
  const periods = logs ? series.length : periodsPerYear(row);
  const stability = parameter(row, 'alpha') ?? 2;
  return annualVolatility(series, { periodsPerYear: periods, ddof: moment(row).ddof, stability });
}

function topDrawdowns({ path }: Measured, row: Row): number[][] {
  const most = parameter(row, 'n', 'top', 'count', 'number', 'k', 'nTopDrawdowns') ?? Infinity;
  return disjointFalls(path, most).map(({ depth, peak, valley }) => [depth, peak, valley]);
}

function details({ path, days }: Measured, row: Row): unknown {
  const falls = drawdowns(path);
  const length = (at: number): number => {
    const fall = falls[at];
    if (!fall) return NaN;
    const end = fall.recovery ?? path.length - 1;
    return (days[end] ?? NaN) - (days[fall.peak + 1] ?? NaN);
  };
  const index = parameter(row, 'index', 'row', 'drawdown');
  if (index !== undefined) return length(index);
  return deepest(falls, Infinity).map(({ depth, peak, valley, recovery }) => ({
    depth,
    peak,
    valley,
    recovery,
  }));
}

function diversification(row: Row, files: Parameters<Compute>[1]): number {
  const { assets, weights } = weighted(row, files);
  const ddof = (of: RegExp): number => Number(of.exec(text(row))?.[1] ?? 1);
  return diversificationRatio(assets, weights, {
    assetDdof: ddof(/asset[^)]*?ddof (\d)/i),
    portfolioDdof: ddof(/portfolio[^)]*?ddof (\d)/i),
  });
}

function weightsOf(row: Row, files: Parameters<Compute>[1]): number[] {
  const list = numbers(row.inputs['weights']) ?? [...lists(row).values()][0];
  return list ? [...list] : weighted(row, files).weights;
}

/** Of the two columns, or the two lists; a matrix where one is expected. */
function pairwise(measure: (a: Float64Array, b: Float64Array, row: Row) => number): Compute {
  return (row, files) => {
    const named = /([A-Z]{1,5})[-/ ]+([A-Z]{1,5})$/.exec(row.operation)?.slice(1);
    const all =
      typeof row.inputs['prices'] === 'string'
        ? [
            ...columns(
              row,
              files,
              Array.isArray(row.inputs['columns']) ? undefined : named,
            ).values(),
          ].map(({ returns }) => returns)
        : [main(row, files).returns, benchmarkSeries(row, files)];
    if (Array.isArray(row.expected)) return all.map((a) => all.map((b) => measure(a, b, row)));
    const [a, b] = all;
    return measure(present(a, 'no series'), present(b, 'no second series'), row);
  };
}

function eachNumber(row: Row, measure: (value: number) => number): unknown {
  const [list] = lists(row).values();
  return list
    ? Array.from(list, measure)
    : measure(present(parameter(row, 'x', 'p', 'value'), 'no number'));
}

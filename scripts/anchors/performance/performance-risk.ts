/** Rows about moments, losses and drawdowns. */
import { normalCumulative, normalQuantile } from '#shared/quant/measures/distributions.ts';
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
} from '#shared/quant/measures/downside.ts';
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
} from '#shared/quant/measures/moments.ts';
import {
  diversificationRatio,
  effectiveHoldings,
} from '#shared/quant/measures/portfolio-returns.ts';
import { annualVolatility } from '#shared/quant/measures/returns.ts';
import { drawdownMeasures } from './performance-drawdowns.ts';
import {
  benchmarkSeries,
  columns,
  each,
  isFrom,
  listOf,
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
  type Measures,
} from './performance-inputs.ts';
import { estimate, isExcess, moment, scale } from './performance-moments.ts';
import { tailMeasures } from './performance-tails.ts';
import type { Compute } from '../rows/anchor-row.ts';

type Row = Parameters<Compute>[0];

/** Measures of one series; also what a ratio of the mean to one of them divides by. */
export const riskMeasures: Measures = [
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
  ...drawdownMeasures,
  ...tailMeasures,
  [named('^(annual(i[sz]ed)? )?vol'), volatility],
  [named('variance'), ({ returns }, row) => variance(returns, moment(row)) * scale(row)],
  [
    named('standard deviation|stddev|\\bstd'),
    ({ returns }, row) => standardDeviation(returns, moment(row)) * Math.sqrt(scale(row)),
  ],
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

function diversification(row: Row, files: Parameters<Compute>[1]): number {
  const { assets, weights } = weighted(row, files);
  const ddof = (of: RegExp): number => Number(of.exec(text(row))?.[1] ?? 1);
  return diversificationRatio(assets, weights, {
    assetDdof: ddof(/asset[^)]*?ddof (\d)/i),
    portfolioDdof: ddof(/portfolio[^)]*?ddof (\d)/i),
  });
}

function weightsOf(row: Row, files: Parameters<Compute>[1]): number[] {
  const list = numbers(row.inputs['weights']) ?? listOf(row, [...lists(row).keys()][0]);
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
  const list = listOf(row, [...lists(row).keys()][0]);
  return list
    ? Array.from(list, measure)
    : measure(present(parameter(row, 'x', 'p', 'value'), 'no number'));
}

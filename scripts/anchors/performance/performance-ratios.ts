/** Rows about reward over risk, and against a benchmark. */
import {
  alpha,
  battingAverage,
  beta,
  betaFragility,
  capture,
  captureRatio,
  informationRatio,
  marketCapture,
  marketPeriods,
  trackingError,
} from '#shared/quant/measures/benchmark.ts';
import { annualGrowth } from '#shared/quant/measures/calendar-returns.ts';
import { depths, maximumDrawdown } from '#shared/quant/measures/drawdowns.ts';
import { mean } from '#shared/quant/measures/moments.ts';
import {
  calmarRatio,
  gainToPainRatio,
  omegaRatio,
  sharpeRatio,
  sortinoRatio,
  ulcerPerformanceIndex,
} from '#shared/quant/measures/ratios.ts';
import {
  arithmeticAnnualReturn,
  excessReturns,
  totalReturn,
} from '#shared/quant/measures/returns.ts';
import {
  biasAdjustedSharpe,
  deflatedSharpe,
  doubleSharpe,
  expectedMaximumSharpe,
  minimumTrackRecord,
  probabilisticSharpe,
  probabilityOfOutperformance,
  sharpeEstimate,
  sharpeInformationCriterion,
  sharpeInterval,
  type SharpeEstimate,
} from '#shared/quant/measures/sharpe-inference.ts';
import {
  benchmarkOf,
  benchmarkSeries,
  each,
  isFrom,
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
import { riskMeasures } from './performance-risk.ts';
import { NotSupported, type Compute } from '../rows/anchor-row.ts';

type Row = Parameters<Compute>[0];
type Files = Parameters<Compute>[1];

export const ratioOperations: readonly (readonly [RegExp, Compute])[] = [
  [
    named('minimum track record|mintrl'),
    inference((one, row) =>
      minimumTrackRecord(one, {
        alpha: parameter(row, 'alpha') ?? 0.05,
        reference: reference(row),
      }),
    ),
  ],
  [
    named('probabilistic sharpe|\\bpsr'),
    inference((one, row) => probabilisticSharpe(one, reference(row))),
  ],
  [named('bias adjusted'), inference(biasAdjustedSharpe)],
  [named('double sharpe'), inference(doubleSharpe)],
  [
    named('confidence interval|sharpe.* interval'),
    inference((one, row) => [...sharpeInterval(one, parameter(row, 'alpha') ?? 0.05)]),
  ],
  [
    named('expected max(imum)? sharpe'),
    (row) =>
      expectedMaximumSharpe(
        present(parameter(row, 'n_trials', 'trials'), 'no trials'),
        present(parameter(row, 'sr_std', 'std', 'deviation'), 'no deviation'),
      ),
  ],
  [named('deflated sharpe'), deflated],
  [
    named('prob mom|probability (of )?(momentum|outperformance)'),
    (row, files) =>
      probabilityOfOutperformance(main(row, files).returns, benchmarkSeries(row, files)),
  ],
  [/\bsric\b|sharpe[\s_-]*information[\s_-]*criterion/i, sric],
  [
    named('information ratio|excess sharpe'),
    each((series, row, files) =>
      informationRatio(series.returns, benchmarkOf(row, files), {
        periodsPerYear: /annuali[sz]ed/i.test(row.operation) ? periodsPerYear(row) : 1,
      }),
    ),
  ],
  [
    named('tracking error'),
    each((series, row, files) =>
      trackingError(series.returns, benchmarkOf(row, files), {
        periodsPerYear: periodsPerYear(row),
      }),
    ),
  ],
  [named('gain to pain'), each(({ returns }) => gainToPainRatio(returns))],
  [
    named('ulcer performance|martin ratio|\\bupi'),
    each(({ returns }, row) =>
      ulcerPerformanceIndex(returns, { riskFree: rate(row, 'risk_free', 'rf') }),
    ),
  ],
  [
    named('omega'),
    each(({ returns }, row) =>
      omegaRatio(returns, {
        riskFree: rate(row, 'risk_free', 'rf'),
        required: parameter(row, 'required_return', 'required') ?? 0,
        periodsPerYear: parameter(row, 'periods_per_year', 'annualization') ?? 252,
      }),
    ),
  ],
  [named('calmar'), each(calmar)],
  [named('sortino'), each(sortino)],
  [
    named('sharpe'),
    each(({ returns }, row) =>
      sharpeRatio(returns, {
        riskFree: rate(row, 'risk_free', 'rf', 'riskfree'),
        periodsPerYear: periodsPerYear(row),
        ddof: parameter(row, 'ddof') ?? 1,
      }),
    ),
  ],
  [named('batting'), batting],
  [named('fragility'), compared(betaFragility)],
  [
    named('up down capture|capture ratio'),
    compared((own, market, row) => captureRatio(own, market, yearly(row)), 'capture'),
  ],
  [
    named('up capture'),
    compared((own, market, row) => marketCapture(own, market, 'up', yearly(row))),
  ],
  [
    named('down capture'),
    compared((own, market, row) => marketCapture(own, market, 'down', yearly(row))),
  ],
  [named('capture'), compared((own, market, row) => capture(own, market, yearly(row)))],
  [
    named('up alpha beta'),
    compared((own, market, row) => alphaBeta(...marketPeriods(own, market, 'up'), row)),
  ],
  [
    named('down alpha beta'),
    compared((own, market, row) => alphaBeta(...marketPeriods(own, market, 'down'), row)),
  ],
  [named('alpha beta'), compared(alphaBeta)],
  [/\balpha\b/i, compared((own, market, row) => alphaBeta(own, market, row)[0])],
  [/\bbeta\b/i, compared((own, market) => beta(own, market))],
  [named('excess return'), each((series, row, files) => excess(series, row, files))],
];

function yearly(row: Row): { periodsPerYear: number } {
  return { periodsPerYear: periodsPerYear(row) };
}

function compared(
  measure: (own: Float64Array, market: Float64Array, row: Row) => unknown,
  plainRatio?: string,
): Compute {
  return (row, files) => {
    // "capture_ratio" alone is the capture of all periods.
    if (plainRatio && !/up/i.test(row.operation))
      return capture(main(row, files).returns, benchmarkSeries(row, files), yearly(row));
    return measure(main(row, files).returns, benchmarkSeries(row, files), row);
  };
}

function alphaBeta(own: Float64Array, market: Float64Array, row: Row): [number, number] {
  const riskFree = rate(row, 'risk_free', 'rf');
  if (typeof riskFree !== 'number') throw new NotSupported('alpha over a series of rates');
  const annualise = /multipl|arithmetic/i.test(text(row)) ? 'multiply' : 'compound';
  return [alpha(own, market, { riskFree, annualise, ...yearly(row) }), beta(own, market)];
}

function inference(measure: (estimate: SharpeEstimate, row: Row) => unknown): Compute {
  return (row, files) => measure(sharpeEstimate(main(row, files).returns), row);
}

function reference(row: Row): number {
  return parameter(row, 'benchmark_sharpe', 'reference_sharpe', 'reference', 'sr_star', 'sr*') ?? 0;
}

function deflated(row: Row, files: Files): number {
  const trials = present(
    numbers(
      row.parameters['trial_sharpe_ratios'] ??
        row.inputs['trial_sharpe_ratios'] ??
        row.inputs['trials'] ??
        row.parameters['trials'],
    ),
    'no trials',
  );
  const periods =
    row.parameters['annualized_trials'] === false
      ? 1
      : periodsPerYear({ ...row, operation: 'annualised' });
  const returns = excessReturns(main(row, files).returns, rate(row, 'rf', 'risk_free'));
  return deflatedSharpe(
    returns,
    trials.map((one) => one / Math.sqrt(periods)),
  );
}

function sric(row: Row, files: Files): number {
  const { returns, weights } = weighted(row, files);
  return sharpeInformationCriterion(
    returns,
    parameter(row, 'assets', 'n_assets') ?? weights.length,
  );
}

function calmar({ path, returns, days }: Measured, row: Row): number {
  if (isFrom(row, /skfolio/))
    return meanOverRisk({ path, returns, days }, { ...row, operation: 'max_drawdown_ratio' });
  if (typeof row.inputs['prices'] === 'string')
    return annualGrowth({ days, values: path }) / maximumDrawdown(depths(path));
  return calmarRatio(returns, yearly(row));
}

function sortino(series: Measured, row: Row): number {
  if (isFrom(row, /skfolio/))
    return meanOverRisk(series, { ...row, operation: 'semi_deviation_ratio' });
  const required = rate(row, 'required_return', 'required', 'risk_free', 'rf', 'mar');
  return sortinoRatio(series.returns, { required, ...yearly(row) });
}

/** Mean above the risk-free rate over any measure of risk, per period. */
function meanOverRisk(series: Measured, row: Row): number {
  const operation = row.operation.replace(/[\s_-]ratio$/i, '');
  const measure = riskMeasures.find(([pattern]) => pattern.test(operation))?.[1];
  const risk = Number(present(measure, `no measure "${operation}"`)(series, { ...row, operation }));
  return mean(excessReturns(series.returns, rate(row, 'risk_free_rate', 'risk_free', 'rf'))) / risk;
}

function batting(row: Row, files: Files): unknown {
  const { all, up, down } = battingAverage(main(row, files).returns, benchmarkSeries(row, files));
  if (Array.isArray(row.expected)) return [all, up, down];
  const named: Record<string, number> = {
    'batting average': all,
    'up market': up,
    'down market': down,
  };
  return typeof row.expected === 'number'
    ? all
    : Object.fromEntries(
        Object.keys(row.expected ?? {}).map((key) => [
          key,
          named[key.replaceAll('_', ' ').toLowerCase()],
        ]),
      );
}

function excess({ returns }: Measured, row: Row, files: Files): unknown {
  const over =
    row.parameters['benchmark'] === undefined
      ? rate(row, 'rf', 'risk_free')
      : benchmarkOf(row, files);
  if (typeof row.expected !== 'number') return excessReturns(returns, over);
  const active = typeof over === 'number' ? over : totalReturn(over);
  return /annual/i.test(row.operation)
    ? arithmeticAnnualReturn(excessReturns(returns, over), yearly(row))
    : totalReturn(returns) - active;
}

/** Any measure of risk under the mean. */
export const meanOverRiskOperation: readonly [RegExp, Compute] = [
  /[\s_-]ratio$/i,
  each(meanOverRisk),
];

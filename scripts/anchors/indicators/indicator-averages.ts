/** Rows of averages, lines and scatter of one series. */
import { kama, mcginley, vidya, zlema } from '#shared/quant/indicators/adaptive-averages.ts';
import { bandWidth, bollinger, envelope, percentB } from '#shared/quant/indicators/bands.ts';
import {
  historicalVolatility,
  rollingDeviation,
  rollingUlcer,
  rollingVariance,
  standardError,
  verticalHorizontal,
  zScore,
} from '#shared/quant/indicators/dispersion.ts';
import {
  alma,
  dema,
  ema,
  hma,
  sma,
  t3,
  tema,
  trima,
  vwma,
  wilders,
  wma,
} from '#shared/quant/indicators/moving-averages.ts';
import { rateOfChange } from '#shared/quant/indicators/momentum.ts';
import { meanDeviation } from '#shared/quant/indicators/oscillators.ts';
import {
  rollingBeta,
  rollingCorrelation,
  rollingCovariance,
} from '#shared/quant/indicators/pairs.ts';
import { forecastOscillator, lastLine, regression } from '#shared/quant/indicators/regression.ts';
import { crosses, crossesOver, decay, exponentialDecay } from '#shared/quant/indicators/signals.ts';
import { highest, lagged, lowest, rollingSums } from '#shared/quant/indicators/windows.ts';
import type { IndicatorInput } from './indicator-input.ts';
import { peeked } from '../rows/row-fields.ts';
import { numberOf } from '../rows/row-conventions.ts';

/** Outputs in order, each with the names that sources give it. */
export type Outputs = readonly (readonly [names: string, values: Float64Array])[];
export type Indicator = readonly [name: RegExp, compute: (input: IndicatorInput) => Outputs];

/** An indicator of one series and one window. */
function ofWindow(
  name: RegExp,
  names: string,
  compute: (values: Float64Array, periods: number, input: IndicatorInput) => Float64Array,
  periods = 14,
): Indicator {
  return [name, (input) => [[names, compute(input.close, input.periods(periods), input)]]];
}

/** The series that is evaluated, and the one it is evaluated by. A file to compare with is the former. */
function pairOf(input: IndicatorInput): readonly [Float64Array, Float64Array] {
  const said = String(peeked(input.row.parameters)['other'] ?? '');
  const [, own, market] = /evaluated(?: asset)? = (\w+),\s*market = (\w+)/i.exec(said) ?? [];
  if (own !== undefined && market !== undefined) return [input.named(own), input.named(market)];
  const isEvaluated = /eval|compare/.test(Object.keys(input.row.inputs).join());
  return isEvaluated ? [input.other, input.close] : [input.close, input.other];
}

export const averages: readonly Indicator[] = [
  ofWindow(/^(sma|simplemovingaverage)$/, 'sma', sma, 20),
  ofWindow(/^(ema|exponentialmovingaverage)$/, 'ema', (x, n, { seed }) => ema(x, n, { seed }), 20),
  ofWindow(/^(wma|weightedmovingaverage)$/, 'wma', wma, 20),
  ofWindow(/^dema$/, 'dema', (x, n, { seed }) => dema(x, n, { seed }), 14),
  ofWindow(/^tema$/, 'tema', (x, n, { seed }) => tema(x, n, { seed }), 20),
  ofWindow(/^trima$/, 'trima', trima),
  ofWindow(/^(hma|hull)/, 'hma', hma, 20),
  ofWindow(/^zlema$/, 'zlema', zlema),
  ofWindow(/^(wilders?|smma|rma)$/, 'smma', (x, n) => wilders(x, n), 20),
  ofWindow(/^(dynamic|mcginley)/, 'dynamic', (x, n) => mcginley(x, n)),
  ofWindow(/^t3$/, 't3', (x, n, input) => t3(x, n, input.option(1, 0.7, 'volume_factor', 'v')), 5),
  [
    /^alma$/,
    (input) => {
      const [offset, sigma] = [input.option(1, 0.85, 'offset'), input.option(2, 6, 'sigma')];
      return [['alma', alma(input.close, input.periods(10), offset, sigma)]];
    },
  ],
  [
    /^kama$/,
    (input) => {
      const [fast, slow] = [
        input.option(1, 2, 'fast', 'pow1'),
        input.option(2, 30, 'slow', 'pow2'),
      ];
      const { average, efficiency } = kama(input.close, input.periods(10), fast, slow);
      return [
        ['kama', average],
        ['er', efficiency],
      ];
    },
  ],
  [
    /^vidya$/,
    (input) => {
      const [short, long] = [input.option(0, 2, 'short'), input.option(1, 5, 'long')];
      return [['vidya', vidya(input.close, short, long, input.option(2, 0.2, 'alpha'))]];
    },
  ],
  [/^vwma$/, (input) => [['vwma', vwma(input.close, input.volume, input.periods(20))]]],
  [
    /^(ma-?env|envelope)/,
    (input) => {
      const middle = sma(input.close, input.periods(20));
      const { upper, lower } = envelope(middle, input.option(1, 2.5, 'percent', 'pct') / 100);
      return [
        ['centerline', middle],
        ['upperEnvelope', upper],
        ['lowerEnvelope', lower],
      ];
    },
  ],
  ofWindow(/^(linreg|epma)$/, 'linreg|epma', (x, n) => regression(x, n).end, 20),
  ofWindow(/^linregintercept$/, 'intercept', (x, n) => regression(x, n).intercept),
  ofWindow(/^linregslope$/, 'slope', (x, n) => regression(x, n).slope),
  ofWindow(/^tsf$|timeseriesforecast/, 'tsf', (x, n) => regression(x, n).forecast),
  ofWindow(/^fosc$|forecastosc/, 'fosc', forecastOscillator),
  [
    /^slope$/,
    (input) => {
      const line = regression(input.close, input.periods(20));
      return [
        ['slope', line.slope],
        // Bars are counted from 1.
        ['intercept', line.end.map((end, i) => end - (line.slope[i] ?? NaN) * (i + 1))],
        ['stdDev', rollingDeviation(input.close, input.periods(20))],
        ['rSquared', line.rSquared],
        ['line', lastLine(input.close, input.periods(20))],
      ];
    },
  ],
  ofWindow(/^(var|variance)$/, 'var', (x, n, { ddof }) => rollingVariance(x, n, ddof)),
  [
    /^(stddev|stdev|stdevp|standarddeviation)$/,
    (input) => {
      const [values, n] = [input.close, input.periods(10)];
      return [
        ['stdDev|stddev', rollingDeviation(values, n, input.ddof)],
        ['mean', sma(values, n)],
        ['zScore', zScore(values, n)],
      ];
    },
  ],
  ofWindow(/^stderr$|standarderror/, 'stderr', standardError),
  ofWindow(/^md$|meandeviation/, 'md|mad', (x, n) => meanDeviation(x, n)),
  ofWindow(/^(volatility|vol)$/, 'volatility', (x, n, { row, ddof }) =>
    historicalVolatility(x, n, {
      periodsPerYear: numberOf(row, 'periods_per_year', 'annualisation') ?? 252,
      ddof,
    }),
  ),
  ofWindow(/^vhf$/, 'vhf', verticalHorizontal),
  ofWindow(/^(ulcer|ui)/, 'ulcerIndex|ui|ulcer_index', (x, n, input) =>
    rollingUlcer(x, n, input.from(/\/ta$/i) ? 'rolling' : 'window'),
  ),
  [
    /^(bb|bbands|bollinger)/,
    (input) => {
      const n = input.periods(20);
      const width = input.option(1, 2, 'sd', 'k', 'width', 'multiplier', 'stddevs');
      const bands = bollinger(input.close, n, width, input.ddof);
      const percent = input.from(/\/ta$/i) ? 100 : 1;
      const widths = bandWidth(bands).map((ratio) => ratio * percent);
      return [
        ['lower|lowerBand|LowBand', bands.lower],
        ['middle|middleBand|sma|MiddleBand', bands.middle],
        ['upper|upperBand|HighBand', bands.upper],
        ['percentB|PercentageBand', percentB(input.close, bands)],
        ['zScore', zScore(input.close, n)],
        ['width|WidthBand', widths],
        ['stdev|20-day Standard Deviation', rollingDeviation(input.close, n, input.ddof)],
      ];
    },
  ],
  [
    /^(corr|correlation)/,
    (input) => {
      const [[a, b], n] = [pairOf(input), input.periods(20)];
      const correlation = rollingCorrelation(a, b, n);
      return [
        ['correlation|corr', correlation],
        ['covariance', rollingCovariance(a, b, n)],
        ['varianceA', rollingVariance(a, n)],
        ['varianceB', rollingVariance(b, n)],
        ['rSquared', correlation.map((one) => one ** 2)],
      ];
    },
  ],
  [
    /^beta/,
    (input) => {
      const [own, market] = pairOf(input);
      const returns = (x: Float64Array): Float64Array =>
        rateOfChange(x, 1).map((one, i) => (i === 0 ? 0 : one));
      return [
        ['beta', rollingBeta(own, market, input.periods(50))],
        ['returnsEval', returns(own)],
        ['returnsMrkt', returns(market)],
      ];
    },
  ],
  [
    /^sma-?analysis/,
    (input) => {
      const [values, n] = [input.close, input.periods(20)];
      return [
        ['sma', sma(values, n)],
        ['mad', meanDeviation(values, n)],
        ['mse', rollingVariance(values, n)],
        ['mape', meanDeviation(values, n, 'value')],
      ];
    },
  ],
  ofWindow(/^(max|highest)$/, 'max', highest),
  ofWindow(/^(min|lowest)$/, 'min', lowest),
  ofWindow(/^sum$/, 'sum', rollingSums),
  ofWindow(/^lag$/, 'lag', lagged),
  ofWindow(/^decay$/, 'decay', decay),
  ofWindow(/^edecay$/, 'edecay', exponentialDecay),
  [/^crossany$/, (input) => [['crossany', crosses(input.nth(0), input.nth(1))]]],
  [/^crossover$/, (input) => [['crossover', crossesOver(input.nth(0), input.nth(1))]]],
];

/** Values that the test-suites of empyrical-reloaded, skfolio, ffn and portfolio_analytics_js state. */
import {
  alpha,
  battingAverage,
  beta,
  capture,
  informationRatio,
  marketCapture,
} from '#shared/quant/measures/benchmark.ts';
import {
  aggregateReturns,
  monthsBefore,
  returnToDate,
  trailingGrowth,
  trailingReturn,
} from '#shared/quant/measures/calendar-returns.ts';
import {
  normalCumulative,
  normalQuantile,
  studentCumulative,
} from '#shared/quant/measures/distributions.ts';
import { downsideDeviation, stability, tailRatio } from '#shared/quant/measures/downside.ts';
import {
  conditionalDrawdown,
  depths,
  depthsOfReturns,
  disjointFalls,
  drawdowns,
  longestDrawdown,
  longestRecovery,
  maximumDrawdown,
  painIndex,
} from '#shared/quant/measures/drawdowns.ts';
import { standardDeviation } from '#shared/quant/measures/moments.ts';
import { quantile } from '#shared/quant/measures/quantile.ts';
import {
  calmarRatio,
  omegaRatio,
  sharpeRatio,
  sortinoRatio,
} from '#shared/quant/measures/ratios.ts';
import {
  annualReturn,
  annualVolatility,
  cumulativeReturns,
} from '#shared/quant/measures/returns.ts';
import {
  biasAdjustedSharpe,
  doubleSharpe,
  minimumTrackRecord,
  probabilisticSharpe,
  sharpeEstimate,
  sharpeInterval,
} from '#shared/quant/measures/sharpe-inference.ts';
import { conditionalValueAtRisk, valueAtRisk } from '#shared/quant/measures/tail-risk.ts';
import { epochDay, parseDay } from '#shared/kernel/calendar-day.ts';

const mixed = [NaN, 0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1];
const positive = [0.01, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01];
const negative = [0, -0.06, -0.07, -0.01, -0.09, -0.02, -0.06, -0.08, -0.05];
const allNegative = [-0.02, -0.06, -0.07, -0.01, -0.09, -0.02, -0.06, -0.08, -0.05];
/** Bacon, Practical Portfolio Performance Measurement and Attribution, 2nd ed. */
const bacon = [
  0.003, 0.026, 0.011, -0.01, 0.015, 0.025, 0.016, 0.067, -0.014, 0.04, -0.005, 0.081, 0.04, -0.037,
  -0.061, 0.017, -0.049, -0.022, 0.07, 0.058, -0.065, 0.024, -0.005, -0.009,
];
/** Steiner (2010), Ambiguity in Calculating and Interpreting Maximum Drawdown. */
const curve = [60, 40, 80, 140, 100, 90, 110, 70, 100, 130, 110, 120, 90, 150, 120, 130];

test.each<[string, number, number]>([
  ['annual return', annualReturn(mixed), 1.9135925373194231],
  ['annual volatility', annualVolatility(mixed), 0.9136465399704637],
  ['Sharpe', sharpeRatio(mixed), 1.7238613961706866],
  ['Sharpe of a quiet series', sharpeRatio(positive), 52.915026221291804],
  ['Sharpe of a constant series', sharpeRatio(new Array<number>(9).fill(0.01)), Infinity],
  ['Sortino', sortinoRatio(mixed), 2.605531251673693],
  ['Sortino without a loss', sortinoRatio(positive), Infinity],
  ['downside deviation', downsideDeviation(mixed), 0.6044832503882965],
  ['Calmar', calmarRatio(mixed), 19.135925373194233],
  ['Calmar without a fall', calmarRatio(positive), NaN],
  ['Omega', omegaRatio(mixed, { required: 10 }), 0.8335426349755793],
  ['Omega above all returns', omegaRatio(positive, { riskFree: 0.02 }), 0],
  ['maximum drawdown', maximumDrawdown(depthsOfReturns(allNegative)), 0.378589157],
  ['tail ratio', tailRatio(mixed), 0.0755 / 0.079],
  ['stability', stability(mixed), 0.1529973665111273],
  ['beta', beta(mixed, negative), -0.7129629629629631],
  ['alpha', alpha(mixed, negative), -0.9997853834885004],
  ['information ratio', informationRatio(mixed, 0, { periodsPerYear: 1 }), 0.10859306069076737],
  ['capture', capture(allNegative, mixed), -0.5225764322296026],
  ['up capture', marketCapture(positive, mixed, 'up'), 0.0076167762],
  ['down capture', marketCapture(positive, mixed, 'down'), -11.27400221],
  ['batting average', battingAverage(positive, allNegative).all, 1],
  [
    'interpolated value at risk',
    -valueAtRisk([1, 81, 82, 83, 84, 85], { confidence: 0.9, rule: 'interpolated' }),
    41,
  ],
  [
    'tail mean',
    -conditionalValueAtRisk([1, 81, 82, 83, 84, 85], { confidence: 0.7, rule: 'tail-mean' }),
    41,
  ],
  ['pain index', painIndex(depths([100, 50, 25, 12.5])), 0.53125],
  [
    'conditional drawdown',
    conditionalDrawdown(depths([100, 90, 80, 70, 60, 50, 40, 30, 20]).subarray(1), 0.7),
    0.725,
  ],
  ['Sharpe of 24 months', sharpeEstimate(bacon).ratio, 0.22756845566238826],
  ['bias-adjusted Sharpe', biasAdjustedSharpe(sharpeEstimate(bacon)), 0.22385539495710946],
  ['double Sharpe', doubleSharpe(sharpeEstimate(bacon)), 1.0698359558642094],
  ['probabilistic Sharpe', probabilisticSharpe(sharpeEstimate(bacon)), 0.85765342264124],
  ['minimum track record', minimumTrackRecord(sharpeEstimate(bacon)), 55.36857732082471],
  [
    'lower end of the Sharpe interval',
    sharpeInterval(sharpeEstimate(bacon))[0],
    -0.18934216977548385,
  ],
  ['normal quantile', normalQuantile(0.01), -2.326347874040841],
  ['normal distribution', normalCumulative(-1), 0.15865525393145707],
  ['far normal tail', normalCumulative(-6) / 9.865876450376981e-10, 1],
  ['Student distribution', studentCumulative(0.1 * Math.sqrt(250), 249), 0.942442],
])('%s is the published one', (_name, got, expected) => {
  if (Number.isFinite(expected)) expect(got).toBeCloseTo(expected, 6);
  else expect(got).toBe(expected);
});

test('a missing return counts as none where returns are compounded, and not in a mean', () => {
  const published = [0, 0.01, 0.111, 0.066559, 0.08789, 0.12052, 0.14293, 0.15436, 0.03893];
  cumulativeReturns(mixed).forEach((value, i) => expect(value).toBeCloseTo(published[i] ?? NaN, 4));
  expect(standardDeviation(mixed)).toBe(standardDeviation(mixed.slice(1)));
});

test('the deepest disjoint falls are the published ones', () => {
  expect(disjointFalls(curve, 5).map(({ depth, peak, valley }) => [depth, peak, valley])).toEqual([
    [0.5, 3, 7],
    [expect.closeTo(1 / 3, 12), 0, 1],
    [expect.closeTo(0.3076923076923077, 12), 9, 12],
    [expect.closeTo(0.2, 12), 13, 14],
  ]);
});

test('a drawdown lasts until its high is reached again', () => {
  expect(drawdowns(curve)).toEqual([
    { depth: expect.closeTo(1 / 3, 12), peak: 0, valley: 1, recovery: 2 },
    { depth: 0.5, peak: 3, valley: 7, recovery: 13 },
    { depth: expect.closeTo(0.2, 12), peak: 13, valley: 14 },
  ]);
  expect(drawdowns([])).toEqual([]);
});

test('a drawdown is as long, and recovers as long, as portfolio-performance states', () => {
  const daily = (path: readonly number[]) => path.map((_, i) => i);
  const falling = [2, 2, 0.5, 2, 2, 3, 4, 5, 6, 7];
  expect(longestDrawdown(falling, daily(falling))).toBe(5);
  const recovering = [100, 120, 110, 80, 85, 90, 95, 100, 105, 110, 115, 120];
  expect(longestRecovery(recovering, daily(recovering))).toBe(8);
  expect(longestRecovery([3, 2, 1], [0, 1, 2])).toBe(0);
});

test('returns are linked within the periods of the calendar', () => {
  const values = [0, 0.01, 0, 0.01, 0, 0.01, 0, 0.01, 0];
  const first = epochDay(parseDay('2000-01-30'));
  const days = values.map((_, i) => first + i);
  const by = (period: 'week' | 'month' | 'year') => [...aggregateReturns({ days, values }, period)];
  expect(by('week')).toEqual([0, expect.closeTo(0.04060401, 10), 0]);
  expect(by('month')).toEqual([expect.closeTo(0.01), expect.closeTo(0.030301, 10)]);
  expect(by('year')).toEqual([expect.closeTo(0.04060401, 10)]);
});

test('returns to date begin at the end of the period before', () => {
  const days = ['2023-12-29', '2024-01-31', '2024-02-15'].map((day) => epochDay(parseDay(day)));
  const dated = { days, values: [100, 110, 121] };
  expect(returnToDate(dated, 'month')).toBeCloseTo(0.1, 12);
  expect(returnToDate(dated, 'year')).toBeCloseTo(0.21, 12);
  expect(trailingReturn(dated, 1)).toBeCloseTo(0.21, 12);
  expect(trailingReturn(dated, 3)).toBeNaN();
  expect(trailingGrowth(dated, 3)).toBeNaN();
  expect(monthsBefore(parseDay('2024-03-31'), 1)).toBe('2024-02-29');
});

test('a quantile lies between its neighbours by the method given', () => {
  const values = [4, 1, 3, 2];
  expect(quantile(values, 0.4)).toBeCloseTo(2.2, 12);
  expect(
    (['lower', 'higher', 'nearest', 'midpoint'] as const).map((how) => quantile(values, 0.4, how)),
  ).toEqual([2, 3, 2, 2.5]);
});

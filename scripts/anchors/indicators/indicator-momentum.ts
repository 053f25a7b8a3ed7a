/** Rows of momentum. */
import {
  cmo,
  dpo,
  emaDifference,
  kst,
  macd,
  momentum,
  pmo,
  rateOfChange,
  rsi,
  trix,
  tsi,
} from '#shared/quant/indicators/momentum.ts';
import { ema, sma } from '#shared/quant/indicators/moving-averages.ts';
import { stochasticRsi } from '#shared/quant/indicators/oscillators.ts';
import { combined, lagged } from '#shared/quant/indicators/windows.ts';
import type { Indicator, Outputs } from './indicator-averages.ts';
import type { IndicatorInput } from './indicator-input.ts';

const FAST = ['fast', 'n_fast', 'fast_periods', 'window_fast', 'short'];
const SLOW = ['slow', 'n_slow', 'slow_periods', 'window_slow', 'long'];
const SIGNAL = ['signal', 'n_signal', 'signal_periods', 'window_sign', 'n_sign', 'd'];

function differenceOf(input: IndicatorInput) {
  const [fast, slow] = [input.option(0, 12, ...FAST), input.option(1, 26, ...SLOW)];
  return emaDifference(input.close, fast, slow, { seed: input.seed });
}

/** Appel's own factors where the row states them, or its source is known to have them. */
function factorsOf(input: IndicatorInput, fast: number, slow: number) {
  const stated = /k ?= ?([\d.]*\d) and k ?= ?([\d.]*\d)/.exec(input.words);
  const isClassic = fast === 12 && slow === 26;
  if (!isClassic || (!stated && !input.from(/tulip/i))) return undefined;
  return [Number(stated?.[1] ?? 0.15), Number(stated?.[2] ?? 0.075)] as const;
}

function convergence(values: Float64Array, unit: 'price' | 'percent') {
  return (input: IndicatorInput): Outputs => {
    const [fast, slow] = [input.option(0, 12, ...FAST), input.option(1, 26, ...SLOW)];
    const signal = input.option(2, 9, ...SIGNAL);
    const factors = factorsOf(input, fast, slow);
    const lines = macd(values, {
      ...{ fast, slow, signal, seed: input.seed, unit, factors },
      settled: !input.from(/\/ta$/i),
    });
    return [
      ['macd|pvo|ppo|MACD_line', lines.line],
      ['signal|MACD_signal|PPO_Signal_Line|PVO_Signal_Line', lines.signal],
      ['histogram|MACD_diff|PPO_Histogram|PVO_Histogram', lines.histogram],
      ['fastEma|short_ema|12 day EMA', lines.fast],
      ['slowEma|long_ema|26 day EMA', lines.slow],
    ];
  };
}

export const movements: readonly Indicator[] = [
  [
    /^(rsi|relativestrength)/,
    (input) => {
      // Exponentially weighted means of the changes, as of a series without a beginning.
      const isStated = /mean of|sma|simple|average of/.test(input.words);
      const zero = /ewm/.test(input.words) || (input.from(/\/ta$/i) && !isStated);
      const seed = zero ? 'zero' : 'mean';
      const still = input.from(/stock\.?indicators/i) ? NaN : 50;
      return [['rsi', rsi(input.close, input.periods(14), { seed, still })]];
    },
  ],
  [
    /^stoch-?rsi/,
    (input) => {
      const n = input.periods(14);
      const raw = stochasticRsi(input.close, n, input.option(1, n, 'stoch', 'n_stoch'));
      const scale = input.from(/stock\.?indicators/i) || /percent/.test(input.words) ? 100 : 1;
      const slowing = input.option(
        3,
        input.from(/\/ta$/i) ? 3 : 1,
        'smooth',
        'smooth_k',
        'smooth1',
      );
      const k = sma(
        raw.map((ratio) => ratio * scale),
        input.from(/\/ta$/i) && input.row.expected instanceof Array ? 1 : slowing,
      );
      return [
        ['stochRsi|StochRSI', k],
        ['signal', sma(k, input.option(2, 3, ...SIGNAL))],
      ];
    },
  ],
  [/^cmo$/, (input) => [['cmo', cmo(input.close, input.periods(14))]]],
  [/^mom(entum)?$/, (input) => [['momentum', momentum(input.close, input.periods(20))]]],
  [
    /^roc$/,
    (input) => {
      const n = input.periods(20);
      const scale = input.from(/tulip/i) ? 1 : 100;
      return [
        ['roc', rateOfChange(input.close, n).map((ratio) => ratio * scale)],
        ['momentum', momentum(input.close, n)],
      ];
    },
  ],
  [
    /^rocr$/,
    (input) => [['rocr', rateOfChange(input.close, input.periods(20)).map((ratio) => 1 + ratio)]],
  ],
  [/^macd/, (input) => convergence(input.close, 'price')(input)],
  [/^pvo$/, (input) => convergence(input.volume, 'percent')(input)],
  [
    /^ppo$/,
    (input) =>
      input.from(/tulip/i)
        ? [['ppo', differenceOf(input).percent]]
        : convergence(input.close, 'percent')(input),
  ],
  [/^apo$/, (input) => [['apo', differenceOf(input).absolute]]],
  [
    /^trix$/,
    (input) => {
      const of = input.from(/tulip/i) ? 'current' : 'previous';
      const { trix: change, average } = trix(input.close, input.periods(20), {
        seed: input.seed,
        of,
      });
      return [
        ['trix', change],
        ['ema3', combined((mean, step) => (Number.isNaN(step) ? NaN : mean), average, change)],
      ];
    },
  ],
  [
    /^tsi$/,
    (input) => {
      const [slow, fast] = [input.option(0, 25, ...SLOW), input.option(1, 13, ...FAST)];
      // ChartSchool's table starts from means, unlike the same source's other averages.
      const seed = input.from(/\/ta$/i) ? 'mean' : input.seed;
      const strength = tsi(input.close, slow, fast, { seed });
      return [
        ['tsi', strength],
        ['signal', ema(strength, input.option(2, 7, ...SIGNAL), { seed: input.seed })],
      ];
    },
  ],
  [
    /^kst$/,
    (input) => {
      const line = kst(input.close);
      return [
        ['kst', line],
        ['signal', sma(line, input.option(0, 9, ...SIGNAL))],
      ];
    },
  ],
  [
    /^pmo$/,
    (input) => {
      const line = pmo(input.close);
      return [
        ['pmo', line],
        ['signal', ema(line, 10)],
      ];
    },
  ],
  [
    /^dpo$/,
    (input) => {
      const n = input.periods(14);
      const ahead = input.from(/stock\.?indicators/i) ? -(Math.floor(n / 2) + 1) : 0;
      return [
        ['dpo', lagged(dpo(input.close, n), ahead)],
        ['sma', lagged(sma(input.close, n), ahead)],
      ];
    },
  ],
];

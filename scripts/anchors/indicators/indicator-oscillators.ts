/** Rows of oscillators. */
import {
  averagePrice,
  medianPrice,
  typicalPrice,
  weightedClose,
} from '#shared/quant/indicators/bars.ts';
import {
  awesome,
  balanceOfPower,
  cci,
  connorsRsi,
  fisher,
  mesaSineWave,
  qstick,
  stochastic,
  stochasticMomentum,
  ultimate,
  williamsR,
} from '#shared/quant/indicators/oscillators.ts';
import { combined } from '#shared/quant/indicators/windows.ts';
import type { Indicator } from './indicator-averages.ts';

const FAST = ['fast', 'n_fast', 'fast_periods', 'window_fast', 'short'];
const SLOW = ['slow', 'n_slow', 'slow_periods', 'window_slow', 'long'];
const SIGNAL = ['signal', 'n_signal', 'signal_periods', 'window_sign', 'n_sign', 'd'];

export const oscillators: readonly Indicator[] = [
  [
    /^(stoch|stochastic|stochasticoscillator|soo)$/,
    (input) => {
      const single = input.from(/\/ta$/i) ? 1 : 3;
      const { k, d, j } = stochastic(input, {
        periods: input.option(0, 14, 'n', 'k', 'window', 'lookback', 'period'),
        slowing: input.option(
          1,
          single,
          'smooth',
          'slowing',
          'k_slowing',
          'smooth_k',
          'k_smooth',
          'slow_k',
        ),
        signal: input.option(2, 3, ...SIGNAL, 'smooth_window', 'd_periods', 'slow_d'),
      });
      return [
        ['k|oscillator|SO', k],
        ['d|signal|SO_SIG', d],
        ['j|percentJ', j],
      ];
    },
  ],
  [
    /^(willr|williams|percentr|%r$)/,
    (input) => [['williamsR|Williams_%R', williamsR(input, input.periods(14))]],
  ],
  [
    /^smi$/,
    (input) => {
      const { smi, signal } = stochasticMomentum(input, {
        periods: input.option(0, 14, 'n'),
        slow: input.option(1, 20, 'first_smooth'),
        fast: input.option(2, 5, 'second_smooth'),
        signal: input.option(3, 3, ...SIGNAL),
      });
      return [
        ['smi', smi],
        ['signal', signal],
      ];
    },
  ],
  [/^cci$/, (input) => [['cci', cci(input, input.periods(20))]]],
  [
    /^(ultosc|uo|ultimate)/,
    (input) => {
      const windows = [
        input.option(0, 7, 'short', 'window1'),
        input.option(1, 14, 'middle', 'window2'),
        input.option(2, 28, 'long', 'window3'),
      ] as const;
      return [['ultimate|Ult_Osc', ultimate(input, windows)]];
    },
  ],
  [
    /^bop$/,
    (input) => {
      const smooth = input.from(/stock\.?indicators/i) ? 14 : 1;
      return [['bop', balanceOfPower(input, input.periods(smooth))]];
    },
  ],
  [
    /^(ao|awesome)/,
    (input) => {
      const oscillator = awesome(input, input.option(0, 5, ...FAST), input.option(1, 34, ...SLOW));
      const prices = medianPrice(input);
      return [
        ['oscillator|ao', oscillator],
        ['normalized', combined((value, price) => (100 * value) / price, oscillator, prices)],
      ];
    },
  ],
  [/^qstick$/, (input) => [['qstick', qstick(input, input.periods(14))]]],
  [
    /^fisher/,
    (input) => {
      const growing = input.from(/stock\.?indicators/i);
      const values = medianPrice(input);
      const { fisher: line, trigger } = fisher(values, input.periods(10), { growing });
      return [
        ['fisher', line],
        ['trigger|signal', trigger],
      ];
    },
  ],
  [
    /^(crsi|connors)/,
    (input) => {
      const streakPeriods = input.option(1, 2, 'streak_periods');
      const answer = connorsRsi(input.close, {
        streakPeriods,
        periods: input.option(0, 3, 'n', 'rsi_periods'),
        rankPeriods: input.option(2, 100, 'rank_periods'),
      });
      return [
        ['connorsRsi', answer.connors],
        ['rsi', answer.rsi],
        ['streak', answer.streak],
        ['rsiStreak', answer.streakRsi.map((value, i) => (i < streakPeriods + 2 ? NaN : value))],
        ['percentRank', answer.rank],
      ];
    },
  ],
  [
    /^msw$/,
    (input) => {
      const { sine, lead } = mesaSineWave(input.close, input.periods(14));
      return [
        ['sine', sine],
        ['lead', lead],
      ];
    },
  ],
  [/^avgprice$/, (input) => [['avgprice', averagePrice(input)]]],
  [/^medprice$/, (input) => [['medprice', medianPrice(input)]]],
  [/^typprice$/, (input) => [['typprice', typicalPrice(input)]]],
  [/^wcprice$/, (input) => [['wcprice', weightedClose(input)]]],
];

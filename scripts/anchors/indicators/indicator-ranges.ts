/** Rows of ranges, bands and direction. */
import {
  bandWidth,
  donchian,
  ichimoku,
  keltner,
  starc,
  type PriceBands,
} from '#shared/quant/indicators/bands.ts';
import {
  aroon,
  directionalIndex,
  directionalIndicators,
  directionalMovement,
  vortex,
} from '#shared/quant/indicators/directional-movement.ts';
import { chaikinVolatility } from '#shared/quant/indicators/dispersion.ts';
import { alligatorLine } from '#shared/quant/indicators/oscillators.ts';
import { medianPrice } from '#shared/quant/indicators/bars.ts';
import {
  averageTrueRange,
  choppiness,
  massIndex,
  normalisedTrueRange,
  trueRange,
} from '#shared/quant/indicators/ranges.ts';
import { chandelier, parabolicSar, supertrend } from '#shared/quant/indicators/stops.ts';
import type { Indicator, Outputs } from './indicator-averages.ts';
import type { IndicatorInput } from './indicator-input.ts';

function bandsOf(bands: PriceBands): Outputs {
  return [
    ['upperBand|upper_band|upper', bands.upper],
    ['centerline|middle_band|middle', bands.middle],
    ['lowerBand|lower_band|lower', bands.lower],
    ['width|band_width', bandWidth(bands)],
  ];
}

function directionOf(input: IndicatorInput) {
  const n = input.periods(14);
  return directionalIndex(input, n, {
    seedCount: input.seedCount(n),
    ratingLag: input.from(/stock\.?indicators/i) ? n : n - 1,
  });
}

function indicatorsOf(input: IndicatorInput): Outputs {
  const n = input.periods(14);
  const { plus, minus } = directionalIndicators(input, n, { seedCount: input.seedCount(n) });
  return [
    ['pdi|+DI14', plus],
    ['mdi|-DI14', minus],
  ];
}

export const ranges: readonly Indicator[] = [
  [/^(tr|truerange)$/, (input) => [['tr', trueRange(input, input.firstRange)]]],
  [
    /^(atr|averagetruerange)$/,
    (input) => {
      const n = input.periods(14);
      return [
        ['atr', averageTrueRange(input, n, input.firstRange)],
        ['atrp', normalisedTrueRange(input, n, input.firstRange)],
        ['tr', trueRange(input, input.firstRange)],
      ];
    },
  ],
  [
    /^natr$/,
    (input) => [['natr', normalisedTrueRange(input, input.periods(14), input.firstRange)]],
  ],
  [/^mass/, (input) => [['mass', massIndex(input, input.periods(25))]]],
  [/^cvi$/, (input) => [['cvi', chaikinVolatility(input, input.periods(10))]]],
  [/^chop/, (input) => [['chop', choppiness(input, input.periods(14))]]],
  [
    /^keltner|^kc$/,
    (input) =>
      bandsOf(
        keltner(input, {
          periods: input.option(0, 20, 'n', 'window', 'ema_periods'),
          width: input.option(1, 2, 'multiplier', 'width'),
          rangePeriods: input.option(2, 10, 'atr_periods', 'window_atr'),
          seed: input.seed,
          first: input.firstRange,
        }),
      ),
  ],
  [
    /^donchian|^dc$/,
    (input) => {
      const after = input.from(/stock\.?indicators/i) ? 1 : 0;
      return bandsOf(donchian(input, input.periods(20), after));
    },
  ],
  [
    /^starc/,
    (input) =>
      bandsOf(
        starc(
          input,
          input.option(0, 20, 'n', 'sma_periods'),
          input.option(1, 2, 'multiplier'),
          input.option(2, 14, 'atr_periods'),
        ),
      ),
  ],
  [
    /^ichimoku/,
    (input) => {
      const middle = input.option(1, 26, 'kijun', 'window2');
      const lines = ichimoku(input, {
        ...{ middle, shift: middle },
        short: input.option(0, 9, 'tenkan', 'window1'),
        long: input.option(2, 52, 'senkou', 'window3'),
      });
      return [
        ['tenkanSen|conversion', lines.conversion],
        ['kijunSen|base', lines.base],
        ['senkouSpanA|a', lines.spanA],
        ['senkouSpanB|b', lines.spanB],
        ['chikouSpan|lagging', lines.lagging],
      ];
    },
  ],
  [
    /^(dm|directionalmovement)$/,
    (input) => {
      const n = input.periods(14);
      const { plus, minus } = directionalMovement(input, n, { seedCount: input.seedCount(n) });
      return [
        ['plus', plus],
        ['minus', minus],
      ];
    },
  ],
  [
    /^di$/,
    (input) => {
      return indicatorsOf(input);
    },
  ],
  [/^dx$/, (input) => [['dx', directionOf(input).dx]]],
  [/^adxr$/, (input) => [['adxr', directionOf(input).adxr]]],
  [
    /^adx/,
    (input) => {
      const { dx, adx, adxr } = directionOf(input);
      return [
        ['adx', adx],
        ['dx', dx],
        ['adxr', adxr],
        ...(input.has('close') ? indicatorsOf(input) : []),
      ];
    },
  ],
  [
    /^aroon$/,
    (input) => {
      const ties = input.from(/stock\.?indicators/i) ? 'earliest' : 'latest';
      const { up, down, oscillator } = aroon(input, input.periods(25), ties);
      return [
        ['aroonDown', down],
        ['aroonUp', up],
        ['oscillator', oscillator],
      ];
    },
  ],
  [/^aroonosc/, (input) => [['oscillator', aroon(input, input.periods(25)).oscillator]]],
  [
    /^vortex$/,
    (input) => {
      const { plus, minus } = vortex(input, input.periods(14));
      return [
        ['pvi|+VI14', plus],
        ['nvi|-VI14', minus],
      ];
    },
  ],
  [
    /^(psar|parabolic)/,
    (input) => {
      const [step, most] = [
        input.option(0, 0.02, 'step'),
        input.option(1, 0.2, 'most', 'max_step'),
      ];
      const start = input.from(/tulip/i) ? 'highs-and-lows' : 'up';
      const { sar, rising } = parabolicSar(input, { step, most, start });
      return [
        ['sar', sar],
        ['psar_up', sar.map((level, i) => (rising[i] === 1 ? level : NaN))],
        ['psar_down', sar.map((level, i) => (rising[i] === 1 ? NaN : level))],
      ];
    },
  ],
  [
    /^(chexit|chandelier)/,
    (input) => [
      [
        'chandelierExit',
        chandelier(input, input.periods(22), input.option(1, 3, 'multiplier')).long,
      ],
    ],
  ],
  [
    /^supertrend/,
    (input) => {
      const { stop, rises } = supertrend(
        input,
        input.periods(10),
        input.option(1, 3, 'multiplier'),
      );
      return [
        ['superTrend', stop],
        ['upperBand', stop.map((level, i) => (rises[i] === 1 ? NaN : level))],
        ['lowerBand', stop.map((level, i) => (rises[i] === 1 ? level : NaN))],
      ];
    },
  ],
  [
    /^alligator/,
    (input) => {
      const prices = medianPrice(input);
      return [
        ['jaw', alligatorLine(prices, 13, 8)],
        ['teeth', alligatorLine(prices, 8, 5)],
        ['lips', alligatorLine(prices, 5, 3)],
      ];
    },
  ],
];

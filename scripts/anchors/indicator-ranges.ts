/** Rows of ranges, direction and volume. */
import {
  bandWidth,
  donchian,
  ichimoku,
  keltner,
  starc,
  type Bands,
} from '#shared/universe/model/indicators/bands.ts';
import {
  aroon,
  directionalIndex,
  directionalIndicators,
  directionalMovement,
  vortex,
} from '#shared/universe/model/indicators/direction.ts';
import { chaikinVolatility } from '#shared/universe/model/indicators/dispersion.ts';
import { ema, sma } from '#shared/universe/model/indicators/moving-averages.ts';
import { alligatorLine } from '#shared/universe/model/indicators/oscillators.ts';
import { medianPrice } from '#shared/universe/model/indicators/bars.ts';
import {
  averageTrueRange,
  choppiness,
  massIndex,
  normalisedTrueRange,
  trueRange,
} from '#shared/universe/model/indicators/ranges.ts';
import { chandelier, parabolicSar, supertrend } from '#shared/universe/model/indicators/stops.ts';
import {
  accumulation,
  chaikinMoneyFlow,
  chaikinOscillator,
  easeOfMovement,
  elderRay,
  forceIndex,
  klinger,
  marketFacilitation,
  moneyFlowIndex,
  moneyFlowMultiplier,
  moneyFlowVolume,
  negativeVolume,
  onBalanceVolume,
  positiveVolume,
  volumeOscillator,
  volumePriceTrend,
  vwap,
  williamsAccumulation,
} from '#shared/universe/model/indicators/volume.ts';
import { changes, combined } from '#shared/universe/model/indicators/windows.ts';
import type { Indicator, Outputs } from './indicator-averages.ts';
import type { IndicatorInput } from './indicator-input.ts';
import { numberOf } from './row-words.ts';

const FAST = ['fast', 'short', 'n_fast', 'fast_periods', 'n1'];
const SLOW = ['slow', 'long', 'n_slow', 'slow_periods', 'n2'];

function bandsOf(bands: Bands): Outputs {
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
  [
    /^(obv|onbalance)/,
    (input) => [['obv', onBalanceVolume(input, numberOf(input.row, 'start') ?? 0)]],
  ],
  [
    /^(adl?|adosc|accum\w*)$/,
    (input) =>
      /osc/.test(input.row.operation)
        ? chaikin(input)
        : [
            ['adl|ADLine', accumulation(input)],
            ['moneyFlowMultiplier|MF Multiplier', moneyFlowMultiplier(input)],
            ['moneyFlowVolume|MF Value', moneyFlowVolume(input)],
          ],
  ],
  [/^chaikin-?osc/, (input) => chaikin(input)],
  [
    /^(cmf|chaikinmoney)/,
    (input) => [
      ['cmf', chaikinMoneyFlow(input, input.periods(20))],
      ['moneyFlowMultiplier', moneyFlowMultiplier(input)],
      ['moneyFlowVolume', moneyFlowVolume(input)],
    ],
  ],
  [/^mfi$|moneyflowindex/, (input) => [['mfi', moneyFlowIndex(input, input.periods(14))]]],
  [
    /^(emv|eom|easeofmovement)/,
    (input) => {
      const scale = numberOf(input.row, 'scale') ?? (input.from(/\/ta$/i) ? 1e8 : 1e4);
      const raw = easeOfMovement(input, scale);
      return [
        ['emv', raw],
        ['SMA_EMV', sma(raw, input.periods(14))],
      ];
    },
  ],
  [
    /^kvo$|klinger/,
    (input) => {
      const [fast, slow] = [input.option(0, 34, ...FAST), input.option(1, 55, ...SLOW)];
      const doubled = input.from(/stock\.?indicators/i);
      const line = klinger(input, fast, slow, { seed: input.seed, doubled });
      return [
        ['oscillator|kvo', line],
        ['signal', ema(line, input.option(2, 13, 'signal'), { seed: input.seed })],
      ];
    },
  ],
  [/^nvi$/, (input) => [['nvi', negativeVolume(input)]]],
  [/^pvi$/, (input) => [['pvi', positiveVolume(input)]]],
  [
    /^vosc$/,
    (input) => {
      const [fast, slow] = [input.option(0, 14, ...FAST), input.option(1, 28, ...SLOW)];
      return [['vosc', volumeOscillator(input.volume, fast, slow)]];
    },
  ],
  [/^wad$/, (input) => [['wad', williamsAccumulation(input)]]],
  [/^marketfi$/, (input) => [['marketfi', marketFacilitation(input)]]],
  [
    /^vpt$/,
    (input) => [
      ['vpt|unsmoothed vpt', volumePriceTrend(input)],
      ['14-smoothed vpt', sma(volumePriceTrend(input), 14)],
    ],
  ],
  [
    /^(force|fi$)/,
    (input) => [
      ['forceIndex|FI', forceIndex(input, input.periods(13), { seed: input.seed })],
      ['FI_1', combined((a, b) => a * b, changes(input.close), input.volume)],
    ],
  ],
  [
    /^vwap$/,
    (input) => [['vwap', vwap(input, input.periods(input.from(/\/ta$/i) ? 14 : Infinity))]],
  ],
  [
    /^elder/,
    (input) => {
      const { average, bull, bear } = elderRay(input, input.periods(13), { seed: input.seed });
      return [
        ['ema', average],
        ['bullPower', bull],
        ['bearPower', bear],
      ];
    },
  ],
];

function chaikin(input: IndicatorInput): Outputs {
  const [fast, slow] = [input.option(0, 3, ...FAST), input.option(1, 10, ...SLOW)];
  const { seed } = input;
  return [
    ['oscillator|adosc', chaikinOscillator(input, fast, slow, { seed })],
    ['adl', accumulation(input)],
    ['moneyFlowMultiplier', moneyFlowMultiplier(input)],
    ['moneyFlowVolume', moneyFlowVolume(input)],
    ['fastEma', ema(accumulation(input), fast, { seed })],
    ['slowEma', ema(accumulation(input), slow, { seed })],
  ];
}

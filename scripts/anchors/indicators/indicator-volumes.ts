/** Rows of volumes. */
import { ema, sma } from '#shared/quant/indicators/moving-averages.ts';
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
} from '#shared/quant/indicators/volume.ts';
import { changes, combined } from '#shared/quant/indicators/windows.ts';
import type { Indicator, Outputs } from './indicator-averages.ts';
import type { IndicatorInput } from './indicator-input.ts';
import { numberOf } from '../rows/row-conventions.ts';

const FAST = ['fast', 'short', 'n_fast', 'fast_periods', 'n1'];
const SLOW = ['slow', 'long', 'n_slow', 'slow_periods', 'n2'];

export const volumes: readonly Indicator[] = [
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

/** Indicators of the last row, each described by a text such as `Wilder 9, seed mean` or `8,17,6`. */
import { bollinger } from '#shared/quant/indicators/bands.ts';
import { macd, rateOfChange, rsi } from '#shared/quant/indicators/momentum.ts';
import { ema, sma } from '#shared/quant/indicators/moving-averages.ts';
import { cci, stochastic, williamsR } from '#shared/quant/indicators/oscillators.ts';
import { averageTrueRange } from '#shared/quant/indicators/ranges.ts';
import { moneyFlowIndex, onBalanceVolume } from '#shared/quant/indicators/volume.ts';
import type { IndicatorInput } from './indicator-input.ts';
import { given } from '../rows/row-conventions.ts';
import { NotSupported } from '../rows/anchor-row.ts';

/** @param name such as `sma50`, `bb_upper` or `macd_signal` */
export function lastValue(input: IndicatorInput, name: string): number {
  return seriesOf(input, name).at(-1) ?? NaN;
}

function seriesOf(input: IndicatorInput, name: string): Float64Array {
  const [, kind = '', own] = /^([a-z]+)(?:_[a-z]+)?(\d+)?$/.exec(name) ?? [];
  const windowOf = (key: string): number => sameWindow(name, own, numbersOf(input, key)[0]);
  switch (kind) {
    case 'sma':
      return sma(input.close, windowOf('sma'));
    case 'ema':
      return ema(input.close, windowOf('ema'), { seed: 'mean' });
    case 'rsi':
      return rsi(input.close, windowOf('rsi'), { seed: 'mean' });
    case 'atr':
      return averageTrueRange(input, windowOf('atr'), 'none');
    case 'cci':
      return cci(input, windowOf('cci'));
    case 'mfi':
      return moneyFlowIndex(input, windowOf('mfi'));
    case 'roc':
      return rateOfChange(input.close, windowOf('roc')).map(
        (ratio) => ratio * (/ratio/.test(textOf(input, 'roc')) ? 1 : 100),
      );
    case 'willr':
      return williamsR(input, windowOf('willr'));
    case 'obv':
      return obvOf(input);
    case 'bb':
      return bandOf(input, name);
    case 'macd':
      return macdOf(input, name);
    case 'stoch':
      return stochasticOf(input, name);
    default:
      throw new NotSupported(`no indicator "${name}"`);
  }
}

/** The window of the name, which the row's own text may repeat but not contradict. */
function sameWindow(name: string, own: string | undefined, stated: number | undefined): number {
  const window = own === undefined ? stated : Number(own);
  if (window === undefined || (stated !== undefined && stated !== window))
    throw new NotSupported(`${name} of a window of ${stated ?? 'nothing'}`);
  return window;
}

function textOf({ row }: IndicatorInput, key: string): string {
  const value = given(row, key);
  return typeof value === 'string' ? value.toLowerCase() : '';
}

function numbersOf(input: IndicatorInput, key: string): readonly number[] {
  const value = given(input.row, key);
  if (typeof value === 'number') return [value];
  return (
    textOf(input, key)
      .replace(/2nd/, '')
      .match(/\d+(?:\.\d+)?/g) ?? []
  ).map(Number);
}

function requireSeries(numbers: readonly number[], count: number, name: string): void {
  if (numbers.length !== count) throw new NotSupported(`${name} without ${count} numbers`);
}

function obvOf(input: IndicatorInput): Float64Array {
  const volume = onBalanceVolume(input, 0);
  const rows = /of the (\d+) rows/.exec(textOf(input, 'obv'))?.[1];
  if (rows !== undefined && Number(rows) !== volume.length)
    throw new NotSupported(`obv of ${rows} rows, where there are ${volume.length}`);
  return volume;
}

function bandOf(input: IndicatorInput, name: string): Float64Array {
  const numbers = numbersOf(input, 'bollinger');
  requireSeries(numbers, 2, name);
  const ddof = /sample/.test(textOf(input, 'bollinger')) ? 1 : 0;
  const bands = bollinger(input.close, numbers[0] ?? 0, numbers[1] ?? 0, ddof);
  if (/upper/.test(name)) return bands.upper;
  if (/lower/.test(name)) return bands.lower;
  if (/middle/.test(name)) return bands.middle;
  throw new NotSupported(`no band "${name}"`);
}

function macdOf(input: IndicatorInput, name: string): Float64Array {
  const numbers = numbersOf(input, 'macd');
  requireSeries(numbers, 3, name);
  const [fast = 0, slow = 0, signal = 0] = numbers;
  const seed = /sma|mean/.test(textOf(input, 'macd')) ? 'mean' : 'first';
  const options = { fast, slow, signal, seed, unit: 'price', settled: true } as const;
  const lines = macd(input.close, { ...options, factors: undefined });
  if (/signal/.test(name)) return lines.signal;
  return /hist/.test(name) ? lines.histogram : lines.line;
}

function stochasticOf(input: IndicatorInput, name: string): Float64Array {
  const numbers = numbersOf(input, 'stoch');
  requireSeries(numbers, 3, name);
  const [periods = 0, slowing = 0, signal = 0] = numbers;
  const { k, d } = stochastic(input, { periods, slowing, signal });
  return /_d$/.test(name) ? d : k;
}

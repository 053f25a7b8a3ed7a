/**
 * Prices from a factor model: a security's daily log return is its beta times the market, plus its
 * sector, plus what is its own. The market's volatility clusters (GARCH(1,1), Bollerslev 1986); a
 * security's own drift moves slowly (so that there is momentum to be found) around a permanent
 * excess return, its `quality`, which its fundamentals reflect too.
 *
 * Every path is drawn forward from one fixed day by a random stream of its own, the same number of
 * draws each day: a longer history never changes an earlier bar.
 */
import { epochDay, parseDay } from '#shared/kernel/calendar-day.ts';
import { normal, seededRandom, type Random } from '#shared/kernel/random.ts';
import type { SampleSecurity } from './sample-listing.ts';

const FIRST_DAY = epochDay(parseDay('2019-01-01'));

const TRADING_DAYS = 252;
const MARKET_DRIFT = 0.065 / TRADING_DAYS;
const MARKET_VARIANCE = 0.15 ** 2 / TRADING_DAYS;
const ARCH = 0.08;
const GARCH = 0.9;
const SECTOR_VOLATILITY = 0.07 / Math.sqrt(TRADING_DAYS);
const EDGE = 0.045 / TRADING_DAYS;
const DRIFT_MEMORY = 0.994;
const DRIFT_VOLATILITY = 0.009 / TRADING_DAYS;
const PRICE_MIN = 0.5;

/** Oldest first, a bar for each day. */
export type SampleBars = Readonly<
  Record<'open' | 'high' | 'low' | 'close' | 'volume', Float64Array>
>;

/** Epoch days of all weekdays from the first day to a last one. */
export function weekdaysThrough(last: number): readonly number[] {
  const days: number[] = [];
  // Day 0, 1970-01-01, was a Thursday.
  for (let day = FIRST_DAY; day <= last; day += 1) if ((day + 3) % 7 < 5) days.push(day);
  return days;
}

/** Daily log returns of the market. */
export function marketReturns(seed: string, count: number): Float64Array {
  const random = seededRandom(`${seed}/market`);
  const returns = new Float64Array(count);
  let variance = MARKET_VARIANCE;
  for (let i = 0; i < count; i += 1) {
    const shock = Math.sqrt(variance) * bounded(normal(random));
    returns[i] = MARKET_DRIFT - variance / 2 + shock;
    variance = (1 - ARCH - GARCH) * MARKET_VARIANCE + ARCH * shock ** 2 + GARCH * variance;
  }
  return returns;
}

/** Daily log returns of a sector beside the market. */
export function sectorReturns(seed: string, sector: string, count: number): Float64Array {
  const random = seededRandom(`${seed}/sector/${sector}`);
  return Float64Array.from({ length: count }, () => SECTOR_VOLATILITY * bounded(normal(random)));
}

/** A security's lasting edge, standard normal within ±2. */
export function quality(seed: string, symbol: string): number {
  return Math.max(-2, Math.min(2, normal(seededRandom(`${seed}/quality/${symbol}`))));
}

/** A security's bars, one for each entry of `market`. */
export function sampleBars(
  seed: string,
  security: SampleSecurity,
  market: Float64Array,
  sector: Float64Array,
): SampleBars {
  const random = seededRandom(`${seed}/security/${security.symbol}`);
  const volatility = security.ownVolatility / Math.sqrt(TRADING_DAYS);
  const edge = security.sector === undefined ? 0 : EDGE * quality(seed, security.symbol);
  const volumeMean = 2e7 / security.firstPrice;
  const column = (): Float64Array => new Float64Array(market.length);
  const bars = { open: column(), high: column(), low: column(), close: column(), volume: column() };
  let [price, drift] = [security.firstPrice, 0];
  for (let i = 0; i < market.length; i += 1) {
    drift = DRIFT_MEMORY * drift + driftStep(random, security);
    const own = edge + drift - volatility ** 2 / 2 + volatility * bounded(normal(random));
    const change = security.beta * (market[i] ?? 0) + (sector[i] ?? 0) + own;
    const previous = price;
    price = Math.max(PRICE_MIN, price * Math.exp(change));
    drawBar(bars, i, random, { previous, price, volatility, volumeMean });
  }
  return bars;
}

/** A rate that returns to its middle: yearly volatility 7 %. */
export function sampleRates(seed: string, pair: string, middle: number, count: number): number[] {
  const random = seededRandom(`${seed}/rate/${pair}`);
  let deviation = 0;
  return Array.from({ length: count }, () => {
    deviation = 0.997 * deviation + (0.07 / Math.sqrt(TRADING_DAYS)) * bounded(normal(random));
    return rounded(middle * Math.exp(deviation), 6);
  });
}

function driftStep(random: Random, security: SampleSecurity): number {
  const step = DRIFT_VOLATILITY * normal(random);
  return security.sector === undefined ? 0 : step;
}

interface Move {
  readonly previous: number;
  readonly price: number;
  readonly volatility: number;
  readonly volumeMean: number;
}

function drawBar(
  into: SampleBars,
  i: number,
  random: Random,
  { previous, price, volatility, volumeMean }: Move,
): void {
  const close = rounded(price, 2);
  const gap = Math.exp(0.3 * volatility * bounded(normal(random)));
  const open = rounded(Math.max(PRICE_MIN, previous * gap), 2);
  const up = 1 + 0.4 * volatility * Math.abs(bounded(normal(random)));
  const down = 1 - 0.4 * volatility * Math.abs(bounded(normal(random)));
  const busy = Math.exp(0.35 * bounded(normal(random))) * (1 + 8 * Math.abs(price / previous - 1));
  into.open[i] = open;
  into.high[i] = rounded(Math.max(open, close) * up, 2);
  into.low[i] = Math.max(0.01, rounded(Math.min(open, close) * down, 2));
  into.close[i] = close;
  into.volume[i] = Math.round(volumeMean * busy);
}

/** No day lies farther out than five standard deviations. */
function bounded(value: number): number {
  return Math.max(-5, Math.min(5, value));
}

function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}

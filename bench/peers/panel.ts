/**
 * Daily prices of as many securities as are wanted. Where `../shared/anchors` has them, the first twenty
 * are real (S&P 500, 1990 to 2022). Each further one moves on every day as a mixture of three real ones
 * drawn at random does, plus the days of a fourth, from its mean, shuffled in blocks of 21: so the market,
 * its crises and its fat tails stay, and no security is a combination of others. Elsewhere all come from
 * a market of one factor. Same seed, same panel.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { parseDay, epochDay } from '#shared/kernel/calendar-day.ts';
import { integerBelow, normal, seededRandom, type Random } from '#shared/kernel/random.ts';
import { simpleReturns } from '#shared/quant/measures/returns.ts';

const PRICES = '../shared/anchors/data/prices_skfolio_sp500_20.csv';
const BLOCK_DAYS = 21;
const SEED = 'panel';

export interface Panel {
  readonly says: string;
  /** Days since 1970-01-01. */
  readonly days: Int32Array;
  /** A column for each security, one shorter than `days`. */
  readonly returns: readonly Float64Array[];
}

export function panelOf(securities: number, days: number): Panel {
  const random = seededRandom(SEED);
  if (!existsSync(PRICES)) {
    const says = `there is no ${PRICES}: a drawn market of one factor, seed "${SEED}"`;
    return { says, days: weekdays(days), returns: drawn(random, securities, days - 1) };
  }
  const [header = [], ...lines] = parse(readFileSync(PRICES, 'utf8')) as string[][];
  const window = lines.slice(-days);
  const real = header
    .slice(1)
    .map((_, i) => simpleReturns(Float64Array.from(window, (line) => Number(line[i + 1]))));
  const made = Array.from({ length: Math.max(0, securities - real.length) }, () =>
    mixture(random, real),
  );
  return {
    says: `${Math.min(real.length, securities)} real securities, ${made.length} made of them, seed "${SEED}"`,
    days: Int32Array.from(window, ([day = '']) => epochDay(parseDay(day))),
    returns: [...real, ...made].slice(0, securities),
  };
}

export function pricesOf(returns: Float64Array): Float64Array {
  const prices = new Float64Array(returns.length + 1).fill(100);
  returns.forEach((change, t) => (prices[t + 1] = (prices[t] ?? 0) * (1 + change)));
  return prices;
}

function mixture(random: Random, real: readonly Float64Array[]): Float64Array {
  const pick = () => real[integerBelow(random, real.length)] ?? new Float64Array(0);
  const parts = [pick(), pick(), pick()].map((column) => ({ column, share: random() }));
  const whole = parts.reduce((all, { share }) => all + share, 0);
  const own = shuffled(random, pick());
  return own.map(
    (value, t) =>
      value + parts.reduce((all, { column, share }) => all + (share / whole) * (column[t] ?? 0), 0),
  );
}

function shuffled(random: Random, column: Float64Array): Float64Array {
  const mean = column.reduce((all, value) => all + value, 0) / column.length;
  const blocks = Array.from({ length: Math.ceil(column.length / BLOCK_DAYS) }, () => {
    const from = integerBelow(random, column.length - BLOCK_DAYS);
    return Array.from(column.subarray(from, from + BLOCK_DAYS), (value) => value - mean);
  });
  return Float64Array.from(blocks.flat().slice(0, column.length));
}

function drawn(random: Random, securities: number, count: number): Float64Array[] {
  const market = Float64Array.from({ length: count }, () => 0.01 * normal(random));
  return Array.from({ length: securities }, () => {
    const beta = 0.5 + random();
    return market.map((value) => 0.0003 + beta * value + 0.012 * normal(random));
  });
}

function weekdays(count: number): Int32Array {
  const days: number[] = [];
  // 1970-01-01 was a Thursday.
  for (let day = 19_000; days.length < count; day -= 1) if ((day + 3) % 7 < 5) days.unshift(day);
  return Int32Array.from(days);
}

/** A folder of drawn prices as `MARKET_DATA=csv:FOLDER` reads it: a file a security, five years of daily bars. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  addDays,
  dayOfEpoch,
  epochDay,
  isWeekend,
  type CalendarDay,
} from '#shared/kernel/calendar-day.ts';
import { isinCheckDigit } from '#shared/kernel/isin.ts';
import { seededRandom, type Random } from '#shared/kernel/random.ts';

const BARS = 1_260;
const SECTORS = ['Industrials', 'Technology', 'Energy', 'Utilities', 'Financials', 'Health Care'];
const COUNTRIES = ['DE', 'FR', 'NL', 'IT', 'ES', 'AT'];
/** Moves that all securities share, and those of each, a day. */
const MARKET_MOVE = 0.008;
const OWN_MOVE = 0.012;

/** @param until the last day; bars are of Mondays to Fridays before it */
export function writeMarket(folder: string, count: number, until: CalendarDay, seed: string): void {
  mkdirSync(folder, { recursive: true });
  const days = weekdaysBefore(until);
  const market = moves(seededRandom(`${seed} market`), MARKET_MOVE);
  const rows = Array.from({ length: count }, (_, i) => {
    const symbol = `S${String(i).padStart(5, '0')}`;
    writeFileSync(join(folder, `${symbol}.csv`), bars(days, market, `${seed} ${symbol}`));
    return listed(i, symbol);
  });
  const header = 'isin,symbol,name,currency,exchange,sector,country';
  writeFileSync(join(folder, 'securities.csv'), `${[header, ...rows].join('\n')}\n`);
}

/** Adds a bar to each file: of the weekday after its last one. */
export function addDay(folder: string, seed: string): void {
  for (const name of readdirSync(folder).filter((one) => one.startsWith('S'))) {
    const file = join(folder, name);
    const [day = '', , , , close = '1'] =
      readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)?.split(',') ?? [];
    const price = Number(close) * (1 + 0.02 * (seededRandom(`${seed} ${name}`)() - 0.5));
    const [high, low] = [Math.max(price, Number(close)), Math.min(price, Number(close))];
    const prices = [close, high.toFixed(2), low.toFixed(2), price.toFixed(2)].join();
    appendFileSync(file, `${weekdayAfter(day as CalendarDay)},${prices},200000\n`);
  }
}

function weekdayAfter(day: CalendarDay): CalendarDay {
  const next = addDays(day, 1);
  return isWeekend(next) ? weekdayAfter(next) : next;
}

function weekdaysBefore(until: CalendarDay): readonly CalendarDay[] {
  const days: CalendarDay[] = [];
  // 1970-01-01 was a Thursday.
  for (let day = epochDay(until); days.length < BARS; day -= 1)
    if ((day + 3) % 7 < 5) days.push(dayOfEpoch(day));
  return days.reverse();
}

function moves(random: Random, size: number): readonly number[] {
  return Array.from({ length: BARS }, () => size * (random() + random() + random() - 1.5) * 2);
}

function bars(days: readonly CalendarDay[], market: readonly number[], seed: string): string {
  const random = seededRandom(seed);
  const own = moves(random, OWN_MOVE);
  let close = 20 + 180 * random();
  const lines = days.map((day, t) => {
    const open = close;
    close *= Math.exp((market[t] ?? 0) + (own[t] ?? 0) + 0.0003);
    const [high, low] = [1.003 * Math.max(open, close), 0.997 * Math.min(open, close)];
    const prices = [open, high, low, close].map((price) => price.toFixed(2));
    return [day, ...prices, Math.round(1e5 + 1e6 * random())].join(',');
  });
  return `Date,Open,High,Low,Close,Volume\n${lines.join('\n')}\n`;
}

function listed(i: number, symbol: string): string {
  const country = COUNTRIES[i % COUNTRIES.length] ?? 'DE';
  const body = `${country}${String(i).padStart(9, '0')}`;
  const sector = SECTORS[i % SECTORS.length] ?? '';
  return [`${body}${isinCheckDigit(body)}`, symbol, symbol, 'EUR', 'XETR', sector, country].join();
}

/** Yesterday: today's bars may be those of a day that has not ended. */
export function lastWholeDay(now: Date): CalendarDay {
  return addDays(now.toISOString().slice(0, 10) as CalendarDay, -1);
}

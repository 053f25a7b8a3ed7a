/** A past that is made up from a seed: three securities over some hundred days of trading. */
import type { DailyBar, ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { addDays, isWeekend, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import type { Past } from '#shared/replay/past.ts';
import type { ReplayPolicy } from '#shared/replay/replay-policy.ts';

export const ISINS = ['US0378331005', 'US5949181045', 'US88160R1014'].map(parseIsin);
const EUR = parseCurrency('EUR');
const FIRST = parseDay('2019-01-02');

export interface MadeUp {
  readonly seed: string;
  readonly days: number;
  /** From this day on prices are others. */
  readonly otherFrom?: CalendarDay;
  readonly actions?: ReadonlyMap<Isin, readonly CorporateAction[]>;
}

export function daysFrom(count: number, first = FIRST): readonly CalendarDay[] {
  const days: CalendarDay[] = [];
  for (let day = first; days.length < count; day = addDays(day, 1))
    if (!isWeekend(day)) days.push(day);
  return days;
}

export function madeUpPast({ seed, days, otherFrom, actions }: MadeUp): Past {
  return {
    securities: ISINS.map((isin, i) => listed(isin, i)),
    bars: new Map(ISINS.map((isin) => [isin, barsOf(`${seed}-${isin}`, days, otherFrom)])),
    rates: new Map(),
    fundamentals: new Map(),
    ...(actions && { actions }),
  };
}

function listed(isin: Isin, i: number): ListedSecurity {
  const symbol = `S${i}`;
  const described = { name: symbol, exchange: 'PAST', securityType: 'EQUITY', lot: '1' };
  return { isin, symbol, currency: EUR, ...described };
}

function barsOf(seed: string, count: number, otherFrom: CalendarDay | undefined): DailyBar[] {
  const [random, other] = [seededRandom(seed), seededRandom(`other-${seed}`)];
  let close = 50;
  return daysFrom(count).map((day) => {
    const [usual, unusual] = [normal(random), normal(other)];
    const move = otherFrom !== undefined && day >= otherFrom ? unusual : usual;
    const open = rounded(close * (1 + 0.004 * move));
    close = rounded(close * (1 + 0.015 * move));
    const [low, high] = [Math.min(open, close), Math.max(open, close)];
    return { day, open, high, low, close, adjustedClose: close };
  });
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

export const policy: ReplayPolicy = {
  name: 'made up',
  weights: { kind: 'inverse-volatility', window: 20 },
  schedule: { kind: 'first-of', period: 'month' },
  sells: true,
  shares: 'whole',
  fill: 'next-open',
  currency: EUR,
  capital: '25000',
  deposit: { amount: '500', each: 'month' },
  market: { publicationLagDays: 90, declaresSplits: true },
  settings: { WEIGHT_MAX_RATIO: '1', MAXIMUM_ORDER_RATIO: '1' },
};

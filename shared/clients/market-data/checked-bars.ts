/** Bars of a source that passed the same check as stored bars. */
import { checkBars, type BarToCheck } from '#shared/kernel/bar-check.ts';
import { epochDay, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { DailyBar, MarketData } from './market-data.ts';

/** Before the first price that any source has. */
export const BEGINNING = parseDay('1900-01-01');

export function barToCheck({ day, volume, ...prices }: DailyBar): BarToCheck {
  return { day: epochDay(day), volume: volume ?? Number.NaN, ...prices };
}

/**
 * Accepted bars from one day to another, oldest first: for callers that trade on the source itself
 * and not on stored bars. They are checked against the whole history, as stored ones are: with only
 * a part of it, the first bars could be judged differently.
 * @throws Failure NOT_FOUND for an unknown security
 */
export async function checkedBars(
  marketData: Pick<MarketData, 'bars'>,
  isin: Isin,
  { from, to }: { readonly from: CalendarDay; readonly to: CalendarDay },
  signal: AbortSignal,
): Promise<readonly DailyBar[]> {
  const all = await marketData.bars(isin, BEGINNING, signal);
  const last = all.at(-1);
  const known = last === undefined || last.day <= to ? all : all.filter(({ day }) => day <= to);
  const accepted = acceptedDays(known);
  return known.filter(({ day }) => day >= from && accepted.has(epochDay(day)));
}

const judged = new WeakMap<readonly DailyBar[], ReadonlySet<number>>();

/** A source that returns the same list of bars again has them checked only once. */
function acceptedDays(bars: readonly DailyBar[]): ReadonlySet<number> {
  const known = judged.get(bars);
  if (known) return known;
  const accepted = new Set(checkBars(bars.map(barToCheck)).accepted.map(({ day }) => day));
  judged.set(bars, accepted);
  return accepted;
}

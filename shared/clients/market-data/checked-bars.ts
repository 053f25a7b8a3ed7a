/** Bars of a source that passed the check which every stored bar passes. */
import { checkBars, type BarToCheck } from '#shared/kernel/bar-check.ts';
import { addDays, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { DailyBar, MarketData } from './market-data.ts';

/** Bars before the wanted ones that they are judged by: about a year. */
const CONTEXT_DAYS = 400;

export function barToCheck({ day, volume, ...prices }: DailyBar): BarToCheck {
  return { day: epochDay(day), volume: volume ?? Number.NaN, ...prices };
}

/**
 * Bars from a day to another that are believed, oldest first: for callers that trade on the source
 * itself and not on what is stored.
 * @throws Failure NOT_FOUND for an unknown security
 */
export async function checkedBars(
  marketData: Pick<MarketData, 'bars'>,
  isin: Isin,
  { from, to }: { readonly from: CalendarDay; readonly to: CalendarDay },
  signal: AbortSignal,
): Promise<readonly DailyBar[]> {
  const all = await marketData.bars(isin, addDays(from, -CONTEXT_DAYS), signal);
  const known = all.filter(({ day }) => day <= to);
  const accepted = new Set(checkBars(known.map(barToCheck)).accepted.map(({ day }) => day));
  return known.filter(({ day }) => day >= from && accepted.has(epochDay(day)));
}

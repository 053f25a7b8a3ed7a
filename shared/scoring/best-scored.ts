/**
 * Preselection of the securities of a large universe: the cost of an allocation grows with the cube
 * of their number, and those with the lowest scores would not be bought anyway.
 */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Database } from '#shared/redis/database.ts';
import { ScoreStore } from './score-store.ts';

/**
 * All of them where they are at most `max`; else those with the best latest scores, up to a day, by ISIN
 * where scores are equal. One without a score comes after those that have one.
 */
export async function bestScored(
  database: Database,
  isins: readonly Isin[],
  max: number,
  until: CalendarDay,
): Promise<readonly Isin[]> {
  if (isins.length <= max) return isins;
  const totals = await new ScoreStore(database).totals(isins, until);
  const scored = isins.map((isin, i) => ({ isin, total: totals[i] ?? -1 }));
  scored.sort((a, b) => b.total - a.total || (a.isin < b.isin ? -1 : 1));
  return scored.slice(0, max).map(({ isin }) => isin);
}

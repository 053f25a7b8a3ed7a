/**
 * The complete historical data of a replay: securities and all their bars. Only `PastMarket`
 * exposes it, day by day.
 */
import type {
  DailyBar,
  DailyRate,
  ListedFundamentals,
  ListedSecurity,
} from '#shared/clients/market-data/market-data.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Isin } from '#shared/kernel/isin.ts';

export interface Past {
  readonly securities: readonly ListedSecurity[];
  /** Oldest first, one a day. */
  readonly bars: ReadonlyMap<Isin, readonly DailyBar[]>;
  /** Oldest first; by `USD-EUR`. */
  readonly rates: ReadonlyMap<string, readonly DailyRate[]>;
  readonly fundamentals: ReadonlyMap<Isin, ListedFundamentals>;
  /** Dividends, splits and others, by day. */
  readonly actions?: ReadonlyMap<Isin, readonly CorporateAction[]> | undefined;
  /** The security that others are compared with. */
  readonly benchmark?: Isin | undefined;
}

/** Entries that are tried one after the other before all are searched. */
const STEPS_MAX = 2;

/** Days from one to another, both included, on which any of the securities has a bar. */
export function daysOf(
  { bars }: Past,
  isins: readonly Isin[],
  from: CalendarDay,
  to: CalendarDay,
): readonly CalendarDay[] {
  const days = new Set<CalendarDay>();
  for (const isin of isins)
    for (const { day } of bars.get(isin) ?? []) if (day >= from && day <= to) days.add(day);
  return [...days].sort();
}

/**
 * Index of the last entry on or before a day; -1 where there is none.
 * @param near an index that is likely close before it: the answer of the day before
 */
export function lastOn(
  entries: readonly { readonly day: CalendarDay }[],
  day: CalendarDay,
  near = -1,
): number {
  for (let at = near; at >= 0 && at <= near + STEPS_MAX; at += 1) {
    const [entry, next] = [entries[at], entries[at + 1]];
    if (!entry || entry.day > day) break;
    if (!next || next.day > day) return at;
  }
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry && entry.day <= day) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

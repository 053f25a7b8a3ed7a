/** Merges fetched bars into the stored ones. */
import { epochDay } from '#shared/kernel/calendar-day.ts';
import {
  checkBars,
  followSmoothly,
  inOrder,
  type BarToCheck,
  type SetAsideBar,
} from '#shared/kernel/bars/bar-check.ts';
import { extended, isBarAt } from './growing-series.ts';
import { indexAtEpoch, pricesOf, type PriceSeries } from './price-series.ts';

export interface StoredBars {
  readonly series: PriceSeries;
  readonly setAside: readonly SetAsideBar[];
}

export interface MergedBars extends StoredBars {
  /** Bars that are new or differ from what was stored. */
  readonly changed: number;
  /** Bars set aside that were not before. */
  readonly newlySetAside: number;
}

/**
 * Whether the source has revised its history: the last stored bar differs now, as happens when
 * closes are adjusted for a new dividend or split. The whole history is then fetched again.
 */
export function pastHasChanged(series: PriceSeries, fetched: readonly BarToCheck[]): boolean {
  const last = series.days.length - 1;
  const again = fetched.find((bar) => bar.day === series.days[last]);
  return again !== undefined && again.adjustedClose !== series.adjustedClose[last];
}

/** Stored bars that were gone on with. */
export interface ExtendedBars extends MergedBars {
  /** Days since 1970-01-01 until the first bar that is new, differs or is gone; undefined where there is none. */
  readonly since: number | undefined;
}

/**
 * Adds bars fetched from the last stored day on; stored bars that the source omitted are kept.
 * @returns undefined where a new bar is in doubt: the whole history is then to be fetched and put
 * in
 *   place, since the stored bars may be the wrong ones
 */
export function extendBars(
  stored: StoredBars,
  fetched: readonly BarToCheck[],
): ExtendedBars | undefined {
  const { series } = stored;
  const added = inOrder(fetched);
  const from = added[0]?.day ?? Infinity;
  const kept = indexAtEpoch(series.days, from - 1) + 1;
  if (!followSmoothly(added, series.adjustedClose, kept)) return undefined;
  const changed = added.filter((bar) => !isStored(series, bar));
  const again = added.filter(({ day }) => hasDay(series, day));
  return {
    series: extended(series, kept, added),
    setAside: stored.setAside.filter((bar) => epochDay(bar.day) < from),
    changed: changed.length,
    newlySetAside: 0,
    since: again.length < series.days.length - kept ? from : changed[0]?.day,
  };
}

function isStored(series: PriceSeries, bar: BarToCheck): boolean {
  return hasDay(series, bar.day) && isBarAt(series, indexAtEpoch(series.days, bar.day), bar);
}

function hasDay({ days }: PriceSeries, day: number): boolean {
  return days[indexAtEpoch(days, day)] === day;
}

/** Puts a whole history in the place of the stored one. */
export function replaceBars(stored: StoredBars, fetched: readonly BarToCheck[]): MergedBars {
  const checked = checkBars(fetched);
  return merged(stored, checked.accepted, checked.setAside);
}

/** The same with a history in columns that is certain to be sound. */
export function replaceSound(stored: StoredBars, series: PriceSeries): MergedBars {
  return { series, setAside: [], changed: changedIn(stored.series, series), newlySetAside: 0 };
}

/** Bars that are new or differ. */
function changedIn(before: PriceSeries, after: PriceSeries): number {
  let changed = after.days.length;
  for (let [i, j] = [0, 0]; i < before.days.length && j < after.days.length;) {
    const [old = 0, now = 0] = [before.days[i], after.days[j]];
    if (old === now && isSame(before, i, after, j)) changed -= 1;
    if (old <= now) i += 1;
    if (now <= old) j += 1;
  }
  return changed;
}

const FIGURES = ['open', 'high', 'low', 'close', 'adjustedClose', 'volume'] as const;

function isSame(before: PriceSeries, i: number, after: PriceSeries, j: number): boolean {
  return FIGURES.every((name) => Object.is(before[name][i], after[name][j]));
}

function merged(
  stored: StoredBars,
  bars: readonly BarToCheck[],
  setAside: readonly SetAsideBar[],
): MergedBars {
  const known = new Map(barsOf(stored.series).map((bar) => [bar.day, bar]));
  const refused = new Set(stored.setAside.map((bar) => bar.day));
  return {
    series: seriesOf(stored.series.isin, bars),
    setAside,
    changed: bars.filter((bar) => !sameBar(bar, known.get(bar.day))).length,
    newlySetAside: setAside.filter((bar) => !refused.has(bar.day)).length,
  };
}

/** The bars of a series, oldest first. */
export function barsOf(series: PriceSeries): readonly BarToCheck[] {
  const at = (column: Float64Array, i: number): number => column[i] ?? Number.NaN;
  return Array.from(series.days, (day, i) => ({
    day,
    open: at(series.open, i),
    high: at(series.high, i),
    low: at(series.low, i),
    close: at(series.close, i),
    adjustedClose: at(series.adjustedClose, i),
    volume: at(series.volume, i),
  }));
}

function seriesOf(isin: PriceSeries['isin'], bars: readonly BarToCheck[]): PriceSeries {
  const column = (name: keyof BarToCheck): Float64Array =>
    Float64Array.from(bars, (bar) => bar[name]);
  return {
    isin,
    days: Int32Array.from(bars, (bar) => bar.day),
    ...pricesOf((name) => bars.every((bar) => bar[name] === bar.close), column),
    volume: column('volume'),
  };
}

function sameBar(a: BarToCheck, b: BarToCheck | undefined): boolean {
  return (
    b !== undefined &&
    a.open === b.open &&
    a.high === b.high &&
    a.low === b.low &&
    a.close === b.close &&
    a.adjustedClose === b.adjustedClose &&
    Object.is(a.volume, b.volume)
  );
}

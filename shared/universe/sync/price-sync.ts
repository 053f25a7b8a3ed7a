/** Fetching prices into the store, one security at a time. */
import { BEGINNING, barToCheck } from '#shared/clients/market-data/checked-bars.ts';
import { eventActions } from '#shared/clients/market-data/event-actions.ts';
import { dayOfEpoch, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { present } from '#shared/kernel/assert.ts';
import { areSound, type BarToCheck, type SetAsideBar } from '#shared/kernel/bars/bar-check.ts';
import type { BarFigures } from '#shared/kernel/bars/packed-bars.ts';
import { mayHaveSplits } from '#shared/kernel/bars/split-suspicion.ts';
import { Failure, refused } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import {
  extendBars,
  pastHasChanged,
  replaceBars,
  replaceSound,
  type ExtendedBars,
  type MergedBars,
  type StoredBars,
} from '../model/bar-merge.ts';
import { indexAtEpoch, lastDay, seriesFrom, type PriceSeries } from '../model/price-series.ts';
import type { PriceDoubts, SuspectedSplit } from '../model/price-doubt.ts';
import type { Security } from '../model/security.ts';
import { isSplit, pendingSplits, reviewSplits, unexplained } from '../model/split-review.ts';
import { NOTHING_STORED, type SyncedBars } from '../model/sync-progress.ts';
import type { ActionStore } from '../action-store.ts';
import { endExplainedDoubts } from '../explained-doubts.ts';
import type { LatestReviewed } from '../price-doubts.ts';
import type { PriceDoubtStore } from '../price-doubt-store.ts';
import type { Fetched, PriceStore } from '../price-store.ts';
import type { LatestSeries } from './latest-years.ts';
import { ReadAhead } from './read-ahead.ts';
import { remember, type SyncFrame } from './sync-frame.ts';

/** Number of latest bars compared with a second source. */
const COMPARED_BARS = 8;
/** Bars before new ones by which suspected splits are judged. */
const REVIEWED_BARS = 100;

/** Securities of which what is stored is read at once. */
const READ_AT_ONCE = 16;

/** What is stored of a security as its turn begins; the latest bars are enough where new ones go on with them. */
export interface StoredBefore extends LatestSeries, StoredBars {
  readonly fetched: Fetched | undefined;
}

/** @param isins in the order of their turns */
export function storedBefore(
  store: PriceStore,
  isins: readonly Isin[],
): ReadAhead<Isin, StoredBefore> {
  return new ReadAhead(isins, READ_AT_ONCE, async (some) => {
    const [latest, setAside, fetched] = await Promise.all([
      store.latestOf(some),
      store.setAsideOf(some),
      store.fetchedOf(some.map(subjectOf)),
    ]);
    const read = ([isin, found]: readonly [Isin, () => LatestSeries]) =>
      [
        isin,
        (): StoredBefore => {
          const { series, years, isWhole } = found();
          const bars = setAside.get(isin)?.() ?? [];
          return {
            series,
            years,
            isWhole,
            setAside: bars,
            fetched: fetched.get(subjectOf(isin))?.(),
          };
        },
      ] as const;
    return new Map([...latest].map(read));
  });
}

function subjectOf(isin: Isin) {
  return `prices:${isin}` as const;
}

export interface BarSyncFrame extends SyncFrame {
  readonly stored: ReadAhead<Isin, StoredBefore>;
  /** The latest bars of each security, as stored now. */
  readonly latest: LatestReviewed;
  readonly doubts: PriceDoubtStore;
  /** Those there were as the sync began. */
  readonly known: PriceDoubts;
  readonly actions: ActionStore;
}

/**
 * Brings one security's bars up to the market's day: from the last stored day on, or all of them
 * when forced, when there are none, or when the source has changed its past.
 */
export async function syncBars(frame: BarSyncFrame, security: Security): Promise<SyncedBars> {
  const { marketData, force, signal } = frame;
  const { isin } = security;
  await syncActions(frame, isin);
  const latest = present(await frame.stored.take(isin), 'each security of a sync has its turn');
  const nothingStored = (): SyncedBars => {
    frame.latest.keep(latest.series);
    return NOTHING_STORED;
  };
  const last = lastDay(latest.series);
  if (!force && last !== undefined && last >= latestDay(frame, security.exchange))
    return nothingStored();
  const fetch = async (from: CalendarDay): Promise<readonly BarToCheck[]> =>
    (await marketData.bars(isin, from, signal)).map(barToCheck);
  const isWhole = force || last === undefined;
  const figures = isWhole ? await marketData.figures?.(isin, signal) : undefined;
  if (figures && figures.days.length > 0 && areSound(figures))
    return storeSound(frame, security, latest, figures);
  const fetched = await fetch(isWhole ? BEGINNING : last);
  if (fetched.length === 0 && last === undefined)
    throw refused('no-prices', `The source has no prices of ${security.symbol}.`);
  if (fetched.length === 0) return nothingStored();
  const extended =
    isWhole || pastHasChanged(latest.series, fetched) ? undefined : extendBars(latest, fetched);
  await syncEvents(frame, security, isWhole || !extended ? BEGINNING : last);
  const merged = extended
    ? await storeNewBars(frame, latest, extended, fetched)
    : await storeAllBars(frame, security, isWhole ? fetched : await fetch(BEGINNING));
  return stored(frame, latest, merged, extended ? fetched[0]?.day : merged.series.days[0]);
}

/** Puts a whole history that is certain to be sound in the place of the stored one. */
async function storeSound(
  frame: BarSyncFrame,
  security: Security,
  latest: StoredBefore,
  figures: BarFigures,
): Promise<SyncedBars> {
  const { isin } = security;
  await syncEvents(frame, security, BEGINNING);
  const before = await storedBars(frame.store, isin);
  const merged = replaceSound(before, { isin, ...figures });
  await frame.store.put(merged.series, []);
  await reviewSplitsOf(frame, isin, () => ({ before: before.series, after: merged.series }));
  return stored(frame, latest, merged, merged.series.days[0]);
}

/** @param first day that was fetched, as days since 1970-01-01 */
async function stored(
  frame: BarSyncFrame,
  { fetched }: StoredBefore,
  { series, changed, newlySetAside }: MergedBars,
  first: number | undefined,
): Promise<SyncedBars> {
  const { marketData } = frame;
  frame.latest.keep(series);
  if (marketData.disagreement) await compareSources(frame, series);
  const source = marketData.sourceOf?.(series.isin) ?? marketData.name;
  await remember(frame, subjectOf(series.isin), fetched, { source, first });
  return { barsStored: changed, barsSetAside: newlySetAside };
}

/** Puts a whole history in the place of the stored one. */
async function storeAllBars(
  frame: BarSyncFrame,
  { isin }: Security,
  fetched: readonly BarToCheck[],
): Promise<MergedBars> {
  const { store } = frame;
  const before = await storedBars(store, isin);
  const merged = replaceBars(before, fetched);
  await store.put(merged.series, withOrigins(frame, isin, merged.setAside));
  await reviewSplitsOf(frame, isin, () => ({
    before: before.series,
    after: merged.series,
    pending: pendingSplits(merged.series, fetched),
  }));
  return merged;
}

/** Goes on with the stored history. */
async function storeNewBars(
  frame: BarSyncFrame,
  latest: StoredBefore,
  merged: ExtendedBars,
  fetched: readonly BarToCheck[],
): Promise<MergedBars> {
  const { series, isWhole } = latest;
  const { isin } = series;
  const setAside = withOrigins(frame, isin, merged.setAside);
  await frame.store.extend(merged.series, merged.since, setAside, latest);
  const from = fetched.reduce((least, { day }) => Math.min(least, day), Infinity);
  const first = Math.max(0, indexAtEpoch(series.days, from) - REVIEWED_BARS);
  const isBehind = (merged.since ?? Infinity) > (series.days.at(-1) ?? -Infinity);
  // Bars behind the stored ones rescale none of those.
  if (isBehind && !frame.known.has(isin) && !mayHaveSplits(merged.series, first)) return merged;
  await reviewSplitsOf(frame, isin, () => ({
    before: seriesFrom(series, first),
    after: seriesFrom(merged.series, first),
    begin: isWhole && first === 0 ? undefined : series.days[first],
  }));
  return merged;
}

async function storedBars(store: PriceStore, isin: Isin): Promise<StoredBars> {
  const [found, setAside] = await Promise.all([store.seriesOf([isin]), store.setAside(isin)]);
  return { series: present(found.get(isin), 'a series is answered for each security'), setAside };
}

/** Stores the source's corporate actions, and removes the price doubts that they explain. */
async function syncActions(frame: BarSyncFrame, isin: Isin): Promise<void> {
  const { actions, doubts, known, marketData, signal } = frame;
  if (marketData.actions) await actions.addAll(await marketData.actions(isin, signal));
  if (known.has(isin)) await endExplainedDoubts(doubts, actions, isin);
}

/** What the source lists beside its bars; asked for when bars were. */
async function syncEvents(
  { actions, marketData, signal }: BarSyncFrame,
  security: Security,
  from: CalendarDay,
): Promise<void> {
  if (marketData.events)
    await actions.addAll(await eventActions(marketData, security, from, signal));
}

interface Reviewed {
  readonly before: PriceSeries;
  readonly after: PriceSeries;
  /** Where the series do not begin with the history. */
  readonly begin?: number | undefined;
  /** Behind the accepted bars. */
  readonly pending?: readonly SuspectedSplit[];
}

async function reviewSplitsOf(
  { actions, doubts, known: knownBefore, marketData, store }: BarSyncFrame,
  isin: Isin,
  reviewed: () => Reviewed,
): Promise<void> {
  const known = knownBefore.has(isin) ? await doubts.of(isin) : [];
  if (marketData.declaresSplits) {
    if (known.length > 0) await doubts.put(isin, 'suspected-split', []);
    return;
  }
  const { before, after, begin, pending = [] } = reviewed();
  const index = marketData.benchmark === isin ? undefined : marketData.benchmark;
  const from = begin === undefined ? undefined : dayOfEpoch(begin);
  const isAsked = index !== undefined && mayHaveSplits(after);
  const benchmark = isAsked ? (await store.seriesOf([index], from)).get(index) : undefined;
  const splits = reviewSplits(before, after, known, { benchmark, isPart: begin !== undefined });
  const found = [...splits, ...pending];
  if (known.length === 0 && found.length === 0) return;
  const open = unexplained(found, await actions.of([isin]));
  await doubts.put(isin, 'suspected-split', open.filter(isSplit));
}

/** Names file and line of bars set aside, where the source has files. */
function withOrigins(
  { marketData }: SyncFrame,
  isin: Isin,
  setAside: readonly SetAsideBar[],
): readonly SetAsideBar[] {
  if (setAside.length === 0) return setAside;
  return setAside.map((bar) => {
    const origin = marketData.originOf?.(isin, bar.day) ?? bar.origin;
    return origin === undefined ? bar : { ...bar, origin };
  });
}

/** Blocks a security from trading while a second source has a different price for the same day. */
async function compareSources({ doubts, marketData, signal }: BarSyncFrame, series: PriceSeries) {
  const { isin, days, close } = series;
  const recent = Array.from(days.slice(-COMPARED_BARS), (day, i) => ({
    day: dayOfEpoch(day),
    close: close[Math.max(0, days.length - COMPARED_BARS) + i] ?? Number.NaN,
  }));
  const found = await marketData.disagreement?.(isin, recent, signal);
  await doubts.put(isin, 'sources-disagree', found ? [{ kind: 'sources-disagree', ...found }] : []);
}

/** The day whose bar is the latest that can be had. */
function latestDay(frame: SyncFrame, exchange: string): CalendarDay {
  try {
    return frame.marketData.session(exchange, frame.now).day;
  } catch (thrown) {
    if (Failure.from(thrown).code !== 'NOT_FOUND') throw thrown;
    return frame.marketData.today(frame.now);
  }
}

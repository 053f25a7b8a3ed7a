/** Fetching prices and exchange rates into the store, one security or pair at a time. */
import { BEGINNING, barToCheck } from '#shared/clients/market-data/checked-bars.ts';
import { eventActions } from '#shared/clients/market-data/event-actions.ts';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import {
  addDays,
  dayOfEpoch,
  epochDay,
  isWeekend,
  type CalendarDay,
} from '#shared/kernel/calendar-day.ts';
import { present } from '#shared/kernel/assert.ts';
import { areSound, type BarToCheck, type SetAsideBar } from '#shared/kernel/bars/bar-check.ts';
import type { BarFigures } from '#shared/kernel/bars/packed-bars.ts';
import { mayHaveSplits } from '#shared/kernel/bars/split-suspicion.ts';
import { pairOf, type Currency } from '#shared/kernel/currency.ts';
import { Failure, refused } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import {
  extendBars,
  pastHasChanged,
  replaceBars,
  replaceSound,
  type MergedBars,
  type StoredBars,
} from '../model/bar-merge.ts';
import {
  indexAtEpoch,
  lastDay,
  seriesFrom,
  type PriceSeries,
  type RateSeries,
} from '../model/price-series.ts';
import type { SuspectedSplit } from '../model/price-doubt.ts';
import type { Security } from '../model/security.ts';
import { sameSpans, withSpan } from '../model/source-span.ts';
import { isSplit, pendingSplits, reviewSplits, unexplained } from '../model/split-review.ts';
import { NOTHING_STORED, type SyncProblem, type SyncedBars } from '../model/sync-progress.ts';
import type { ActionStore } from '../action-store.ts';
import { endExplainedDoubts } from '../explained-doubts.ts';
import type { LatestReviewed } from '../price-doubts.ts';
import type { PriceDoubtStore } from '../price-doubt-store.ts';
import type { LatestSeries, PriceStore } from '../price-store.ts';

/** Number of latest bars compared with a second source. */
const COMPARED_BARS = 8;
/** Bars before new ones by which suspected splits are judged. */
const REVIEWED_BARS = 100;

export interface SyncFrame {
  readonly store: PriceStore;
  readonly marketData: MarketData;
  readonly now: Instant;
  /** Fetches everything anew, fresh or not. */
  readonly force: boolean;
  readonly signal: AbortSignal;
}

export interface BarSyncFrame extends SyncFrame {
  /** The latest bars of each security, as stored now. */
  readonly latest: LatestReviewed;
  readonly doubts: PriceDoubtStore;
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
  const latest = await latestBars(frame, security);
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
    return storeSound(frame, security, figures);
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
  return stored(frame, merged, extended ? fetched[0]?.day : merged.series.days[0]);
}

/** Puts a whole history that is certain to be sound in the place of the stored one. */
async function storeSound(
  frame: BarSyncFrame,
  security: Security,
  figures: BarFigures,
): Promise<SyncedBars> {
  const { isin } = security;
  await syncEvents(frame, security, BEGINNING);
  const before = await storedBars(frame.store, isin);
  const merged = replaceSound(before, { isin, ...figures });
  await frame.store.put(merged.series, []);
  await reviewSplitsOf(frame, before.series, merged.series, {});
  return stored(frame, merged, merged.series.days[0]);
}

/** @param first day that was fetched, as days since 1970-01-01 */
async function stored(
  frame: BarSyncFrame,
  { series, changed, newlySetAside }: MergedBars,
  first: number | undefined,
): Promise<SyncedBars> {
  const { marketData } = frame;
  frame.latest.keep(series);
  await compareSources(frame, series);
  const source = marketData.sourceOf?.(series.isin) ?? marketData.name;
  await remember(frame, `prices:${series.isin}`, source, first);
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
  await reviewSplitsOf(frame, before.series, merged.series, {
    pending: pendingSplits(merged.series, fetched),
  });
  return merged;
}

/** Goes on with the stored history. */
async function storeNewBars(
  frame: BarSyncFrame,
  latest: LatestBars,
  merged: MergedBars,
  fetched: readonly BarToCheck[],
): Promise<MergedBars> {
  const { series, isWhole } = latest;
  const since = fetched.reduce((least, { day }) => Math.min(least, day), Infinity);
  const { isin } = merged.series;
  const setAside = withOrigins(frame, isin, merged.setAside);
  await frame.store.extend(merged.series, since, setAside, latest);
  const first = Math.max(0, indexAtEpoch(series.days, since) - REVIEWED_BARS);
  const [before, after] = [seriesFrom(series, first), seriesFrom(merged.series, first)];
  const begin = isWhole && first === 0 ? undefined : series.days[first];
  await reviewSplitsOf(frame, before, after, { begin });
  return merged;
}

/** Brings one pair's rates up to the market's day. @throws Failure REFUSED exchange-rate-missing */
async function syncRates(frame: SyncFrame, from: Currency, into: Currency): Promise<void> {
  const { store, marketData, force, signal } = frame;
  const stored = await store.rates(from, into);
  const last = lastDay(stored);
  if (!force && last !== undefined && last >= lastWeekday(today(frame))) return;
  const since = force || last === undefined ? BEGINNING : last;
  const fetched = await marketData.rates(from, into, since, signal);
  if (fetched.length === 0 && last === undefined)
    throw refused('exchange-rate-missing', `The source has no rates from ${from} to ${into}.`);
  const rates = new Map(since === BEGINNING && fetched.length > 0 ? [] : entriesOf(stored));
  for (const { day, rate } of fetched) if (rate > 0) rates.set(epochDay(day), rate);
  await store.putRates(from, into, rateSeries(rates));
  const source = marketData.ratesSource ?? marketData.name;
  const first = fetched[0];
  await remember(frame, `rates:${pairOf(from, into)}`, source, first && epochDay(first.day));
}

/** Brings the rates of all currencies into the base one up to date. @returns what is missing */
export async function syncAllRates(
  frame: SyncFrame,
  currencies: readonly Currency[],
  base: Currency,
): Promise<readonly SyncProblem[]> {
  const problems: SyncProblem[] = [];
  for (const currency of [...new Set(currencies)].filter((code) => code !== base).sort()) {
    const name = { isin: '', symbol: pairOf(currency, base) } as const;
    const outcome = await orProblem(name, () => syncRates(frame, currency, base));
    if (outcome) problems.push(outcome);
  }
  return problems;
}

/**
 * Runs the sync of one thing; what fails there becomes a problem that names it. What would fail
 * everywhere, such as a lost Redis or a bug, is thrown on.
 */
export async function orProblem<T>(
  name: Pick<SyncProblem, 'isin' | 'symbol'>,
  work: () => Promise<T>,
): Promise<T | SyncProblem> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code === 'BUG') throw thrown;
    return { isin: name.isin, symbol: name.symbol, reason: thrown.message };
  }
}

type LatestBars = StoredBars & LatestSeries;

/** The latest stored bars; those are enough where new ones go on with them. */
async function latestBars({ store }: SyncFrame, { isin }: Security): Promise<LatestBars> {
  const [latest, setAside] = await Promise.all([store.latestSeries(isin), store.setAside(isin)]);
  return { ...latest, setAside };
}

async function storedBars(store: PriceStore, isin: Isin): Promise<StoredBars> {
  const [found, setAside] = await Promise.all([store.seriesOf([isin]), store.setAside(isin)]);
  return { series: present(found.get(isin), 'a series is answered for each security'), setAside };
}

/** Stores the source's corporate actions, and removes the price doubts that they explain. */
async function syncActions(frame: BarSyncFrame, isin: Isin): Promise<void> {
  const { actions, doubts, marketData, signal } = frame;
  await actions.addAll((await marketData.actions?.(isin, signal)) ?? []);
  await endExplainedDoubts(doubts, actions, isin);
}

/** What the source lists beside its bars; asked for when bars were. */
async function syncEvents(
  { actions, marketData, signal }: BarSyncFrame,
  security: Security,
  from: CalendarDay,
): Promise<void> {
  await actions.addAll(await eventActions(marketData, security, from, signal));
}

interface Reviewing {
  /** Where the series do not begin with the history. */
  readonly begin?: number | undefined;
  /** Behind the accepted bars. */
  readonly pending?: readonly SuspectedSplit[];
}

async function reviewSplitsOf(
  { actions, doubts, marketData, store }: BarSyncFrame,
  before: PriceSeries,
  after: PriceSeries,
  { begin, pending = [] }: Reviewing,
): Promise<void> {
  const { isin } = after;
  if (marketData.declaresSplits) return doubts.put(isin, 'suspected-split', []);
  const index = marketData.benchmark === isin ? undefined : marketData.benchmark;
  const from = begin === undefined ? undefined : dayOfEpoch(begin);
  const isAsked = index !== undefined && mayHaveSplits(after);
  const benchmark = isAsked ? (await store.seriesOf([index], from)).get(index) : undefined;
  const known = await doubts.of(isin);
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
  return setAside.map((bar) => {
    const origin = marketData.originOf?.(isin, bar.day) ?? bar.origin;
    return origin === undefined ? bar : { ...bar, origin };
  });
}

/** Blocks a security from trading while a second source has a different price for the same day. */
async function compareSources({ doubts, marketData, signal }: BarSyncFrame, series: PriceSeries) {
  if (!marketData.disagreement) return;
  const { isin, days, close } = series;
  const recent = Array.from(days.slice(-COMPARED_BARS), (day, i) => ({
    day: dayOfEpoch(day),
    close: close[Math.max(0, days.length - COMPARED_BARS) + i] ?? Number.NaN,
  }));
  const found = await marketData.disagreement(isin, recent, signal);
  await doubts.put(isin, 'sources-disagree', found ? [{ kind: 'sources-disagree', ...found }] : []);
}

/** @param first day that was fetched now, as days since 1970-01-01 */
async function remember(
  frame: SyncFrame,
  subject: Parameters<PriceStore['fetched']>[0],
  source: string,
  first: number | undefined,
): Promise<void> {
  const { now: at, store } = frame;
  const through = today(frame);
  const known = await store.fetched(subject);
  const span = first === undefined ? undefined : { source, from: dayOfEpoch(first), fetchedAt: at };
  const sources = withSpan(known?.sources ?? [], span);
  const moved = known?.sources !== undefined && !sameSpans(known.sources, sources);
  const isNew = known?.through !== through || moved;
  if (isNew) await store.putFetched(subject, { through, at, sources });
}

function today({ marketData, now }: SyncFrame): CalendarDay {
  return marketData.today(now);
}

/** The day whose bar is the latest that can be had. */
function latestDay(frame: SyncFrame, exchange: string): CalendarDay {
  try {
    return frame.marketData.session(exchange, frame.now).day;
  } catch (thrown) {
    if (Failure.from(thrown).code !== 'NOT_FOUND') throw thrown;
    return today(frame);
  }
}

function lastWeekday(day: CalendarDay): CalendarDay {
  return isWeekend(day) ? lastWeekday(addDays(day, -1)) : day;
}

function entriesOf(series: RateSeries): [number, number][] {
  return Array.from(series.days, (day, i) => [day, series.rates[i] ?? Number.NaN]);
}

function rateSeries(rates: ReadonlyMap<number, number>): RateSeries {
  const days = Int32Array.from(rates.keys()).sort();
  return { days, rates: Float64Array.from(days, (day) => rates.get(day) ?? Number.NaN) };
}

/** What the syncs of prices, rates and fundamentals share. */
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { dayOfEpoch } from '#shared/kernel/calendar-day.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { sameSpans, withSpan } from '../model/source-span.ts';
import type { SyncProblem } from '../model/sync-progress.ts';
import type { Fetched, PriceStore, Subject } from '../price-store.ts';

export interface SyncFrame {
  readonly store: PriceStore;
  readonly marketData: MarketData;
  readonly now: Instant;
  /** Fetches everything anew, fresh or not. */
  readonly force: boolean;
  readonly signal: AbortSignal;
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

interface FetchedNow {
  readonly source: string;
  /** First day that was fetched now, as days since 1970-01-01. */
  readonly first: number | undefined;
}

/** @param known what was fetched before */
export async function remember(
  { now: at, store, marketData }: SyncFrame,
  subject: Subject,
  known: Fetched | undefined,
  { source, first }: FetchedNow,
): Promise<void> {
  const through = marketData.today(at);
  const span = first === undefined ? undefined : { source, from: dayOfEpoch(first), fetchedAt: at };
  const sources = withSpan(known?.sources ?? [], span);
  const isNew = known?.through !== through || hasMoved(known, sources);
  if (isNew) await store.putFetched(subject, { through, at, sources });
}

function hasMoved(known: Fetched, sources: NonNullable<Fetched['sources']>): boolean {
  return known.sources !== undefined && !sameSpans(known.sources, sources);
}

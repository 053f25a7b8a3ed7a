/** The progress of a sync as callers see it. */
import type { SyncFundamentalsUpdate, SyncPricesUpdate } from '#protos/gen/universe.ts';
import { percentDone, type SyncProgress } from './model/sync-progress.ts';
import type { SyncRate } from './model/sync-rate.ts';

/** @param currentIsin the security just done; empty at the end */
export function toFundamentalsUpdate(
  progress: SyncProgress,
  currentIsin: string,
  error: string,
): SyncFundamentalsUpdate {
  const { total, synced, failed, problems } = progress;
  return {
    progressPct: percentDone(progress),
    synced,
    failed,
    total,
    currentIsin,
    complete: false,
    error,
    problems: [...problems],
  };
}

/** Field by field: one is made for each of thousands of securities. */
export function toPricesUpdate(
  progress: SyncProgress,
  currentIsin: string,
  error: string,
  rate?: SyncRate,
): SyncPricesUpdate {
  const { total, synced, failed, problems, barsStored, barsSetAside } = progress;
  const update: SyncPricesUpdate = {
    progressPct: percentDone(progress),
    synced,
    failed,
    total,
    currentIsin,
    complete: false,
    error,
    problems: [...problems],
    barsStored: String(barsStored),
    barsSetAside: String(barsSetAside),
    setAside: [],
    priceDoubts: [],
  };
  return rate ? { ...update, ...rate } : update;
}

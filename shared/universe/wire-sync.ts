/** The progress of a sync as callers see it. */
import type { SyncFundamentalsUpdate, SyncPricesUpdate } from '#protos/gen/universe.ts';
import { percentDone, type SyncProgress } from './model/sync-progress.ts';

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

export function toPricesUpdate(
  progress: SyncProgress,
  currentIsin: string,
  error: string,
): SyncPricesUpdate {
  return {
    ...toFundamentalsUpdate(progress, currentIsin, error),
    barsStored: String(progress.barsStored),
    barsSetAside: String(progress.barsSetAside),
    setAside: [],
    priceDoubts: [],
  };
}

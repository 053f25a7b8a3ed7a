/** Progress of a sync over its securities; a failing one is named, and the others continue. */
import type { Isin } from '#shared/kernel/isin.ts';

export interface SyncProblem {
  /** Empty for what is not a security, such as a pair of currencies. */
  readonly isin: Isin | '';
  readonly symbol: string;
  readonly reason: string;
}

export interface SyncProgress {
  readonly total: number;
  readonly synced: number;
  readonly failed: number;
  readonly problems: readonly SyncProblem[];
  readonly barsStored: number;
  readonly barsSetAside: number;
}

export interface SyncedBars {
  readonly barsStored: number;
  readonly barsSetAside: number;
}

export const NOTHING_STORED: SyncedBars = { barsStored: 0, barsSetAside: 0 };

/** @param problems what is wrong beside the securities */
export function startOfSync(total: number, problems: readonly SyncProblem[] = []): SyncProgress {
  return { total, synced: 0, failed: 0, problems, ...NOTHING_STORED };
}

/** The progress after one more security. */
export function afterOne(progress: SyncProgress, outcome: SyncedBars | SyncProblem): SyncProgress {
  if ('reason' in outcome)
    return {
      ...progress,
      failed: progress.failed + 1,
      problems: [...progress.problems, outcome],
    };
  return {
    total: progress.total,
    synced: progress.synced + 1,
    failed: progress.failed,
    problems: progress.problems,
    barsStored: progress.barsStored + outcome.barsStored,
    barsSetAside: progress.barsSetAside + outcome.barsSetAside,
  };
}

/** Whole percent, rounded down, so that 100 means done. */
export function percentDone({ total, synced, failed }: SyncProgress): number {
  return total === 0 ? 100 : Math.floor((100 * (synced + failed)) / total);
}

/** One sentence on what failed; empty when nothing did. */
export function syncSummaryOf({ failed, total, problems }: SyncProgress): string {
  if (problems.length === 0) return '';
  const names = problems.map(({ symbol, isin }) => symbol || isin);
  const shown = names.slice(0, 10).join(', ') + (names.length > 10 ? ', …' : '');
  return failed > 0
    ? `${failed} of ${total} failed; there are problems with ${shown}.`
    : `There are problems with ${shown}.`;
}

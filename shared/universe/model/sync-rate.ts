/** Rate and remaining time of a sync. Pure. */
import type { Instant } from '#shared/kernel/instant.ts';
import type { SyncProgress } from './sync-progress.ts';

export interface SyncRate {
  /** Securities a minute since the start. */
  readonly perMinute: number;
  readonly remainingSeconds: number;
}

/** @returns undefined where nothing is done yet, or no time has passed */
export function rateOf(
  { total, synced, failed }: SyncProgress,
  startedAt: Instant,
  now: Instant,
): SyncRate | undefined {
  const [done, elapsedMs] = [synced + failed, now - startedAt];
  if (done === 0 || elapsedMs <= 0) return undefined;
  const remainingSeconds = Math.ceil(((total - done) * elapsedMs) / done / 1_000);
  return { perMinute: (done * 60_000) / elapsedMs, remainingSeconds };
}

/** Rate and remaining time of a sync. Pure. */
import type { Instant } from '#shared/kernel/instant.ts';
import type { SyncProgress } from './sync-progress.ts';

export interface SyncRate {
  /** Securities a minute since the start. */
  readonly perMinute: number;
  readonly remainingSeconds: number;
}

/** The first ones carry the start of program and connections: they are no rate. */
const DONE_MIN = 5;

/** @returns undefined where too little is done yet, or no time has passed */
export function rateOf(
  { total, synced, failed }: SyncProgress,
  startedAt: Instant,
  now: Instant,
): SyncRate | undefined {
  const [done, elapsedMs] = [synced + failed, now - startedAt];
  if (done < DONE_MIN || elapsedMs <= 0) return undefined;
  const remainingSeconds = Math.ceil(((total - done) * elapsedMs) / done / 1_000);
  return { perMinute: (done * 60_000) / elapsedMs, remainingSeconds };
}

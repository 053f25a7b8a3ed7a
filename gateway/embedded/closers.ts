/** Closes resources in reverse order of opening. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '#shared/process/log.ts';

export type Closers = (() => Promise<unknown>)[];

/** Concurrently; the remaining ones get a moment to begin. */
const ALL_MS_MAX = 3_600;
const LATE_MS = 100;

/** One that does not end must not keep the others from being closed: Redis and the lock are last. */
export async function closeAll(closers: Closers, log: Log): Promise<void> {
  const until = performance.now() + ALL_MS_MAX;
  for (const closer of closers.splice(0).reverse()) {
    const closed = closer().catch((cause: unknown) => log.warn('close-failed', { cause }));
    const ms = Math.max(LATE_MS, until - performance.now());
    await Promise.race([closed, sleep(ms, undefined, { ref: false })]);
  }
}

/** Of what may still be opening, or could not be opened. */
export async function closeOpened(
  opening: Promise<{ close(): Promise<unknown> } | undefined>,
): Promise<void> {
  const opened = await opening.catch(() => undefined);
  await opened?.close();
}

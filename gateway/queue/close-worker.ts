/** Closing the workers of a queue, with Redis or without. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';

/**
 * Takes no more jobs and lets running ones end. Where Redis is unreachable they cannot be returned: the worker is
 * closed at once, and another one takes its jobs when their locks expire.
 * @param graceMs the longest that it waits
 */
export function closeWorker(worker: Worker, redis: Redis, graceMs: number): Promise<void> {
  return waitWithRedis(worker.close(redis.status !== 'ready'), redis, graceMs);
}

/** Waits for work that needs Redis: not at all where Redis is gone, else no longer than `graceMs`. */
export async function waitWithRedis(
  work: Promise<unknown>,
  { status }: Redis,
  graceMs: number,
): Promise<void> {
  const settled = work.catch(() => undefined);
  if (status !== 'ready') return;
  await Promise.race([settled, sleep(graceMs, undefined, { ref: false })]);
}

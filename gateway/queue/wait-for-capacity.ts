/** Delays a call whose function is at its concurrency limit. */
import { DelayedError, type Job } from 'bullmq';
import { HOUR_MS } from '#shared/kernel/instant.ts';

/** How long a call waits for a free slot of a function before that counts as a failure. */
const FULL_MS_MAX = HOUR_MS;
const PAUSE_MS_MAX = 30_000;
const DOUBLINGS_MAX = 6;

/**
 * Returns a job to its queue without counting an attempt: the function was not called. Returns when
 * it has waited too long.
 * @throws DelayedError, by which BullMQ knows that the job went back
 */
export async function waitForPlace(job: Job, token: string, backoffMs: number): Promise<void> {
  if (Date.now() - job.timestamp > FULL_MS_MAX) return;
  const turns = Math.min(job.attemptsStarted - job.attemptsMade - 1, DOUBLINGS_MAX);
  const pauseMs = Math.min(backoffMs * 2 ** turns, PAUSE_MS_MAX) * (0.5 + Math.random() / 2);
  await job.moveToDelayed(Date.now() + pauseMs, token);
  throw new DelayedError();
}

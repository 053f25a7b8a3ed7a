/** When the schedules of a queue come next. One whose next turn is not in the queue never comes again, and is left out. */
import type { JobType, Queue } from 'bullmq';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';

/** Where a turn is before it has ended. */
const BEFORE_ITS_END: JobType[] = ['delayed', 'wait', 'prioritized', 'active'];

/** @returns by the schedule's name */
export async function comingTurns(
  queue: Pick<Queue, 'getJobSchedulers' | 'getRanges'>,
): Promise<ReadonlyMap<string, Instant>> {
  const first = await read(queue);
  if (first.without.length === 0) return first.coming;
  // A turn that was taken up between the two readings has a successor now.
  const { coming } = await read(queue);
  return new Map([...first.coming, ...coming]);
}

async function read(queue: Pick<Queue, 'getJobSchedulers' | 'getRanges'>) {
  const schedules = await queue.getJobSchedulers();
  const queued = new Set(await queue.getRanges(BEFORE_ITS_END, 0, -1));
  const coming = new Map<string, Instant>();
  const without: string[] = [];
  for (const { key, next } of schedules)
    if (next !== undefined && queued.has(turnId(key, next))) coming.set(key, instantOf(next));
    else without.push(key);
  return { coming, without };
}

/** Takes away what is left of a schedule that never comes again, which would keep it from being scheduled anew. */
export async function forgetSchedule(
  queue: Pick<Queue, 'getJobScheduler' | 'getRanges' | 'remove' | 'removeJobScheduler'>,
  key: string,
): Promise<void> {
  const left = await queue.getJobScheduler(key);
  const turns = (await queue.getRanges(['delayed'], 0, -1)).filter((id) => isTurn(id, key));
  await queue.removeJobScheduler(key);
  const lost = typeof left?.next === 'number' ? [turnId(key, left.next)] : [];
  for (const id of [...turns, ...lost]) await queue.remove(id);
}

function turnId(key: string, next: number): string {
  return `repeat:${key}:${next}`;
}

function isTurn(id: string, key: string): boolean {
  return id.slice(0, id.lastIndexOf(':')) === `repeat:${key}`;
}

/** The maintenance task: deletes expired records, and checks Redis. */
import { operations } from '#shared/contract/catalogue.ts';
import type { Context } from '#shared/runtime/context.ts';
import { RUNS_KEPT_MS } from '#shared/runtime/runs/runs.ts';
import type { JobEnd } from './model/job-record.ts';
import { redisComplaints } from './model/redis-health.ts';
import { countText } from './model/cycle.ts';
import { redisInfo } from './redis-info.ts';

const CLEAN_MAX = 10_000;
const SCAN_COUNT = 1_000;

/** Keys with a time to live expire by themselves; this clears the others. */
export async function maintain(context: Context): Promise<JobEnd> {
  const cleaned = await cleanQueues(context);
  const limited = await limitRuns(context);
  const complaints = redisComplaints(await redisInfo(context.database.redis, 'persistence'));
  const done =
    `${countText(cleaned, 'ended job')} and ${countText(limited, 'list')} of run messages cleared; ` +
    (complaints.length === 0 ? 'Redis writes its file.' : complaints.join('; '));
  return { ok: complaints.length === 0, message: done };
}

/** BullMQ removes old jobs only when another ends; a queue at rest would keep them. */
async function cleanQueues({ runs }: Context): Promise<number> {
  let cleaned = 0;
  for (const { topic } of operations.filter(({ queue }) => queue !== null))
    for (const state of ['completed', 'failed'] as const)
      cleaned += (await (await runs.queueOf(topic)).clean(RUNS_KEPT_MS, CLEAN_MAX, state)).length;
  return cleaned;
}

/** Gives messages of runs a time to live where a crash has kept them from getting one. */
async function limitRuns({ database: { redis } }: Context): Promise<number> {
  const prefix = redis.options.keyPrefix ?? '';
  let limited = 0;
  const pages = redis.scanStream({ match: `${prefix}{run:*`, count: SCAN_COUNT });
  for await (const page of pages as AsyncIterable<string[]>)
    for (const name of page) {
      const key = name.slice(prefix.length);
      if ((await redis.pttl(key)) === -1) limited += await redis.pexpire(key, RUNS_KEPT_MS);
    }
  return limited;
}

/** Dead letters of calls that nobody waits for: `/async-function`, its callbacks, topics and schedules. */
import { sample, type Sample } from '#shared/contract/metric-table.ts';
import type { Context } from '#shared/runtime/context.ts';
import { callKinds, functionQueuesOf, namesOn, queueKey } from './function-queue-names.ts';

export async function deadLetterSamples(context: Context): Promise<Sample[]> {
  const counts = Object.entries(callKinds).map(async ([kind, queue]) => {
    const each = await Promise.all(namesOn(queue, context).map((one) => countIn(one, context)));
    return sample(
      'trader_dead_letters',
      each.reduce((sum, count) => sum + count, 0),
      { kind },
    );
  });
  return Promise.all(counts);
}

/** BullMQ keeps failed jobs in a sorted set beside each queue. */
async function countIn(queue: string, context: Context): Promise<number> {
  const { redis } = context.database;
  const all = await functionQueuesOf(queue, context);
  const counts = all.map((name) => redis.zcard(queueKey(name, 'failed')));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

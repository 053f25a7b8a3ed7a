/** Dead letters of calls that nobody waits for: `/async-function`, its callbacks, topics and schedules. */
import { sample, type Sample } from '#shared/contract/metric-table.ts';
import { remotePlaces } from '#shared/placement/placement.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Context } from '#shared/runtime/context.ts';

const KINDS = { 'async-call': 'async', callback: 'async-callbacks', message: 'calls' } as const;

export async function deadLetterSamples(context: Context): Promise<Sample[]> {
  const counts = Object.entries(KINDS).map(async ([kind, queue]) => {
    const each = await Promise.all(namesOn(queue, context).map((one) => countIn(one, context)));
    return sample(
      'trader_dead_letters',
      each.reduce((sum, count) => sum + count, 0),
      { kind },
    );
  });
  return Promise.all(counts);
}

/** Where services run on two boards, each board has queues of its own. */
function namesOn(queue: string, { placement }: Context): readonly string[] {
  const devices = [placement.device, ...remotePlaces(placement).map(({ device }) => device.name)];
  const [base = '', ...rest] = queue.split('-');
  const named = [...new Set(devices)].map((device) => [base, device, ...rest].join('-'));
  return [queue, ...named];
}

/** BullMQ keeps failed jobs in a sorted set beside each queue. */
async function countIn(queue: string, { database: { redis } }: Context): Promise<number> {
  const functions = await redis.smembers(`queue:${keys.runtime.functionQueues(queue)}`);
  const counts = functions.map((name) => redis.zcard(`queue:${queue}.${name}:failed`));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

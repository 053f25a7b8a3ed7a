/** Calls that nobody waits for, while they wait: how many, and the queues whose oldest waits longest. */
import { sample, type Sample } from '#shared/contract/metric-table.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import type { Context } from '#shared/runtime/context.ts';
import { waitsSince, type WaitingJob } from '#shared/runtime/runs/waits-since.ts';
import { callKinds, functionQueuesOf, namesOn, queueKey } from './function-queue-names.ts';

const NAMED_MAX = 20;
/** BullMQ sorts delayed jobs by the time at which they are due, with room for their order within a millisecond. */
const SCORES_A_MS = 0x1000;

interface QueueState {
  readonly wait: number;
  readonly active: number;
  readonly delayed: number;
  /** Of the oldest job that is due, seconds. */
  readonly age: number;
}

export async function callQueueSamples(context: Context): Promise<Sample[]> {
  const bases = [...Object.values(callKinds), 'topics'].flatMap((one) => namesOn(one, context));
  const read = bases.map(async (base) => {
    const isOne = base.startsWith('topics');
    const queues = isOne ? [base] : await functionQueuesOf(base, context);
    const states = queues.map(async (name) => ({ name, ...(await stateOf(name, context)) }));
    return { base, states: await Promise.all(states) };
  });
  const all = await Promise.all(read);
  const used = all.filter(({ states }) =>
    states.some(({ wait, active, delayed }) => wait + active + delayed > 0),
  );
  const waiting = used
    .flatMap(({ states }) => states)
    .filter(({ age }) => age > 0)
    .sort((one, other) => other.age - one.age)
    .slice(0, NAMED_MAX);
  return [
    ...used.flatMap(({ base, states }) =>
      (['wait', 'active', 'delayed'] as const).map((state) => {
        const count = states.reduce((sum, one) => sum + one[state], 0);
        return sample('trader_queue_jobs', count, { queue: base, state });
      }),
    ),
    ...waiting.flatMap(({ name: queue, age, active }) => [
      sample('trader_queue_oldest_seconds', age, { queue }),
      sample('trader_queue_unworked_seconds', active === 0 ? age : 0, { queue }),
    ]),
  ];
}

async function stateOf(queue: string, { database: { redis }, now }: Context): Promise<QueueState> {
  const [wait, active, delayed, last, first] = await Promise.all([
    redis.llen(queueKey(queue, 'wait')),
    redis.llen(queueKey(queue, 'active')),
    redis.zcard(queueKey(queue, 'delayed')),
    redis.lindex(queueKey(queue, 'wait'), -1),
    redis.zrange(queueKey(queue, 'delayed'), '0', '0', 'WITHSCORES'),
  ]);
  const dueAt = first[1] === undefined ? [] : [instantOf(Number(first[1]) / SCORES_A_MS)];
  const waitingSince = last === null ? [] : await sinceOf(queueKey(queue, last), redis);
  const since = Math.min(now(), ...dueAt, ...waitingSince);
  return { wait, active, delayed, age: (now() - since) / 1_000 };
}

/** @returns nothing where the job was taken meanwhile */
async function sinceOf(key: string, redis: Context['database']['redis']): Promise<Instant[]> {
  const [timestamp, processedOn, opts] = await redis.hmget(key, 'timestamp', 'processedOn', 'opts');
  if (!timestamp) return [];
  const job: WaitingJob = {
    timestamp: Number(timestamp),
    ...(processedOn && { processedOn: Number(processedOn) }),
    opts: JSON.parse(opts ?? '{}') as WaitingJob['opts'],
  };
  return [instantOf(waitsSince(job))];
}

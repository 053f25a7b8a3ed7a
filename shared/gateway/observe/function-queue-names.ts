/** The queues of calls that nobody waits for: `/async-function`, its callbacks, messages and schedules, a queue a function. */
import { remotePlaces } from '#shared/placement/placement.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Context } from '#shared/runtime/context.ts';

export const callKinds = {
  'async-call': 'async',
  callback: 'async-callbacks',
  message: 'calls',
} as const;

/** Where services run on two boards, each board has queues of its own. */
export function namesOn(queue: string, { placement }: Context): readonly string[] {
  const devices = [placement.device, ...remotePlaces(placement).map(({ device }) => device.name)];
  const [base = '', ...rest] = queue.split('-');
  const named = [...new Set(devices)].map((device) => [base, device, ...rest].join('-'));
  return [queue, ...named];
}

/** Those that ever had a job, as BullMQ names them: `async.echo`. */
export async function functionQueuesOf(
  queue: string,
  { database: { redis } }: Context,
): Promise<readonly string[]> {
  const functions = await redis.smembers(`queue:${keys.runtime.functionQueues(queue)}`);
  return functions.map((name) => `${queue}.${name}`);
}

/** The key of a part of a queue, for the connection of the stores. */
export function queueKey(queue: string, part: string): string {
  return `queue:${queue}:${part}`;
}

/**
 * The subscribers of a run as a Redis set. A run whose last subscriber has left is closed and takes no
 * more: joining, leaving and closing are one step each, so that any number may do so at once.
 */
import type { Redis } from 'ioredis';

/** A reserved member; a set that contains it is closed. */
const CLOSED = '!closed';

const JOIN = `
if redis.call('SISMEMBER', KEYS[1], '${CLOSED}') == 1 then return 0 end
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 1 + redis.call('EXISTS', KEYS[3])
`;
const LEAVE = `
if redis.call('SREM', KEYS[1], ARGV[1]) == 0 or redis.call('SCARD', KEYS[1]) > 0 then return 0 end
redis.call('SADD', KEYS[1], '${CLOSED}')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`;

const JOINED = ['closed', 'joined', 'has-left'] as const;

/**
 * Also stores the run under the second key, and looks whether the third is there.
 * @param keys the set, where the subscriber finds the run, and what says that the subscriber has left
 */
export async function joinSet(
  redis: Redis,
  keys: readonly [set: string, run: string, left: string],
  subscriber: string,
  run: string,
  keepMs: number,
): Promise<(typeof JOINED)[number]> {
  const joined = (await redis.eval(JOIN, 3, ...keys, subscriber, run, keepMs)) as 0 | 1 | 2;
  return JOINED[joined];
}

/** @returns whether this was the last subscriber, which closes the set */
export async function leaveSet(
  redis: Redis,
  key: string,
  subscriber: string,
  keepMs: number,
): Promise<boolean> {
  return (await redis.eval(LEAVE, 1, key, subscriber, keepMs)) === 1;
}

export async function isClosed(redis: Redis, key: string): Promise<boolean> {
  return (await redis.sismember(key, CLOSED)) === 1;
}

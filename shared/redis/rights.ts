/**
 * The permissions that the Redis user of an installation needs, and their check. Each command is
 * queued in a transaction that is never executed: Redis refuses a command or key without permission
 * when it is queued, so the check changes nothing and needs no permission of its own.
 */
import type { Redis } from 'ioredis';
import { Failure, unavailable } from '#shared/kernel/failure.ts';
import { missingRights, refusalOfSentinels } from './missing-rights.ts';

/** A key of the installation that nothing uses. */
const KEY = '{rights}:probe';
const one = [KEY];
const two = [KEY, '1'];
const three = [KEY, '1', '1'];

/**
 * Commands of stores, backups, scripts and queues (BullMQ's own scripts included), with complete
 * dummy arguments. `redisCommands` in docs/operate/redis-keys.md is this list.
 */
const commands: Readonly<Record<string, readonly string[]>> = {
  ping: [],
  role: [],
  wait: ['0', '1'],
  info: ['server'],
  scan: ['0'],
  time: [],
  get: one,
  set: two,
  del: one,
  unlink: one,
  exists: one,
  type: one,
  rename: [KEY, KEY],
  dump: one,
  restore: [KEY, '0', 'x'],
  persist: one,
  pexpire: two,
  pexpireat: two,
  pttl: one,
  incr: one,
  incrby: two,
  hget: two,
  hset: three,
  hsetnx: three,
  hmset: three,
  hmget: two,
  hgetall: one,
  hdel: two,
  hexists: two,
  hincrby: three,
  hkeys: one,
  hvals: one,
  hlen: one,
  lindex: two,
  llen: one,
  lpop: one,
  lpos: two,
  lpush: two,
  lrange: three,
  lrem: three,
  lset: three,
  ltrim: three,
  rpop: one,
  rpoplpush: [KEY, KEY],
  rpush: two,
  sadd: two,
  scard: one,
  sismember: two,
  smembers: one,
  srem: two,
  xadd: [KEY, '*', 'a', '1'],
  xdel: [KEY, '1-1'],
  xlen: one,
  xrange: [KEY, '-', '+'],
  xread: ['STREAMS', KEY, '0'],
  xtrim: [KEY, 'MAXLEN', '1'],
  bzpopmin: [KEY, '1'],
  zadd: three,
  zcard: one,
  zcount: three,
  zlexcount: [KEY, '-', '+'],
  zpopmin: one,
  zrange: three,
  zrangebylex: [KEY, '-', '+'],
  zrangebyscore: three,
  zrem: two,
  zremrangebyrank: three,
  zremrangebyscore: three,
  zrevrange: three,
  zrevrangebyscore: three,
  zscore: two,
  eval: ['return 0', '1', KEY],
  evalsha: ['0000000000000000000000000000000000000000', '1', KEY],
};

/** Names of all commands, those of transactions included. */
export const redisCommands: readonly string[] = ['multi', 'exec', ...Object.keys(commands)].sort();

/**
 * @throws Failure REFUSED `redis-rights` naming every right that is missing, UNAVAILABLE when Redis does
 * not answer
 */
export async function requireRights(redis: Redis): Promise<void> {
  const own = redis.duplicate();
  let said: Error | undefined;
  own.on('error', (error: Error) => (said = error));
  try {
    const refusals = (await refusedTransactions(own)) ?? (await refusedCommands(own));
    if (refusals.size > 0) throw missing(refusals, redis.options.keyPrefix ?? '');
  } catch (thrown) {
    throw (said && refusalOfSentinels(said)) ?? thrown;
  } finally {
    // Drops the transaction, too.
    own.disconnect();
  }
}

type Refusals = ReadonlyMap<string, 'command' | 'key'>;

/** @returns undefined where transactions are allowed */
async function refusedTransactions(redis: Redis): Promise<Refusals | undefined> {
  for (const name of ['multi', 'exec']) {
    const refusal = await refusalOf(redis.call(name));
    if (refusal) return new Map([[name, refusal]]);
  }
  return undefined;
}

async function refusedCommands(redis: Redis): Promise<Refusals> {
  await redis.call('multi');
  const replies = await Promise.all(
    Object.entries(commands).map(
      async ([name, args]) => [name, await refusalOf(redis.call(name, ...args))] as const,
    ),
  );
  return new Map(replies.flatMap(([name, refusal]) => (refusal ? [[name, refusal] as const] : [])));
}

async function refusalOf(reply: Promise<unknown>): Promise<'command' | 'key' | undefined> {
  try {
    await reply;
    return undefined;
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : '';
    if (/\bNOPERM\b.*\baccess\b.*\bkey/i.test(message)) return 'key';
    if (/\bNOPERM\b|unknown command/i.test(message)) return 'command';
    // Said already, as by the search for the server of a cluster.
    if (thrown instanceof Failure) throw thrown;
    throw unavailable('Redis', thrown);
  }
}

/** One line, with the rules for ACL SETUSER. */
function missing(refusals: Refusals, keyPrefix: string): Failure {
  const names = [...refusals].flatMap(([name, what]) => (what === 'command' ? [name] : []));
  return missingRights(names, names.length < refusals.size ? `${keyPrefix}*` : undefined);
}

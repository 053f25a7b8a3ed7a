/** Opens Redis, and refuses one that may evict or lose data. */
import type { Redis } from 'ioredis';
import { Failure, unavailable } from '#shared/kernel/failure.ts';
import { isClusterUrl } from './addresses.ts';
import { durabilityOf } from './durability.ts';
import { openRedis } from './primary.ts';
import { requireRights } from './rights.ts';
import { refusalSentence } from './writability.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 10_000;
const RECONNECT_MS_MAX = 2_000;
/**
 * A connection whose command times out is closed: after a power cut or a partition TCP alone would
 * take minutes to notice. Queue workers block up to 10 s in one command.
 */
const STORE_SILENCE_MS_MAX = 6_000;
const QUEUE_SILENCE_MS_MAX = 15_000;

/** `runRetryDelay` of every queue worker: how soon it goes on after a lost connection; BullMQ waits 15 s by itself. */
export const QUEUE_RETRY_MS = 1_000;

/** What is in front of every key: in a cluster a hash tag, so that all keys share a slot. */
function keyPrefixAt(url: string, keyPrefix: string): string {
  return isClusterUrl(url) ? `{${keyPrefix}}` : keyPrefix;
}

/** What BullMQ puts in front of its keys. */
export function queuePrefixAt(url: string, keyPrefix: string): string {
  return `${keyPrefixAt(url, keyPrefix)}:queue`;
}

/**
 * A connection for stores: fails within seconds when Redis is away, and reconnects by itself.
 * @param url `redis://host:port/db`, `rediss://…` or `unix:///path`; `redis://host,host/db` finds the
 *   primary of several, `redis+sentinel://host,host,host/name` asks sentinels, `redis+cluster://host,host`
 *   finds the server of a cluster
 */
export function connectRedis(url: string, keyPrefix: string): Redis {
  const prefix = `${keyPrefixAt(url, keyPrefix)}:`;
  const redis = openRedis(url, prefix, {
    keyPrefix: prefix,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: STORE_SILENCE_MS_MAX,
    maxRetriesPerRequest: 2,
    retryStrategy: (times) => Math.min(times * 100, RECONNECT_MS_MAX),
    lazyConnect: true,
  });
  // Without a listener every failed attempt would be printed; commands report the failure.
  redis.on('error', () => undefined);
  return redis;
}

/**
 * A connection for queue workers: waits for Redis without a limit, as BullMQ requires. BullMQ puts
 * the prefix in front of its keys itself.
 * @param prefix of the queues, by `queuePrefixAt`
 */
export function connectQueueRedis(url: string, prefix: string): Redis {
  const redis = openRedis(url, prefix, {
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    socketTimeout: QUEUE_SILENCE_MS_MAX,
    retryStrategy: (times) => Math.min(times * 100, RECONNECT_MS_MAX),
  });
  redis.on('error', () => undefined);
  return redis;
}

/**
 * The check that every process with state in Redis makes at its start.
 * @param durability `unsafe` accepts a Redis that may lose writes; the status then says so
 * @throws Failure UNAVAILABLE when Redis does not answer; REFUSED when it may evict keys or lose
 * writes, or
 *   its user has not every right that is needed
 */
export async function requireSafeRedis(
  redis: Redis,
  durability: 'required' | 'unsafe' = 'required',
): Promise<void> {
  await requireRights(redis);
  const memory = await redis.info('memory').catch((cause: unknown) => {
    throw unavailable('Redis', cause);
  });
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
  if (policy !== 'noeviction')
    throw new Failure(
      'REFUSED',
      `Redis has maxmemory-policy ${policy ?? 'unknown'} and may throw orders away; set it to noeviction.`,
      { rule: 'redis-may-evict', policy },
    );
  if (durability === 'required') await requireDurable(redis);
}

async function requireDurable(redis: Redis): Promise<void> {
  const found = await durabilityOf(redis);
  if (found.kind !== 'unsafe') return;
  throw new Failure(
    'REFUSED',
    `${found.complaint} Set appendonly yes and appendfsync always, or accept the loss with REDIS_DURABILITY=unsafe.`,
    { rule: 'redis-not-durable' },
  );
}

/** Foreign errors of the Redis client, as failures. */
export function redisFailure(thrown: unknown): Failure | undefined {
  if (!(thrown instanceof Error) || thrown instanceof Failure) return undefined;
  const refusal = thrown.name === 'ReplyError' ? refusalSentence(thrown) : undefined;
  if (refusal !== undefined) return new Failure('UNAVAILABLE', refusal, { what: 'Redis' }, thrown);
  const lost =
    /ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|Connection is closed|MaxRetries|timed out|max retries|LOADING|Socket timeout|All sentinels are unreachable|^\w+ (MOVED|ASK|TRYAGAIN|CLUSTERDOWN)\b/i;
  return lost.test(`${thrown.name} ${thrown.message}`) ? unavailable('Redis', thrown) : undefined;
}

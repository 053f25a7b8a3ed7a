/** The Redis to work with: the one the settings name, or one of our own. */
import { join } from 'node:path';
import { connectRedis } from '#shared/redis/client.ts';
import { durabilityOf } from '#shared/redis/durability.ts';
import { unavailable } from '#shared/kernel/failure.ts';
import type { Log } from '#shared/process/log.ts';
import { note } from '../redis-files.ts';
import { findRedisServer } from './redis-program.ts';
import { redisVersion, startOwnRedis } from './redis-server.ts';

export interface RedisSource {
  readonly url: string;
  readonly version: string;
  /** Its address for people, without a password. */
  readonly location: string;
  readonly own: boolean;
  /** What was wrong with its files, a sentence each; they are kept for the status. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

export interface SourceOptions {
  /** REDIS_URL, where it is set. */
  readonly url: string | undefined;
  readonly keyPrefix: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
  readonly log: Log;
}

export async function openRedisSource(options: SourceOptions): Promise<RedisSource> {
  return options.url === undefined ? ownRedis(options) : givenRedis(options.url, options.keyPrefix);
}

async function ownRedis({ dataDir, env, print, log }: SourceOptions): Promise<RedisSource> {
  const program = await findRedisServer({ env, print, isRoot: process.getuid?.() === 0 });
  const redis = await startOwnRedis({ program, dir: join(dataDir, 'redis'), log });
  await note(dataDir, redis.warnings);
  const location = 'started on a private socket';
  return { ...redis, location, own: true };
}

async function givenRedis(url: string, keyPrefix: string): Promise<RedisSource> {
  const place = withoutPassword(url);
  const redis = connectRedis(url, keyPrefix);
  try {
    const info = await redis.info('server');
    const version = redisVersion(info);
    const durability = await durabilityOf(redis);
    const warning = durability.kind === 'durable' ? '' : ` (warning: ${durability.complaint})`;
    const location = `at ${place}${warning}`;
    const close = (): Promise<void> => Promise.resolve();
    return { url, version, location, own: false, warnings: [], close };
  } catch (cause) {
    throw unavailable(`REDIS_URL: Redis at ${place}`, cause);
  } finally {
    redis.disconnect();
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}

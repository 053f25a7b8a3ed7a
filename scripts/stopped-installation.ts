/**
 * The state of an installation that is stopped, for commands that change it: the Redis that REDIS_URL
 * names, or the one in DATA_DIR, started for as long as the command runs.
 */
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { takeDataDir } from '#gateway/embedded/data-dir.ts';
import { openRedisSource } from '#gateway/embedded/redis/redis-source.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { silentLog } from '#shared/process/log.ts';
import { withSecretFiles } from '#shared/process/secret-environment.ts';
import { parseSettings, type Environment, type Settings } from '#shared/process/settings.ts';
import { connectRedis, requireSafeRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { recordFileIn, recordsAt } from '#shared/redis/outside-records.ts';

export interface Installation {
  readonly database: Database;
  readonly settings: Settings;
  /** For a person; without a password. */
  readonly place: string;
  close(): Promise<void>;
}

/** @throws Failure REFUSED while a program has the data folder in use */
export async function openInstallation(env: Environment): Promise<Installation> {
  const settings = parseSettings(withSecretFiles(env));
  const dataDir = await takeDataDir(settings.dataDir);
  const log = silentLog;
  const closers = [() => dataDir.release()];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const print = (line: string): void => console.error(line);
    const { redisUrl: url, redisKeyPrefix: keyPrefix } = settings;
    const source = { url, keyPrefix, dataDir: dataDir.path, env, print, log };
    const server = await openRedisSource(source);
    closers.push(() => server.close());
    const redis = connectRedis(server.url, keyPrefix);
    closers.push(() => Promise.resolve(redis.disconnect()));
    await requireSafeRedis(redis, settings.redisDurability);
    const file = recordFileIn(dataDir.path);
    const database = new Database(redis, recordsAt({ file, keyPrefix }));
    const place = `${server.own ? join(dataDir.path, 'redis') : server.location}, prefix ${keyPrefix}`;
    return { database, settings, place, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/**
 * Someone else who is connected may be a running board. A Redis that does not list its clients
 * says nothing about it.
 * @throws Failure REFUSED
 */
export async function requireAlone(redis: Redis, allowed: boolean): Promise<void> {
  if (allowed) return;
  const [list, own] = await Promise.all([redis.client('LIST'), redis.client('ID')]).catch(
    (): [string, number] => ['', 0],
  );
  const ids = [...String(list).matchAll(/^id=(\d+)/gm)].map(([, id]) => Number(id));
  const others = ids.filter((id) => id !== own).length;
  if (others === 0) return;
  throw new Failure(
    'REFUSED',
    `${others} other ${others === 1 ? 'client is' : 'clients are'} connected to this Redis: stop what runs on it, or give --connected.`,
    { rule: 'redis-in-use' },
  );
}

/** What Redis reports of itself. */
import type { Redis } from 'ioredis';
import type { RedisInfo } from './model/redis-health.ts';

/** @param section of INFO; without it the usual ones */
export async function redisInfo(redis: Redis, section?: string): Promise<RedisInfo> {
  const text = section === undefined ? await redis.info() : await redis.info(section);
  return new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const [name = '', ...value] = line.split(':');
      return value.length > 0 ? [[name, value.join(':')]] : [];
    }),
  );
}

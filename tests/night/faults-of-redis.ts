import type { InventedFault } from './invented-fault.ts';
import type { NightSystem } from './night-system.ts';

export function faultsOfRedis({ stored, redis, prometheus }: NightSystem): InventedFault[] {
  const client = stored.database.redis;
  const limit = async (): Promise<number> => {
    const used = /^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1];
    // With room for what reports it.
    return Math.ceil(Number(used) * 1.08);
  };
  return [
    {
      name: 'Redis is full',
      ...{ alert: 'TraderRedisFull', labels: {}, notice: 'redis-full' },
      make: async () => client.config('SET', 'maxmemory', await limit()),
      mend: () => client.config('SET', 'maxmemory', 0),
    },
    {
      name: 'Redis keeps no file',
      ...{ alert: 'TraderRedisNotPersistent', labels: {}, notice: 'redis-not-persistent' },
      make: () => client.config('SET', 'appendonly', 'no'),
      mend: () => client.config('SET', 'appendonly', 'yes'),
    },
    {
      name: 'Redis keeps no file, and Prometheus is started again',
      ...{ alert: 'TraderRedisNotPersistent', labels: {}, notice: 'redis-not-persistent' },
      make: async () => {
        await client.config('SET', 'appendonly', 'no');
        await prometheus.restart();
      },
      mend: () => client.config('SET', 'appendonly', 'yes'),
    },
    {
      name: 'Redis answers before it writes',
      ...{ alert: 'TraderRedisNotSynced', labels: {}, notice: 'redis-not-persistent' },
      make: () => client.config('SET', 'appendfsync', 'everysec'),
      mend: () => client.config('SET', 'appendfsync', 'always'),
    },
    {
      name: 'Redis may evict',
      ...{ alert: 'TraderRedisMayEvict', labels: {}, notice: 'redis-full' },
      make: () => client.config('SET', 'maxmemory-policy', 'allkeys-lru'),
      mend: () => client.config('SET', 'maxmemory-policy', 'noeviction'),
    },
    {
      name: 'Redis does not answer',
      ...{ alert: 'TraderRedisAway', labels: {} },
      make: () => Promise.resolve(redis.process.kill('SIGSTOP')),
      mend: () => Promise.resolve(redis.process.kill('SIGCONT')),
    },
  ];
}

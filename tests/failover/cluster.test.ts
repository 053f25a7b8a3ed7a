/** Redis Cluster: an installation's keys share a slot, and clients follow it to another server. */
import { Queue } from 'bullmq';
import {
  connectQueueRedis,
  connectRedis,
  queuePrefixAt,
  redisFailure,
  requireSafeRedis,
} from '#shared/redis/client.ts';
import { Database, writeDocument } from '#shared/redis/database.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { untilDone } from '../support/until.ts';

/** Their slots are on three servers. */
const PREFIXES = ['house', 'a', 'b', 'c', 'd', 'e'];

it('finds the server of its slot, whatever server is named; keys of any aggregate change together', async () => {
  const cluster = await startRedisCluster();
  const owners = new Set<number>();
  try {
    for (const prefix of PREFIXES) {
      const redis = connectRedis(cluster.url, prefix);
      await requireSafeRedis(redis);
      const database = new Database(redis);
      const writes = ['{orders:a}:one', '{account:a}:book', '{plan:x}:plan'].map((key) =>
        writeDocument(key, 0, { prefix }),
      );
      expect(await database.commit([], writes, 'guarded')).toBe(true);
      expect(await redis.hget('{account:a}:book', 'version')).toBe('1');
      redis.disconnect();
      const owner = await cluster.ownerOf(`{${prefix}}`);
      owners.add(owner.port);
      const size = Number(await owner.ask('EXISTS', `{${prefix}}:{account:a}:book`));
      expect(size).toBe(1);
      const queuePrefix = queuePrefixAt(cluster.url, prefix);
      const connection = connectQueueRedis(cluster.url, queuePrefix);
      const queue = new Queue('planning.create-plan', { connection, prefix: queuePrefix });
      await queue.add('run', { prefix });
      expect(await queue.getJobCounts('wait')).toEqual({ wait: 1 });
      await queue.close();
      connection.disconnect();
    }
    expect(owners.size).toBeGreaterThan(1);
  } finally {
    await cluster.stop();
  }
});

it('goes on with the replica that the cluster elects; what was acknowledged is there', async () => {
  const cluster = await startRedisCluster('{house}');
  const redis = connectRedis(cluster.url, 'house');
  try {
    const rule = { replicas: 1, timeoutMs: 2_000, unreplicated: 'refuse' } as const;
    const database = new Database(redis, undefined, rule);
    const commit = (version: number) => () =>
      database.commit([], [writeDocument('{orders:a}:one', version, {})], 'guarded');
    await untilDone(commit(0));
    const owner = await cluster.ownerOf('{house}');
    await owner.kill();
    await untilDone(async () => (await redis.hget('{orders:a}:one', 'version')) === '1');
    expect((await cluster.ownerOf('{house}')).port).not.toBe(owner.port);
    // Alone it acknowledges nothing that trades; the old one comes back as its replica.
    await expect(commit(1)()).rejects.toMatchObject({ facts: { rule: 'not-replicated' } });
    await owner.start();
    await untilDone(commit(2));
    expect(await database.replication.state()).toEqual({ kind: 'protected', connected: 1 });
  } finally {
    redis.disconnect();
    await cluster.stop();
  }
});

it('follows the slot to another server; while it is on its way commits fail whole', async () => {
  const cluster = await startRedisCluster();
  const redis = connectRedis(cluster.url, 'house');
  try {
    const database = new Database(redis);
    const write = (key: string, version: number) => writeDocument(key, version, {});
    await database.commit([], [write('{orders:a}:one', 0), write('{plan:x}:plan', 0)], 'guarded');
    const owner = await cluster.ownerOf('{house}');
    const target = cluster.servers.find((server) => server.port !== owner.port) ?? owner;
    const slot = Number(await owner.ask('CLUSTER', 'KEYSLOT', '{house}'));
    const [from, to] = [await owner.ask('CLUSTER', 'MYID'), await target.ask('CLUSTER', 'MYID')];
    await target.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(from));
    await owner.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(to));
    const keys = (await owner.ask('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
    const away = keys.filter((key) => key.includes('{plan:x}'));
    const migrate = (names: string[]) =>
      owner.ask('MIGRATE', '127.0.0.1', target.port, '', 0, 5_000, 'KEYS', ...names);
    await migrate(away);
    const split = [write('{orders:a}:one', 1), write('{plan:x}:plan', 1)];
    const failed = await database.commit([], split, 'guarded').then(
      () => undefined,
      (thrown: unknown) => redisFailure(thrown),
    );
    expect(failed).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await owner.ask('HGET', '{house}:{orders:a}:one', 'version')).toBe('1');
    await migrate(keys.filter((key) => !away.includes(key)));
    const others = cluster.servers.filter((server) => server !== target);
    for (const server of [target, ...others])
      await server.ask('CLUSTER', 'SETSLOT', slot, 'NODE', String(to));
    await untilDone(() => database.commit([], split, 'guarded'));
    expect(await target.ask('HGET', '{house}:{plan:x}:plan', 'version')).toBe('2');
  } finally {
    redis.disconnect();
    await cluster.stop();
  }
});

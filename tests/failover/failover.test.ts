/** The Redis of the board with the state is lost permanently. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { connectRedis } from '#shared/redis/client.ts';
import { Database, writeDocument } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import type { ReplicationRule } from '#shared/redis/replication.ts';
import { promote } from '../../scripts/failover/promotion.ts';
import { openRedisPair, untilFollows, type RedisPair } from './redis-pair.ts';
import { failoverRounds } from './failover-rounds.ts';

const SEED = process.env['SEED'] ?? 'failover-1';

it('no acknowledged order is lost or sent twice when the primary is killed under load', async () => {
  console.info(`seed ${SEED}`);
  const report = await failoverRounds({ seed: SEED, rounds: 4, isProtected: true });
  expect(report).toMatchObject({ lost: 0, doubled: 0, unresolved: 0 });
  expect(report.acknowledged).toBeGreaterThan(0);
}, 180_000);

describe('the fence', () => {
  let pair: RedisPair;
  const opened: Redis[] = [];
  const rule: ReplicationRule = { replicas: 1, timeoutMs: 1_500, unreplicated: 'refuse' };
  const write = (value: string): Write[] => [writeDocument('{orders:a}:one', 0, value)];

  beforeEach(async () => {
    pair = await openRedisPair();
  });
  afterEach(async () => {
    for (const redis of opened.splice(0)) redis.disconnect();
    await pair.close();
  });

  function databaseAt(url: string, replicas = rule): Database {
    const redis = connectRedis(url, 'fence');
    opened.push(redis);
    return new Database(redis, undefined, replicas);
  }

  it('fences an old primary that still runs: its writes are not acknowledged', async () => {
    const [old, replica] = pair.servers;
    const cut = databaseAt(old.url);
    expect(await cut.commit([], write('before'), 'guarded')).toBe(true);
    expect((await promote(replica.url, 'fence')).epoch.generation).toBe(2);
    const failing = cut.commit([], write('after'), 'guarded');
    await expect(failing).rejects.toMatchObject({ facts: { rule: 'not-replicated' } });
    expect(await cut.replication.state()).toEqual({ kind: 'unprotected', connected: 0 });
  });

  it('a process that has seen the new primary does not trade on an older one', async () => {
    const [old, replica] = pair.servers;
    const before = databaseAt(old.url, { ...rule, replicas: 0 });
    await before.commit([], write('before'), 'guarded');
    await untilFollows(replica);
    await promote(replica.url, 'fence');
    const promoted = databaseAt(replica.url, { ...rule, replicas: 0 });
    const seen = await promoted.epoch.required();
    before.epoch.sees(seen);
    const failing = before.commit([], write('after'), 'guarded');
    await expect(failing).rejects.toMatchObject({ facts: { rule: 'state-lost' } });
  });

  it('a promotion without a replica trades alone if a person confirms it, until a replica is back', async () => {
    const [old, replica] = pair.servers;
    const database = databaseAt(pair.url);
    await database.commit([], write('before'), 'guarded');
    await old.kill();
    await promote(replica.url, 'fence', { alone: true });
    expect(await database.commit([], write('alone'), 'guarded')).toBe(true);
    expect(await database.replication.state()).toMatchObject({ kind: 'unprotected' });
    await old.start(replica.port);
    await untilFollows(old);
    do await database.commit([], write('together'), 'guarded');
    while ((await database.replication.state()).kind !== 'protected');
    await old.kill();
    const failing = database.commit([], write('alone again'), 'guarded');
    await expect(failing).rejects.toMatchObject({ facts: { rule: 'not-replicated' } });
  });

  it('the status says unprotected while the replica is connected and acknowledges nothing', async () => {
    const [primary, replica] = pair.servers;
    const database = databaseAt(pair.url);
    const untilProtected = async (): Promise<void> => {
      while ((await database.replication.state()).kind !== 'protected') await sleep(100);
    };
    // Redis parts with a silent one after 5 s: who looks too late finds none, and begins again.
    let info: string;
    do {
      replica.signal('SIGCONT');
      await untilProtected();
      replica.signal('SIGSTOP');
      do {
        await sleep(100);
        info = String(await primary.ask('INFO', 'replication'));
      } while (/state=online.*lag=[0-2]\b/.test(info));
    } while (!/state=online/.test(info));
    expect(await database.replication.state()).toEqual({ kind: 'unprotected', connected: 0 });
    replica.signal('SIGCONT');
    await untilProtected();
  });

  it('promoting twice changes nothing the second time', async () => {
    const [, replica] = pair.servers;
    const first = await promote(replica.url, 'fence');
    expect(first.changed).toBe(true);
    expect(await promote(replica.url, 'fence')).toMatchObject({
      changed: false,
      epoch: first.epoch,
    });
  });
});

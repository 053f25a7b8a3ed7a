/** Three nodes: sentinels promote by themselves, and clients find the new primary. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { connectRedis } from '#shared/redis/client.ts';
import { Database, writeDocument } from '#shared/redis/database.ts';
import { freePort } from '../support/free-port.ts';
import { openRedisPair, untilFollows } from './redis-pair.ts';
import { untilDone } from '../support/until.ts';

const NAME = 'trader';
const QUORUM = 2;

it('three sentinels promote the replica; what was acknowledged is there, and trading goes on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sentinels-'));
  const pair = await openRedisPair();
  const [primary, replica] = pair.servers;
  const sentinels: ChildProcess[] = [];
  const ports: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const port = await freePort();
    ports.push(port);
    const settings = join(folder, `sentinel-${i}.conf`);
    await writeFile(settings, settingsOf(port, primary.port, folder));
    sentinels.push(spawn('redis-server', [settings, '--sentinel'], { stdio: 'ignore' }));
  }
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
  const redis = connectRedis(`redis+sentinel://${hosts}/${NAME}`, 'sentinel');
  try {
    const rule = { replicas: 1, timeoutMs: 2_000, unreplicated: 'refuse' } as const;
    const database = new Database(redis, undefined, rule);
    const write = (version: number) => [writeDocument('{orders:a}:one', version, { version })];
    const commit = () => database.commit([], write(0), 'guarded');
    await untilDone(commit);
    for (const port of ports) await untilDone(() => knowsAll(port));
    await primary.kill();
    await untilDone(async () => {
      const role = (await replica.ask('ROLE')) as readonly unknown[];
      return role[0] === 'master';
    });
    await untilDone(async () => (await redis.hget('{orders:a}:one', 'version')) === '1');
    // One board alone acknowledges nothing; the old one is brought back by the sentinels as a replica.
    await primary.start();
    await untilFollows(primary);
    await untilDone(commit);
    expect(await database.replication.state()).toEqual({ kind: 'protected', connected: 1 });
  } finally {
    redis.disconnect();
    for (const child of sentinels) child.kill('SIGKILL');
    await pair.close();
    await rm(folder, { recursive: true, force: true });
  }
});

/** As deploy/faasd/sentinel.conf, with shorter times. */
function settingsOf(port: number, primaryPort: number, folder: string): string {
  return [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} 1000`,
    `sentinel failover-timeout ${NAME} 3000`,
    '',
  ].join('\n');
}

/** A sentinel promotes when it knows the replica and the others. */
async function knowsAll(port: number): Promise<boolean> {
  const redis = new Redis(port, '127.0.0.1', { retryStrategy: () => null });
  redis.on('error', () => undefined);
  const said = (await redis
    .call('SENTINEL', 'MASTER', NAME)
    .finally(() => redis.disconnect())) as readonly string[];
  const fact = (name: string): string | undefined => said[said.indexOf(name) + 1];
  return fact('num-slaves') === '1' && fact('num-other-sentinels') === '2';
}

/**
 * What a transition of an order costs on the disk: one fsync, and transitions at the same time share them. Counted in
 * the system calls of a Redis that is durable as demanded.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dependencies } from '#shared/runtime/context.ts';
import { naive, ours, type Transition } from '../../../bench/durable/transitions.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import { describeNeeding } from '../../support/needing.ts';

const AT_ONCE = 50;

const isTraceable = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
const missing = isTraceable ? undefined : 'strace is not installed, or may not trace';

describeNeeding(missing, 'transitions of orders', () => {
  let folder: string;
  let redis: TestRedis;
  let dependencies: Dependencies;
  let product: Transition;
  let plain: Transition;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trader-fsyncs-'));
    const strace = ['-f', '-e', 'trace=fsync,fdatasync', '-o', join(folder, 'calls')];
    redis = await startTestRedis(folder, ['strace', ...strace, 'redis-server']);
    dependencies = await openTestDependencies(redis);
    product = await ours(dependencies.database, AT_ONCE);
    plain = naive(dependencies.database.redis);
  });

  afterAll(async () => {
    const info = await dependencies.database.redis.info('server');
    await dependencies.close();
    // Stopping ends the program that watches it, not the server.
    process.kill(Number(/process_id:(\d+)/.exec(info)?.[1]), 'SIGKILL');
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** How often Redis waited for the disk while this was done. */
  async function fsyncsOf(work: () => Promise<unknown>): Promise<number> {
    const count = async (): Promise<number> =>
      (await readFile(join(folder, 'calls'), 'utf8')).match(/\bf(?:data)?sync\(/g)?.length ?? 0;
    const before = await count();
    await work();
    return (await count()) - before;
  }

  it('wait for the disk once, where three plain commands wait three times', async () => {
    expect(await fsyncsOf(() => product(0))).toBe(1);
    expect(await fsyncsOf(() => plain(0))).toBe(3);
  });

  it('wait once each, one after the other', async () => {
    const inTurn = async (): Promise<void> => {
      for (let order = 0; order < 10; order += 1) await product(order);
    };
    expect(await fsyncsOf(inTurn)).toBe(10);
  });

  it('wait once together when there are fifty at once', async () => {
    const together = () =>
      Promise.all(Array.from({ length: AT_ONCE }, (_, order) => product(order)));
    expect(await fsyncsOf(together)).toBe(1);
  });
});

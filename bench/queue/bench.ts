/**
 * npm run bench -- queue
 *
 * Jobs a second from being queued to their outcome in the caller's hands: through run, connector, gateway and
 * function, against a bare BullMQ worker that runs the body of the same handler. Each side has a process and a Redis
 * of its own; they take turns.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { sampleSecurities } from '#shared/clients/market-data/sample/sample-listing.ts';
import { startTestRedis } from '../../tests/support/dependencies.ts';
import { buildEmbedded } from '../embedded-build.ts';
import { figure, ratios } from '../figures/figure.ts';
import { median } from '../timing.ts';
import type { Variant } from './host.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const HOST = 'bench/queue/host.ts';
const isins = sampleSecurities.map(({ isin }) => isin);

class Side {
  readonly jobsPerSecond: number[] = [];
  private readonly child: ChildProcess;

  constructor(child: ChildProcess) {
    this.child = child;
  }

  async round(): Promise<number> {
    this.child.send(isins);
    const [{ ms }] = (await once(this.child, 'message')) as [{ ms: number }];
    return (isins.length * 1_000) / ms;
  }

  close(): void {
    this.child.kill('SIGKILL');
  }
}

async function open(file: string, variant: Variant, redisUrl: string): Promise<Side> {
  const own = { REDIS_URL: redisUrl, REDIS_KEY_PREFIX: 'bench', DATA_DIR: '/nonexistent' };
  const child = fork(file, [variant], { env: { ...process.env, ...own } });
  await once(child, 'message');
  return new Side(child);
}

const out = await buildEmbedded('build/bench/queue', [HOST]);
const file = join(out, HOST.replace(/\.ts$/, '.js'));
const redises = [await startTestRedis(), await startTestRedis()];
const [ours, bare] = await Promise.all([
  open(file, 'ours', redises[0]?.url ?? ''),
  open(file, 'bare', redises[1]?.url ?? ''),
]);
try {
  for (const side of [ours, bare]) await side.round();
  for (let round = 0; round < ROUNDS; round += 1)
    for (const side of [ours, bare]) side.jobsPerSecond.push(await side.round());
  const ratio = ratios(ours.jobsPerSecond, bare.jobsPerSecond);
  console.table({
    'through the connector': { 'jobs/s': Number(median(ours.jobsPerSecond).toFixed(1)) },
    'bare BullMQ': { 'jobs/s': Number(median(bare.jobsPerSecond).toFixed(1)) },
    'ours / bare': { 'jobs/s': Number(median(ratio).toFixed(3)) },
  });
  figure('queue: jobs a second, end to end, ours / bare BullMQ', ratio);
} finally {
  for (const side of [ours, bare]) side.close();
  for (const redis of redises) await redis.stop();
}

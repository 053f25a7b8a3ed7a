/**
 * npm run bench -- queue
 *
 * Jobs a second from being queued to their outcome in the caller's hands: through run, connector and function, as in
 * the embedded program and with the gateway between them over HTTP, against a bare BullMQ worker that runs the body of
 * the same handler. Each side has a process and a Redis of its own; they take turns.
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
const variants: readonly Variant[] = ['ours', 'http', 'bare'];
const redises = await Promise.all(variants.map(() => startTestRedis()));
const sides = await Promise.all(
  variants.map((variant, index) => open(file, variant, redises[index]?.url ?? '')),
);
const perSecond = (variant: Variant): readonly number[] =>
  sides[variants.indexOf(variant)]?.jobsPerSecond ?? [];
try {
  for (const side of sides) await side.round();
  for (let round = 0; round < ROUNDS; round += 1)
    for (const side of sides) side.jobsPerSecond.push(await side.round());
  const ratio = ratios(perSecond('ours'), perSecond('bare'));
  const throughGateway = ratios(perSecond('http'), perSecond('bare'));
  const row = (of: readonly number[], digits: number) => ({
    'jobs/s': Number(median(of).toFixed(digits)),
  });
  console.table({
    'through the connector': row(perSecond('ours'), 1),
    'and the gateway': row(perSecond('http'), 1),
    'bare BullMQ': row(perSecond('bare'), 1),
    'ours / bare': row(ratio, 3),
    'with the gateway / bare': row(throughGateway, 3),
  });
  figure('queue: jobs a second, end to end, ours / bare BullMQ', ratio);
} finally {
  for (const side of sides) side.close();
  for (const redis of redises) await redis.stop();
}

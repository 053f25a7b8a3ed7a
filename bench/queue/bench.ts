/**
 * npm run bench -- queue
 *
 * Jobs a second from being queued to their outcome in the caller's hands: through run, connector and function, as in
 * the embedded program and with the gateway between them over HTTP, against a bare BullMQ worker that runs the body of
 * the same handler. Each side has a process and a Redis of its own; they take turns. Once with the prices of a security to
 * store, once with a security that is refused, where little is measured but what a job costs.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { sampleSecurities } from '#shared/clients/market-data/sample/sample-listing.ts';
import { startTestRedis } from '../../tests/support/dependencies.ts';
import { buildEmbedded } from '../embedded-build.ts';
import { figure, ratios } from '../figures/figure.ts';
import { median } from '../timing.ts';
import type { Variant, Work } from './host.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 9);
/** Until the engine has compiled what is called often: a connector works for months. */
const WARM_ROUNDS = { prices: 3, refused: 15 } as const;
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

async function open(variant: Variant, work: Work, redisUrl: string): Promise<Side> {
  const own = { REDIS_URL: redisUrl, REDIS_KEY_PREFIX: 'bench', DATA_DIR: '/nonexistent' };
  const child = fork(file, [variant, work], { env: { ...process.env, ...own } });
  await once(child, 'message');
  return new Side(child);
}

const out = await buildEmbedded('build/bench/queue', [HOST]);
const file = join(out, HOST.replace(/\.ts$/, '.js'));
const variants: readonly Variant[] = ['ours', 'http', 'bare'];

async function compare(work: Work) {
  const redises = await Promise.all(variants.map(() => startTestRedis()));
  const sides = await Promise.all(
    variants.map((variant, index) => open(variant, work, redises[index]?.url ?? '')),
  );
  const perSecond = (variant: Variant): readonly number[] =>
    sides[variants.indexOf(variant)]?.jobsPerSecond ?? [];
  try {
    for (let round = 0; round < WARM_ROUNDS[work]; round += 1)
      for (const side of sides) await side.round();
    for (let round = 0; round < ROUNDS; round += 1)
      for (const side of sides) side.jobsPerSecond.push(await side.round());
  } finally {
    for (const side of sides) side.close();
    for (const redis of redises) await redis.stop();
  }
  const ratio = ratios(perSecond('ours'), perSecond('bare'));
  figure(`queue: jobs a second, ${work}, ours / bare BullMQ`, ratio);
  const shown = (of: readonly number[], digits: number) => Number(median(of).toFixed(digits));
  return {
    'through the connector': shown(perSecond('ours'), 1),
    'and the gateway': shown(perSecond('http'), 1),
    'bare BullMQ': shown(perSecond('bare'), 1),
    'ours / bare': shown(ratio, 3),
    'with the gateway / bare': shown(ratios(perSecond('http'), perSecond('bare')), 3),
  };
}

console.table({ prices: await compare('prices'), refused: await compare('refused') });

/**
 * npm run bench -- stall
 *
 * The delay of the event loop that serves all requests, and how long 100 reads a second take,
 * beside plans of 40 securities made one after the other: with no plan, with the plan on a thread
 * of its own, and with the plan on the thread that answers. One interleaved run; read the ratios.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenNames } from '#shared/runtime/tokens.ts';
import { startTestRedis } from '../../tests/support/dependencies.ts';
import { end, start } from '../children.ts';
import { buildEmbedded } from '../embedded-build.ts';
import { median } from '../timing.ts';
import type { Variant } from './host.ts';
import type { LoopDelay } from './probe.ts';
import { post } from './timed-post.ts';
import { Reads } from './reads.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 4);
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 15_000);
const OUT = 'build/bench/stall';
const TOKEN = 'token-of-the-benchmark';

interface Round {
  readonly loop: LoopDelay;
  readonly read: LoopDelay;
  readonly plans: number;
}

class Server {
  private readonly child: ChildProcess;
  private readonly url: string;
  private planned = 0;
  private planId = '';

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
  }

  /** With a market, an account and a first plan, so that nothing is done for the first time. */
  static async open(variant: Variant, { dist, redisUrl, dir }: Places): Promise<Server> {
    const probe = join(dist, 'bench/stall/probe.js');
    const program = join(dist, 'bench/stall/host.js');
    const dataDir = join(dir, variant);
    await mkdir(dataDir);
    const args = ['--import', probe, program, variant, dist, dataDir, dir];
    const child = start(process.execPath, args, {
      env: {
        PATH: process.env['PATH'],
        REDIS_URL: redisUrl,
        REDIS_KEY_PREFIX: variant,
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    const server = new Server(child, url);
    await server.call('universe-sync-prices', {});
    await server.call('portfolio-update-positions', { forceSync: true });
    await server.plan();
    return server;
  }

  async round(withPlans: boolean): Promise<Round> {
    const reads = new Reads({
      url: `${this.url}/function/planning-get-plan`,
      body: JSON.stringify({ planId: this.planId }),
    });
    await reads.run(1_000);
    reads.latencies.length = 0;
    const before = this.planned;
    this.child.send('reset');
    let isOver = false;
    const planning = (async () => {
      while (withPlans && !isOver) await this.plan();
    })();
    try {
      await reads.run(ROUND_MS);
      this.child.send('delay');
      const [loop] = (await once(this.child, 'message')) as [LoopDelay];
      isOver = true;
      await planning;
      return { loop, read: delayOf(reads.latencies), plans: this.planned - before };
    } finally {
      isOver = true;
      reads.close();
    }
  }

  close(): Promise<void> {
    return end(this.child);
  }

  /** Each plan has a different deposit, so that it is computed anew. */
  private async plan(): Promise<void> {
    this.planned += 1;
    const monthlyDeposit = { amount: `${500 + this.planned}.00`, currency: 'EUR' };
    const { plan } = await this.call<{ plan: { id: string } }>('planning-create-plan', {
      monthlyDeposit,
    });
    this.planId = plan.id;
  }

  private async call<T>(name: string, request: object): Promise<T> {
    const url = `${this.url}/function/${name}`;
    const text = await post({ url, body: JSON.stringify(request), token: TOKEN });
    return JSON.parse(text) as T;
  }
}

interface Places {
  readonly dist: string;
  readonly redisUrl: string;
  readonly dir: string;
}

function delayOf(latencies: readonly number[]): LoopDelay {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}

interface Entrant {
  readonly name: string;
  readonly rounds: Round[];
  round(): Promise<Round>;
}

async function measure(entrants: readonly Entrant[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1)
    // Each round begins with another one, so that none always runs in the others' wake.
    for (let i = 0; i < entrants.length; i += 1) {
      const entrant = entrants[(round + i) % entrants.length];
      entrant?.rounds.push(await entrant.round());
    }
}

/** Medians of the rounds, but the worst of all maxima. */
function figures({ rounds }: Entrant): Record<string, number> {
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const worst = (pick: (round: Round) => number): number => Math.max(...rounds.map(pick));
  return {
    'loop p50': of(({ loop }) => loop.p50),
    'loop p99': of(({ loop }) => loop.p99),
    'loop max': worst(({ loop }) => loop.max),
    'read p50': of(({ read }) => read.p50),
    'read p99': of(({ read }) => read.p99),
    'read max': worst(({ read }) => read.max),
    plans: rounds.reduce((total, { plans }) => total + plans, 0),
  };
}

function report([idle, ...others]: readonly Entrant[]): void {
  if (!idle) return;
  const rounded = (values: Record<string, number>): Record<string, number> =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Number(value.toFixed(2))]),
    );
  console.log('in ms');
  console.table(
    Object.fromEntries([idle, ...others].map((one) => [one.name, rounded(figures(one))])),
  );
  const base = figures(idle);
  console.table(
    Object.fromEntries(
      others.map((one) => {
        const { plans: _, ...values } = figures(one);
        const ratios = Object.entries(values).map(([key, value]) => [
          key,
          value / (base[key] ?? 0),
        ]);
        return [`${one.name} / ${idle.name}`, rounded(Object.fromEntries(ratios))];
      }),
    ),
  );
}

const redis = await startTestRedis();
const dir = await mkdtemp(join(tmpdir(), 'bench-stall-'));
const servers: Server[] = [];
try {
  for (const name of tokenNames) await writeFile(join(dir, name), TOKEN, { mode: 0o600 });
  const programs = ['bench/stall/host.ts', 'bench/stall/probe.ts'];
  const dist = await buildEmbedded(OUT, programs);
  const places = { dist, redisUrl: redis.url, dir };
  const threads = await Server.open('threads', places);
  servers.push(threads);
  const one = await Server.open('one', places);
  servers.push(one);
  const entrants: readonly Entrant[] = [
    { name: 'no plan', rounds: [], round: () => threads.round(false) },
    { name: 'plan on a thread', rounds: [], round: () => threads.round(true) },
    { name: 'plan on the same thread', rounds: [], round: () => one.round(true) },
  ];
  await measure(entrants);
  report(entrants);
} finally {
  await Promise.all(servers.map((server) => server.close()));
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
}

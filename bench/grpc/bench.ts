/**
 * npm run bench -- grpc
 *
 * Unary calls through the facade to a function in the same process, against the same handler body served
 * by bare grpc-js, and against the function called over HTTP. One interleaved run on one machine:
 * read the ratios, not the absolute figures.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { PlanningServiceClient } from '#protos/gen/planning.ts';
import { startTestRedis } from '../../tests/support/dependencies.ts';
import { buildEmbedded } from '../embedded-build.ts';
import type { Variant } from './host.ts';
import { median } from '../timing.ts';
import { figure, ratios } from '../figures/figure.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 8);
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 1500);
const IN_FLIGHT = 16;
const variants: readonly Variant[] = ['bare', 'facade', 'http'];

interface Usage {
  readonly cpu: NodeJS.CpuUsage;
  readonly rss: number;
}

interface Round {
  readonly callsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUsPerCall: number;
  readonly rssMb: number;
}

class Candidate {
  readonly rounds: Round[] = [];
  readonly variant: Variant;
  private readonly child: ChildProcess;
  private readonly call: () => Promise<void>;

  constructor(variant: Variant, child: ChildProcess, port: number) {
    this.variant = variant;
    this.child = child;
    this.call = variant === 'http' ? overHttp(port) : overGrpc(port);
  }

  async round(ms: number): Promise<Round> {
    const before = await this.usage();
    const latencies: number[] = [];
    const startedAt = performance.now();
    const worker = async (): Promise<void> => {
      while (performance.now() - startedAt < ms) {
        const began = performance.now();
        await this.call();
        latencies.push((performance.now() - began) * 1000);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    const seconds = (performance.now() - startedAt) / 1000;
    const after = await this.usage();
    latencies.sort((a, b) => a - b);
    const cpuUs = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system;
    return {
      callsPerSecond: latencies.length / seconds,
      p50Us: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
      p99Us: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
      cpuUsPerCall: cpuUs / latencies.length,
      rssMb: after.rss / 2 ** 20,
    };
  }

  close(): void {
    this.child.kill('SIGKILL');
  }

  private async usage(): Promise<Usage> {
    this.child.send('usage');
    const [answer] = (await once(this.child, 'message')) as [Usage];
    return answer;
  }
}

function overGrpc(port: number): () => Promise<void> {
  const client = new PlanningServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
  return () =>
    new Promise((resolve, reject) => {
      client.getPlan({ planId: 'plan-none' }, (error) => (error ? reject(error) : resolve()));
    });
}

function overHttp(port: number): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const body = JSON.stringify({ planId: 'plan-none' });
  const path = '/function/planning-get-plan';
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  return () =>
    new Promise((resolve, reject) => {
      const options = { port, path, method: 'POST', agent, headers };
      const sent = httpRequest(options, (response) => {
        response.resume();
        response.once('end', resolve);
      });
      sent.once('error', reject);
      sent.end(body);
    });
}

const HOST = 'bench/grpc/host.ts';

async function openCandidate(variant: Variant, redisUrl: string): Promise<Candidate> {
  const env = { ...process.env, REDIS_URL: redisUrl, REDIS_KEY_PREFIX: 'bench' };
  const child = fork(file, [variant], { env });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return new Candidate(variant, child, port);
}

function summary({ rounds }: Candidate): Round {
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  return {
    callsPerSecond: of((r) => r.callsPerSecond),
    p50Us: of((r) => r.p50Us),
    p99Us: of((r) => r.p99Us),
    cpuUsPerCall: of((r) => r.cpuUsPerCall),
    rssMb: of((r) => r.rssMb),
  };
}

export {};

const file = join(await buildEmbedded('build/bench/grpc', [HOST]), HOST.replace('.ts', '.js'));
const redis = await startTestRedis();
const candidates = await Promise.all(variants.map((v) => openCandidate(v, redis.url)));
for (const candidate of candidates) await candidate.round(ROUND_MS);
for (let round = 0; round < ROUNDS; round += 1)
  // Each round begins with another one, so that none always runs in the others' wake.
  for (let i = 0; i < candidates.length; i += 1) {
    const candidate = candidates[(round + i) % candidates.length];
    candidate?.rounds.push(await candidate.round(ROUND_MS));
  }
const results = Object.fromEntries(candidates.map((c) => [c.variant, summary(c)])) as Record<
  Variant,
  Round
>;
console.table(results);
const ratio = (a: Variant, b: Variant): Record<string, string> => ({
  'calls/s': (results[a].callsPerSecond / results[b].callsPerSecond).toFixed(2),
  p50: (results[a].p50Us / results[b].p50Us).toFixed(2),
  p99: (results[a].p99Us / results[b].p99Us).toFixed(2),
  'CPU per call': (results[a].cpuUsPerCall / results[b].cpuUsPerCall).toFixed(2),
  memory: (results[a].rssMb / results[b].rssMb).toFixed(2),
});
console.table({
  'facade / bare': ratio('facade', 'bare'),
  'facade / http': ratio('facade', 'http'),
});
const roundsOf = (variant: Variant, pick: (round: Round) => number): number[] =>
  candidates.find((one) => one.variant === variant)?.rounds.map(pick) ?? [];
for (const [what, pick] of [
  ['CPU of a call', (round: Round) => round.cpuUsPerCall],
  ['p50', (round: Round) => round.p50Us],
] as const)
  figure(`grpc: ${what}, facade / bare`, ratios(roundsOf('facade', pick), roundsOf('bare', pick)));
for (const candidate of candidates) candidate.close();
await redis.stop();

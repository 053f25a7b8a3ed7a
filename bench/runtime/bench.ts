/**
 * npm run bench -- runtime
 *
 * What a call costs: through our gateway to a function in its process, through our container server,
 * through the official chain (of-watchdog and the node template) where it is installed, and to bare
 * node:http. The function is the same. One interleaved run; read the ratios.
 */
import { join } from 'node:path';
import {
  openOfficial,
  openOurs,
  type Candidate,
  type Name,
  type Round,
} from './compared-processes.ts';
import { buildEmbedded } from '../embedded-build.ts';
import { median } from '../timing.ts';
import { figure, ratios } from '../figures/figure.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 8);
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 1500);
const HOST = 'bench/runtime/host.ts';

async function openAll(): Promise<Candidate[]> {
  const dist = await buildEmbedded('build/bench/runtime', [HOST]);
  const file = join(dist, HOST.replace('.ts', '.js'));
  const ours = await Promise.all(
    (['bare', 'embedded', 'container'] as const).map((name) => openOurs(name, file)),
  );
  const official = await openOfficial();
  if (official.length === 0)
    console.log('official chain: not measured; set OF_WATCHDOG and NODE_TEMPLATE');
  return [...ours, ...official];
}

async function measure(candidates: readonly Candidate[]): Promise<void> {
  for (const candidate of candidates) await candidate.round(ROUND_MS);
  for (let round = 0; round < ROUNDS; round += 1)
    // Each round begins with another one, so that none always runs in the others' wake.
    for (let i = 0; i < candidates.length; i += 1) {
      const candidate = candidates[(round + i) % candidates.length];
      candidate?.rounds.push(await candidate.round(ROUND_MS));
    }
}

function summary({ rounds }: Candidate): Round {
  const of = (pick: (round: Round) => number): number => Math.round(median(rounds.map(pick)));
  return {
    p50Us: of((round) => round.p50Us),
    p99Us: of((round) => round.p99Us),
    cpuUsPerCall: of((round) => round.cpuUsPerCall),
  };
}

function report(results: ReadonlyMap<Name, Round>): void {
  console.table(Object.fromEntries(results));
  const bare = results.get('bare');
  const theirs = (['official', 'chain'] as const).flatMap((name): [Name, Round][] => {
    const round = results.get(name);
    return round ? [[name, round]] : [];
  });
  const ratios: Record<string, Record<string, string>> = {};
  for (const [name, round] of results) {
    if (name !== 'bare' && bare) ratios[`${name} / bare`] = ratio(round, bare);
    if (name === 'embedded' || name === 'container')
      for (const [peer, other] of theirs) ratios[`${name} / ${peer}`] = ratio(round, other);
  }
  console.table(ratios);
}

function ratio(a: Round, b: Round): Record<string, string> {
  return {
    p50: (a.p50Us / b.p50Us).toFixed(3),
    p99: (a.p99Us / b.p99Us).toFixed(3),
    'CPU per call': (a.cpuUsPerCall / b.cpuUsPerCall).toFixed(3),
  };
}

function hand(candidates: readonly Candidate[]): void {
  const rounds = (name: Name, pick: (round: Round) => number): number[] =>
    candidates.find((one) => one.name === name)?.rounds.map(pick) ?? [];
  const cpu = (round: Round): number => round.cpuUsPerCall;
  const p50 = (round: Round): number => round.p50Us;
  const own = 'embedded';
  figure('runtime: CPU of a call, embedded / bare', ratios(rounds(own, cpu), rounds('bare', cpu)));
  if (rounds('chain', cpu).length === 0) return;
  figure(
    'runtime: CPU of a call, embedded / official chain',
    ratios(rounds(own, cpu), rounds('chain', cpu)),
  );
  figure('runtime: p50, embedded / official chain', ratios(rounds(own, p50), rounds('chain', p50)));
}

const candidates = await openAll();
try {
  await measure(candidates);
  report(new Map(candidates.map((one) => [one.name, summary(one)])));
  hand(candidates);
} finally {
  for (const candidate of candidates) candidate.close();
}

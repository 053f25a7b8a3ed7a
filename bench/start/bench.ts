/**
 * npm run bench -- start
 *
 * From the start of a process until it is ready, turn by turn, in processor time and in time that passes: `npm start`
 * whose build is there (until it says `Ready`: all parts answer, market and account are known), and a container of a
 * function (until its first answer, health) against bare `node:http` (until its first answer).
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeImages } from '../memory/bundles.ts';
import { end, hears, start } from '../children.ts';
import { figure, ratios } from '../figures/figure.ts';
import { cpuUs } from '../runtime/process-figures.ts';
import { median } from '../timing.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const BARE = `
  const server = require('node:http').createServer((request, response) => response.end('OK'));
  server.listen(0, '127.0.0.1', () => console.error('"port":' + server.address().port));
`;

interface Started {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Starts it, waits until it is ready, and ends it. */
async function timed(
  begin: () => ChildProcess,
  ready: (child: ChildProcess) => Promise<unknown>,
  rests: (child: ChildProcess) => Promise<unknown> = () => Promise.resolve(),
): Promise<Started> {
  const began = performance.now();
  const child = begin();
  try {
    await ready(child);
    const started = { wallMs: performance.now() - began, cpuMs: cpuUs(child.pid ?? 0) / 1000 };
    await rests(child);
    return started;
  } finally {
    await end(child);
  }
}

/** Its first answer, asked for at the port it says. */
async function answers(child: ChildProcess): Promise<void> {
  const [, port = ''] = await hears(child, 'stderr', /"port":(\d+)/);
  const { ok } = await fetch(`http://127.0.0.1:${port}/_/health`);
  if (!ok) throw new Error('a server answered that it is not there');
}

function bare(): Promise<Started> {
  const stdio = ['ignore', 'ignore', 'pipe'] as const;
  return timed(() => start(process.execPath, ['-e', BARE], { stdio: [...stdio] }), answers);
}

function container(folder: string): Promise<Started> {
  const ports = { port: '0', metrics_port: '0', suppress_lock: 'true' };
  const args = ['--max-semi-space-size=1', '--expose-gc', 'index.js'];
  const env = { PATH: process.env['PATH'], NODE_ENV: 'production', ...ports };
  const options = {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'],
  };
  return timed(() => start(process.execPath, args, options), answers);
}

/** A cycle that is cut off would go on at the next start, and a Redis that is left behind would be stopped by it. */
async function restedAndStopped(child: ChildProcess): Promise<void> {
  await hears(child, 'stdout', /^Running at/m);
  const stopped = once(child, 'exit');
  child.kill('SIGTERM');
  await stopped;
}

/** Its data are there, as on every day but the first. */
function program(dataDir: string): Promise<Started> {
  const ports = { GATEWAY_PORT: '0', GATEWAY_METRICS_PORT: '0', GRPC_PORT_BASE: '0' };
  const env = { ...process.env, ...ports, DATA_DIR: dataDir };
  const args = ['--max-semi-space-size=4', 'scripts/start.mjs', '--dry-run'];
  const stdio = ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'];
  return timed(
    () => start(process.execPath, args, { env, stdio }),
    (child) => hears(child, 'stdout', /^Ready in/m),
    restedAndStopped,
  );
}

const images = await makeImages(
  new Map([['get-plan', 'functions/planning/get-plan']]),
  'build/bench/start',
);
const folder = images.get('get-plan')?.folder ?? '';
const dataDir = await mkdtemp(join(tmpdir(), 'bench-start-'));
const candidates = {
  bare,
  container: () => container(folder),
  'npm start': () => program(dataDir),
} as const;
const taken: Record<keyof typeof candidates, Started[]> = {
  bare: [],
  container: [],
  'npm start': [],
};
try {
  for (const run of Object.values(candidates)) await run();
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of ['bare', 'container', 'npm start'] as const)
      taken[name].push(await candidates[name]());
  const rows = Object.entries(taken).map(([name, all]) => [
    name,
    {
      'ms until ready': Math.round(median(all.map(({ wallMs }) => wallMs))),
      'CPU, ms': Math.round(median(all.map(({ cpuMs }) => cpuMs))),
    },
  ]);
  console.table(Object.fromEntries(rows));
  const wall = (all: readonly Started[]): number[] => all.map(({ wallMs }) => wallMs);
  figure(
    'start: container to its first answer / bare node',
    ratios(wall(taken.container), wall(taken.bare)),
  );
  figure(
    'start: npm start to ready, s',
    wall(taken['npm start']).map((ms) => ms / 1000),
  );
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

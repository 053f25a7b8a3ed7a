/**
 * npm run bench -- memory
 *
 * Memory (PSS, pages that are shared counted in parts) of all functions, each called once: all in one
 * process, one process a function, one a service, and as many pairs of of-watchdog and the official
 * node template where they are installed. One run, turn by turn, on a real Redis that is not counted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { operations } from '#shared/contract/catalogue.ts';
import { serviceNames } from '#shared/contract/names.ts';
import { startTestRedis } from '../../tests/support/dependencies.ts';
import { buildEmbedded } from '../embedded-build.ts';
import { median } from '../timing.ts';
import { callAll } from './call-all.ts';
import {
  memoryMb,
  openContainers,
  openEmbedded,
  openOfficial,
  type Candidate,
  type FunctionEnvironment,
} from './compared-servers.ts';
import { openBoard } from './board.ts';
import { makeImages } from './bundles.ts';
import { figure } from '../figures/figure.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
/** After the last call, so that what only the calls needed may be let go: containers collect after six. */
const SETTLE_MS = 10_000;
const OUT = 'build/bench/memory';

interface Figures {
  processes: number;
  readonly mb: number[];
}

interface Entrant {
  readonly name: string;
  open(functionEnvironment: FunctionEnvironment): Promise<Candidate | undefined>;
}

async function measure(entrant: Entrant, redisUrl: string, turn: number, figures: Figures) {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-memory-'));
  const keyPrefix = `${entrant.name.replaceAll(/\W/g, '-')}-${turn}`;
  try {
    const candidate = await entrant.open({ redisUrl, keyPrefix, dataDir });
    if (!candidate) return;
    try {
      if (entrant.name !== OFFICIAL) await callAll(candidate);
      await sleep(SETTLE_MS);
      figures.mb.push(memoryMb(candidate));
      figures.processes = candidate.processes.length;
      console.log(`${entrant.name}: ${memoryMb(candidate).toFixed(0)} MB`);
    } finally {
      await candidate.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function bundles(name: string, handlers: readonly (readonly [string, string])[]) {
  const images = await makeImages(new Map(handlers), join(OUT, name));
  const sizes = [...images.values()].map(({ kilobytes }) => kilobytes);
  const largest = Math.max(...sizes);
  console.log(
    `${name}: ${images.size} bundles; a start reads ${median(sizes)} KB (median), at most ${largest} KB`,
  );
  return images;
}

const OFFICIAL = 'official pairs';
const BOARD = 'board';
const SEPARATE = 'a process a function';
/** Names of those that take part; all without it. */
const ONLY = process.env['BENCH_CANDIDATES']?.split(',');

/** Bundles are made when the first of their candidates is opened. */
function entrants(dist: string): readonly Entrant[] {
  const single = once(() =>
    bundles(
      'functions',
      operations.map(({ name, folder }) => [name, folder]),
    ),
  );
  const packed = once(() =>
    bundles(
      'packed',
      serviceNames.map((service) => [service, `functions/${service}`]),
    ),
  );
  return [
    { name: 'embedded', open: (around) => openEmbedded(around, { dist, whole: false }) },
    { name: 'npm start', open: (around) => openEmbedded(around, { dist, whole: true }) },
    { name: SEPARATE, open: async (around) => openContainers(around, await single()) },
    { name: 'packed', open: async (around) => openContainers(around, await packed()) },
    { name: BOARD, open: async (around) => openBoard(around, await packed(), dist) },
    { name: OFFICIAL, open: () => openOfficial(operations.length) },
  ];
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

function report(results: ReadonlyMap<string, Figures>): void {
  const official = median(results.get(OFFICIAL)?.mb ?? []);
  const separate = median(results.get(SEPARATE)?.mb ?? []);
  if (official === 0) console.log(`${OFFICIAL}: not measured; set OF_WATCHDOG and NODE_TEMPLATE`);
  for (const name of official > 0 ? ['embedded', SEPARATE] : []) {
    const { mb = [] } = results.get(name) ?? {};
    if (mb.length === 0) continue;
    const rounds = mb.map((one) => one / official);
    figure(`memory: ${name} / ${OFFICIAL}`, rounds);
  }
  const rows = [...results].filter(([, { mb }]) => mb.length > 0);
  console.table(
    Object.fromEntries(
      rows.map(([name, { processes, mb }]) => [
        name,
        {
          processes,
          'MB (PSS)': Math.round(median(mb)),
          'MB a process': Number((median(mb) / processes).toFixed(1)),
          '/ a process a function': Number((median(mb) / separate).toFixed(3)),
          ...(official > 0 && { '/ official': Number((median(mb) / official).toFixed(3)) }),
        },
      ]),
    ),
  );
}

const redis = await startTestRedis();
try {
  const dist = await buildEmbedded(join(OUT, 'dist'));
  const all = entrants(dist).filter(({ name }) => ONLY?.includes(name) ?? true);
  const results = new Map(all.map(({ name }) => [name, { processes: 0, mb: [] } as Figures]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const entrant of all) {
      const figures = results.get(entrant.name);
      if (figures) await measure(entrant, redis.url, round, figures);
    }
  report(results);
} finally {
  await redis.stop();
}

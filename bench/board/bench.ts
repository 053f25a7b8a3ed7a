/**
 * npm run bench -- board
 *
 * A board of 2 GB with 1 GB to spare: the packed stack, connector, facade and Redis within a control group that has
 * `BENCH_BOARD_MB` (1024) of memory and no more, and each operation called there with a request that it really works on:
 * prices, fundamentals, scores, plans, a replay, a dry cycle. With `BENCH_BOARD_SECURITIES` a dry cycle of so many drawn
 * securities in place of these calls. Fails where the kernel ends a process for want of memory.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceNames } from '#shared/contract/names.ts';
import { buildEmbedded } from '../embedded-build.ts';
import { figure } from '../figures/figure.ts';
import { openBoard } from '../memory/board.ts';
import { makeImages } from '../memory/bundles.ts';
import { callAll, callCycle } from '../memory/call-all.ts';
import { memoryMb, type Candidate } from '../memory/compared-servers.ts';
import { pssMb } from '../runtime/process-figures.ts';
import { lastWholeDay, writeMarket } from '../universe/market-folder.ts';
import { MemoryGroup } from './memory-group.ts';

const MB = 1024 * 1024;
const LIMIT_MB = Number(process.env['BENCH_BOARD_MB'] ?? 1024);
const DAYS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const SECURITIES = Number(process.env['BENCH_BOARD_SECURITIES'] ?? 0);
/** After the last call: threads end after three seconds, memory is given back after six. */
const SETTLE_MS = 10_000;
const OUT = 'build/bench/board';

const packed = serviceNames.map((service) => [service, `functions/${service}`] as const);
/** In the order of the processes of `openBoard`. */
const names = [...serviceNames, 'connector', 'facade', 'redis'];
const images = await makeImages(new Map(packed), join(OUT, 'packed'));
const dist = await buildEmbedded(join(OUT, 'dist'));
const group = MemoryGroup.make(`bench-board-${process.pid}`, LIMIT_MB * MB);
if (typeof group === 'string') console.log(`board: not measured, ${group}`);
else await measured(group);

async function measured(within: MemoryGroup): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-board-'));
  const marketDir = SECURITIES > 0 ? join(dataDir, 'market') : undefined;
  if (marketDir) writeMarket(marketDir, SECURITIES, lastWholeDay(new Date()), 'board');
  try {
    const board = await openedWithin(within, { dataDir, marketDir });
    const all: Record<string, object> = {};
    try {
      for (let day = 1; day <= DAYS; day += 1) {
        const began = performance.now();
        await (marketDir ? callCycle(board) : callAll(board));
        const seconds = (performance.now() - began) / 1000;
        await sleep(SETTLE_MS);
        all[`${marketDir ? 'cycle' : 'all calls'}, ${day}`] = {
          s: Math.round(seconds),
          'peak, MB': Math.round(within.peakBytes() / MB),
          'at rest, MB (PSS)': Math.round(memoryMb(board)),
          'at rest, MB (anonymous)': Math.round(within.anonymousBytes() / MB),
        };
        requireWhole(within, board);
      }
      console.table(heldBy(board));
      console.log(`${board.processes.length} processes within ${LIMIT_MB} MB, none ended`);
      console.table(all);
      if (!marketDir)
        figure('board: peak / its memory limit', [within.peakBytes() / MB / LIMIT_MB]);
    } finally {
      await board.close();
    }
  } finally {
    within.leave();
    await rm(dataDir, { recursive: true, force: true });
    within.remove();
  }
}

interface Folders {
  readonly dataDir: string;
  readonly marketDir: string | undefined;
}

/** This process is in the group while it starts the others, as a process is in the group of the one that starts it. */
async function openedWithin(within: MemoryGroup, folders: Folders): Promise<Candidate> {
  within.enter();
  try {
    return await openBoard({ redisUrl: '', keyPrefix: 'board', ...folders }, images, dist);
  } finally {
    within.leave();
  }
}

/** What each process holds at rest, in MB. */
function heldBy({ processes }: Candidate): Record<string, object> {
  const rows = processes.map(({ pid = 0 }, i) => [names[i], { 'PSS, MB': Math.round(pssMb(pid)) }]);
  return Object.fromEntries(rows) as Record<string, object>;
}

/** @throws Error where the kernel ended one, or one ended by itself */
function requireWhole(within: MemoryGroup, { processes }: Candidate): void {
  const ended = processes.filter(({ exitCode, signalCode }) => exitCode !== null || signalCode);
  if (within.killed() > 0 || ended.length > 0)
    throw new Error(
      `${within.killed()} processes were ended for want of memory, ${ended.length} ended in all`,
    );
}

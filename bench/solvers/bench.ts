/**
 * npm run bench -- solvers
 *
 * The interior-point method with sparse LDL' against HiGHS (WebAssembly, its package of npm), each in a
 * process of its own on the same programs: processor time of a solution, its value, and memory. Where
 * `MEMORY_CGROUP` names a folder of control groups (version 1), each process runs in one of its own whose limit
 * is `MEMORY_LIMIT_MIB` (2048, a small board), and the memory that the kernel charged to it is printed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const MIB = 2 ** 20;
const folder = process.env['MEMORY_CGROUP'];
const limitMiB = Number(process.env['MEMORY_LIMIT_MIB'] ?? 2048);

for (const solver of ['ours', 'highs']) {
  const group = folder === undefined ? undefined : controlGroup(join(folder, `solvers-${solver}`));
  for (const line of await answersOf(solver, group)) {
    const { name, cpuMs, value, startedMiB, peakMiB, heapMiB, externalMiB } = line;
    const sizes = [startedMiB, peakMiB, heapMiB, externalMiB].map((size) => size.toFixed(0));
    console.log(
      `${solver.padEnd(6)} ${name.padEnd(36)} ${cpuMs.toFixed(1).padStart(8)} ms  ${value}  rss ${sizes[0]} → ${sizes[1]}, heap ${sizes[2]}, external ${sizes[3]} MiB`,
    );
  }
  if (group)
    console.log(`${solver.padEnd(6)} charged at most ${chargedMiB(group)} of ${limitMiB} MiB`);
  if (group) rmdirSync(group);
}

interface Answer {
  readonly name: string;
  readonly cpuMs: number;
  readonly value: number;
  readonly startedMiB: number;
  readonly peakMiB: number;
  readonly heapMiB: number;
  readonly externalMiB: number;
}

/** @throws Error with the process's stderr where it failed, or was killed at the limit */
async function answersOf(solver: string, group: string | undefined): Promise<readonly Answer[]> {
  const command = ['--expose-gc', 'scripts/run.mjs', 'bench/solvers/solver-process.ts', solver];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  if (group) writeFileSync(join(group, 'cgroup.procs'), String(child.pid));
  const ended = new Promise<string>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? String(code))),
  );
  const [stdout, stderr, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (end !== '0') throw new Error(`${solver} ended with ${end}: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

function controlGroup(path: string): string {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'memory.limit_in_bytes'), String(limitMiB * MIB));
  return path;
}

function chargedMiB(group: string): string {
  const bytes = Number(readFileSync(join(group, 'memory.max_usage_in_bytes'), 'utf8'));
  return (bytes / MIB).toFixed(0);
}

/** Seeded rounds of a test in a process of its own, which prints a line a round and a report at the end. */
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { bundleTests } from './bundle.ts';

export interface RoundsRun {
  readonly seed: string;
  /** First round: a run that was ended goes on at a batch's first. */
  readonly from: number;
  readonly rounds: number;
}

/** @returns the exit code of the rounds: 0 nothing found, 1 something lost or doubled, 2 could not run */
async function rounds(entry: string, name: string, args: readonly string[]): Promise<number> {
  console.log(`${name}: ${args.join(' ')}`);
  const bundle = await bundleTests(process.cwd(), entry, name);
  try {
    const child = spawn(process.execPath, [bundle, ...args], { stdio: 'inherit' });
    return await new Promise<number>((resolve) =>
      child.once('close', (code) => resolve(code ?? 2)),
    );
  } finally {
    await rm(bundle, { force: true });
  }
}

/** Two boards in network namespaces lose each other. */
export async function partitions({ seed, from, rounds: count }: RoundsRun): Promise<number> {
  const worker = await bundleTests(
    process.cwd(),
    'tests/partitions/trading-process.ts',
    'partition-worker',
  );
  try {
    const extent = [seed, String(from), String(count)];
    return await rounds('tests/partitions/main.ts', 'partitions', [...extent, worker]);
  } finally {
    await rm(worker, { force: true });
  }
}

/** The primary is killed under load, and the replica promoted. */
export function failover(run: RoundsRun & { readonly protection: string }): Promise<number> {
  const extent = [run.seed, String(run.from), String(run.rounds)];
  return rounds('tests/failover/main.ts', 'failover', [...extent, run.protection]);
}

/** Invented faults of a running system, each found through alerts and notices alone. @param count 0: each fault once @param only parts of names, between `|` */
export function night(seed: string, count: number, only: string | undefined): Promise<number> {
  const some = only?.split('|') ?? [];
  return rounds('tests/night/main.ts', 'night', [seed, String(count), ...some]);
}

/** Many points, in portions that can be resumed, on several workers. */
import { rm } from 'node:fs/promises';
import { bundleSimulation } from './bundle.ts';
import { runBundle } from './run-bundle.ts';

export interface CrashRun {
  readonly seed: string;
  readonly points: number;
  readonly from: number;
  readonly stride: number;
  readonly workers: number;
  readonly redis: 'model' | 'server' | 'cluster';
}

const PORTION = 1000;

/** @returns the exit code: 0 without violations, 1 with, 2 when a worker could not run */
export async function crash(run: CrashRun): Promise<number> {
  const { seed, points, from, stride, workers, redis } = run;
  console.log(`seed ${seed}, ${points} points from ${from}, every ${stride}`);
  const bundle = await bundleSimulation(process.cwd());
  const totals = new Map<string, number>();
  const violations: string[] = [];
  let [next, done, failed] = [0, 0, 0];
  const work = async (): Promise<void> => {
    while (next < points && violations.length === 0 && failed === 0) {
      const at = next;
      const count = Math.min(PORTION, points - at);
      next += count;
      const first = from + at * stride;
      const extent = { seed, from: first, count, stride, redis };
      const { exitCode, report } = await runBundle(bundle, extent);
      if (!report) failed += 1;
      for (const [kind, number] of Object.entries(report?.points ?? {}))
        totals.set(kind, (totals.get(kind) ?? 0) + number);
      violations.push(
        ...(report?.violations ?? []).map(({ point, text }) => `point ${point}: ${text}`),
      );
      violations.push(...(report?.leaks ?? []));
      violations.push(...(report?.unhandled ?? []).map((text) => `unhandled rejection: ${text}`));
      if (exitCode === 0) done += count;
      console.log(`${done} of ${points} points, ${violations.length} violations`);
    }
  };
  try {
    await Promise.all(Array.from({ length: workers }, work));
  } finally {
    await rm(bundle, { force: true });
  }
  for (const [kind, number] of totals) console.log(`${kind}: ${number} points`);
  for (const text of violations) console.log(`violation: ${text}`);
  console.log(`violations: ${violations.length}`);
  if (failed > 0) return 2;
  return violations.length === 0 ? 0 : 1;
}

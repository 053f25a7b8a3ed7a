/** What the two halves of the suite share. Each runs in a process of its own, as long runs do. */
import { rm } from 'node:fs/promises';
import { bundleSimulation } from '../../scripts/soak/bundle.ts';
import { runBundle, type BundleReport } from '../../scripts/soak/run-bundle.ts';

export const SEED = process.env['SIMULATION_SEED'] ?? 'simulation-1';
/** Together 10,000; `npm run soak -- crash` takes a million. */
export const POINTS_EACH = 5_000;
/** So that the points spread over all scenarios and mishaps of a round. */
const STRIDE = 7;

/** @param index 0 or 1 */
export async function half(index: number): Promise<BundleReport> {
  const bundle = await bundleSimulation(process.cwd());
  try {
    const from = index * POINTS_EACH * STRIDE;
    const extent = {
      seed: SEED,
      from,
      count: POINTS_EACH,
      stride: STRIDE,
      redis: 'model',
    } as const;
    const { report, errors } = await runBundle(bundle, extent);
    if (!report) throw new Error(`the simulation could not run: ${errors}`);
    return report;
  } finally {
    await rm(bundle, { force: true });
  }
}

export function countsText({ points, perRound, violations }: BundleReport): string {
  const counts = Object.entries(points).map(([kind, count]) => `${kind} ${count}`);
  return `seed ${SEED}: ${counts.join(', ')}; ${perRound} a round; violations ${violations.length}`;
}

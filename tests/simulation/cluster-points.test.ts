/** Points on a Redis Cluster of three servers: what is one commit there must stay one. */
import { rm } from 'node:fs/promises';
import { bundleSimulation } from '../../scripts/soak/bundle.ts';
import { runBundle } from '../../scripts/soak/run-bundle.ts';
import { SEED, countsText } from './crash-points.ts';

const POINTS = 600;
/** Spreads them over all scenarios and mishaps of a round. */
const STRIDE = 23;

test(`${POINTS} points on a cluster keep every invariant (seed ${SEED})`, async () => {
  const bundle = await bundleSimulation(process.cwd());
  try {
    const extent = {
      seed: SEED,
      from: 0,
      count: POINTS,
      stride: STRIDE,
      redis: 'cluster',
    } as const;
    const { report, errors } = await runBundle(bundle, extent);
    if (!report) throw new Error(`the simulation could not run: ${errors}`);
    console.info(countsText(report));
    expect([report.violations, report.unhandled, report.leaks]).toEqual([[], [], []]);
    expect(Object.values(report.points).every((count) => count > 0)).toBe(true);
  } finally {
    await rm(bundle, { force: true });
  }
}, 600_000);

/** The simulation finds each of the faults that are planted; also: npm run soak -- faults. */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { bundleSimulation } from '../../scripts/soak/bundle.ts';
import { runBundle } from '../../scripts/soak/run-bundle.ts';
import { plantedFaults } from './planted-faults.ts';

const SEED = process.env['SIMULATION_SEED'] ?? 'simulation-1';

it('has twenty, each of which changes a text that occurs once', () => {
  expect(plantedFaults).toHaveLength(20);
  for (const { file, text, instead } of plantedFaults) {
    expect(readFileSync(file, 'utf8').split(text)).toHaveLength(2);
    expect(instead).not.toBe(text);
  }
});

it.each(plantedFaults)(
  `finds $name by a point of the mishap $shownBy (seed ${SEED})`,
  async (fault) => {
    const bundle = await bundleSimulation(process.cwd(), fault);
    // The model has the script in TypeScript; a fault in the Lua shows on a redis-server only.
    const redis = fault.file.endsWith('.lua') ? 'server' : 'model';
    const extent = {
      seed: SEED,
      from: 0,
      count: 1,
      stride: 1,
      redis,
      only: fault.shownBy,
    } as const;
    const { exitCode, report } = await runBundle(bundle, extent);
    await rm(bundle, { force: true });
    expect([exitCode, report?.violations.length]).toEqual([1, expect.any(Number)]);
    expect(report?.violations).not.toEqual([]);
  },
  600_000,
);

/** The simulation finds faults that are planted; all of them: npm run soak -- faults. */
import { readFileSync } from 'node:fs';
import { bundleSimulation } from '../../scripts/soak/bundle.ts';
import { runBundle } from '../../scripts/soak/run-bundle.ts';
import { plantedFaults } from './planted-faults.ts';

const inSuite = ['ignores-the-halt', 'sends-again-when-unknown', 'sends-without-claiming'];

it('has twenty, each of which changes a text that is there once', () => {
  expect(plantedFaults).toHaveLength(20);
  for (const { file, text, instead } of plantedFaults) {
    expect(readFileSync(file, 'utf8').split(text)).toHaveLength(2);
    expect(instead).not.toBe(text);
  }
});

it.each(plantedFaults.filter(({ name }) => inSuite.includes(name)))(
  'finds $name',
  async (fault) => {
    const bundle = await bundleSimulation(process.cwd(), fault);
    const extent = {
      seed: 'simulation-1',
      from: 0,
      count: 1500,
      stride: 1,
      redis: 'model',
    } as const;
    const { exitCode, report } = await runBundle(bundle, extent);
    expect([exitCode, report?.violations.length]).toEqual([1, expect.any(Number)]);
  },
  120_000,
);

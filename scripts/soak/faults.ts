/** Plants each fault of tests/simulation/planted-faults.ts and says whether it is found, and by what. */
import { rm } from 'node:fs/promises';
import { plantedFaults } from '../../tests/simulation/planted-faults.ts';
import { bundleSimulation } from './bundle.ts';
import { runBundle } from './run-bundle.ts';

/** @returns the exit code: 0 when every fault was found */
export async function faults(run: {
  readonly seed: string;
  readonly only: string | undefined;
}): Promise<number> {
  const { seed, only } = run;
  const chosen = plantedFaults.filter(({ name }) => only === undefined || name === only);
  let found = 0;
  for (const fault of chosen) {
    const bundle = await bundleSimulation(process.cwd(), fault);
    // The model has the script in TypeScript; a fault in the Lua shows on a redis-server only.
    const redis = fault.file.endsWith('.lua') ? 'server' : 'model';
    const extent = { seed, from: 0, count: 1, stride: 1, redis, only: fault.shownBy } as const;
    const { exitCode, report } = await runBundle(bundle, extent);
    await rm(bundle, { force: true });
    const what = report?.violations[0]?.text ?? report?.unhandled[0];
    if (exitCode === 1) found += 1;
    console.log(`${exitCode === 1 ? 'found' : 'NOT FOUND'} ${fault.name}: ${what ?? exitCode}`);
  }
  console.log(`${found} of ${chosen.length} planted faults found (seed ${seed})`);
  return chosen.length > 0 && found === chosen.length ? 0 : 1;
}

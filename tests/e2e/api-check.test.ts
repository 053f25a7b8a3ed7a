/** A short run of `npm run api-check`; a longer one with another seed is a command away. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { testNeeding } from '../support/needing.ts';

const SEED = '15';
const installed = existsSync('build/schemathesis/bin/schemathesis')
  ? 'build/schemathesis/bin/schemathesis'
  : 'schemathesis';
const program = process.env['SCHEMATHESIS'] ?? installed;
const missing = spawnSync(program, ['--version']).error
  ? 'no Schemathesis is installed (python3 -m venv build/schemathesis; pip install schemathesis)'
  : undefined;

testNeeding(missing, `Schemathesis finds nothing (seed ${SEED})`, () => {
  const options = ['--seed', SEED, '--examples', '2', '--phases', 'fuzzing'];
  const run = spawnSync(process.execPath, ['scripts/run.mjs', 'scripts/api-check.ts', ...options]);
  const said = `${run.stdout.toString()}${run.stderr.toString()}`;
  expect([run.status, said]).toEqual([0, expect.stringContaining(`Seed: ${SEED}`)]);
  return Promise.resolve();
});

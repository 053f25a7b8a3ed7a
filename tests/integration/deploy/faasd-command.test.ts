/**
 * `npm run faasd` needs a real faasd: where something is missing it says so, each thing in a line, and does
 * nothing.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingPrograms } from '../../../scripts/faasd/required-programs.ts';
import { ran } from './tools.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faasd-command-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the command ends with 2 and names what is missing', async () => {
  const env = {
    FAASD: '/nowhere/faasd',
    FAASD_GATEWAY: '',
    FAASD_BASIC_AUTH: '',
    FAASD_SOURCE: '',
  };
  const args = ['scripts/run.mjs', 'scripts/faasd.ts', '--folder', join(folder, 'made')];
  const { code, err } = ran(process.execPath, args, env);
  expect(code).toBe(2);
  for (const name of ['FAASD', 'FAASD_GATEWAY', 'FAASD_BASIC_AUTH'])
    expect(err).toContain(`${name} names no program (docs/operate/faasd.md)\n`);
  expect(err).toContain('FAASD_SOURCE names no folder');
  expect(await readdir(folder)).toEqual([]);
});

test('what is there is not named', () => {
  const here = process.execPath;
  const env = { FAASD: here, FAASD_GATEWAY: here, FAASD_BASIC_AUTH: here, FAASD_SOURCE: folder };
  expect(missingPrograms({ ...process.env, ...env }).join('\n')).not.toMatch(/FAASD/);
});

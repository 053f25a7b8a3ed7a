/** A start on state that is not the one that was last worked on. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildProgram, freshDataDir, removeDataDirs, type Program } from './program.ts';

let program: Program;

beforeAll(() => {
  program = buildProgram('lost-state');
});
afterAll(async () => {
  await program.remove();
  await removeDataDirs();
});

it('says so with what to do, runs no cycle, and ends with a code of its own', async () => {
  const DATA_DIR = await freshDataDir();
  const once = ['--once', '--dry-run', '--json'];
  const env = { DATA_DIR, PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '2' };
  expect(await program.start(once, env).ended).toBe(0);
  await rm(join(DATA_DIR, 'redis', 'appendonlydir'), { recursive: true });
  const run = program.start(once, env);
  expect(await run.ended).toBe(4);
  expect(run.stderr()).toContain('npm run restore -- FILE');
  expect(JSON.parse(run.stdout())).toMatchObject({
    failure: { code: 'REFUSED', rule: 'state-lost' },
  });
}, 180_000);

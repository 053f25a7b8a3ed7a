/** In a process of its own: the guard is about what ends one. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exit-guard-'));
  await build({
    entryPoints: ['gateway/runtime/executors/exit-guard.ts'],
    outfile: join(folder, 'exit-guard.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs code beside a guard that is held. @returns how the process ended, and what it said */
async function run(code: string): Promise<{ status: number | null; said: string; wrong: string }> {
  const file = join(folder, 'program.mjs');
  const lines = [
    `import { endProcess, guardExit, isExit } from './exit-guard.mjs';`,
    `import { setTimeout as sleep } from 'node:timers/promises';`,
    `const release = guardExit((refusal) => console.log('refused', isExit(refusal)));`,
    code,
  ];
  await writeFile(file, lines.join('\n'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  return { status, said: stdout.trim(), wrong: stderr };
}

const AFTERWARDS = `await sleep(20); console.log('alive'); endProcess(3);`;

it.each(['process.exit(0)', `process.kill(process.pid)`, `process.kill(0, 'SIGKILL')`])(
  'throws at a function that would end the process: %s',
  async (end) => {
    const code = `try { ${end}; } catch (thrown) { console.log(isExit(thrown)); }`;
    expect(await run(`${code} ${AFTERWARDS}`)).toMatchObject({ status: 3, said: 'true\nalive' });
  },
);

it('allows checking for a process, and ending another', async () => {
  const code = `import { spawn } from 'node:child_process';
    console.log(process.kill(process.pid, 0));
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    process.kill(child.pid, 'SIGKILL');
    child.on('exit', (code, signal) => { console.log(signal); endProcess(3); });`;
  expect(await run(code)).toMatchObject({ status: 3, said: 'true\nSIGKILL' });
});

it.each([
  ['timer', `setTimeout(() => process.exit(0), 1);`],
  ['promise nobody waits for', `void (async () => process.exit(0))();`],
  ['microtask', `queueMicrotask(() => process.exit(0));`],
])('survives one that comes from a %s, and reports it', async (_from, code) => {
  expect(await run(`${code} ${AFTERWARDS}`)).toMatchObject({
    status: 3,
    said: 'refused true\nalive',
  });
});

it('ends on everything else as a process without a guard, with the reason', async () => {
  const { status, said, wrong } = await run(
    `setTimeout(() => { throw new TypeError('broken'); }, 1); ${AFTERWARDS}`,
  );
  expect([status, said]).toEqual([1, '']);
  expect(wrong).toContain('TypeError: broken');
});

it('leaves everything else to other listeners', async () => {
  const code = `process.on('uncaughtException', () => console.log('heard'));
    setTimeout(() => { throw new TypeError('broken'); }, 1);`;
  expect(await run(`${code} ${AFTERWARDS}`)).toMatchObject({ status: 3, said: 'heard\nalive' });
});

it('restores exit and kill when the last guard is released', async () => {
  const code = `const other = guardExit(() => undefined); release(); release();
    try { process.exit(0); } catch { console.log('still held'); }
    other(); process.exit(4);`;
  expect(await run(code)).toMatchObject({ status: 4, said: 'still held' });
  const { status } = await run(`release(); process.kill(process.pid, 'SIGKILL');`);
  expect(status).toBeNull();
});

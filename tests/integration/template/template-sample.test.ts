/** What someone gets who has nothing but the template: `faas-cli new --lang node-typescript hello`. */
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { startContainer } from '../../support/deployment/container-process.ts';
import { DockerfileBuilder } from '../../support/deployment/dockerfile.ts';
import { faasCliProgram as faasCli } from '../../support/deployment/faas-cli.ts';

const LANG = 'node-typescript';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sample-'));
  await cp(join('template', LANG), join(folder, 'template', LANG), {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  // Without the program the sample is copied as it copies it.
  if (faasCli === undefined)
    await cp(join(folder, 'template', LANG, 'function'), join(folder, 'hello'), {
      recursive: true,
    });
  else execFileSync(faasCli, ['new', '--lang', LANG, 'hello'], { cwd: folder, stdio: 'pipe' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @throws Error with what the program said */
function run(program: string, args: readonly string[], cwd: string): string {
  const env = { ...process.env, NPM_CONFIG_PREFER_OFFLINE: 'true' };
  return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: 'pipe' });
}

it('is a typed handler with a test that passes on its own', async () => {
  const hello = join(folder, 'hello');
  expect((await readdir(hello)).sort()).toEqual([
    'handler.test.ts',
    'handler.ts',
    'package.json',
    'tsconfig.json',
  ]);
  run('npm', ['install', '--no-audit', '--no-fund'], hello);
  expect(run('npm', ['test'], hello)).toMatch(/^(# |ℹ )pass 7$/m);
  expect(await readFile(join(hello, 'handler.ts'), 'utf8')).not.toContain('shared');
});

it('builds into an image that tests it and greets', async () => {
  const context = join(folder, 'context');
  await cp(join(folder, 'template', LANG), context, { recursive: true });
  await cp(join(folder, 'hello'), join(context, 'function'), { recursive: true });
  const layers = await mkdtemp(join(folder, 'layers-'));
  const image = await new DockerfileBuilder(layers).build(context, { TEST_ENABLED: 'true' });
  const files = await readdir(join(image.root, image.workdir));
  expect(files.sort()).toEqual(['index.js', 'package.json']);
  const container = await startContainer(image);
  try {
    const greeted = await request(container.url).post('/').send({ name: 'Ada' });
    expect([greeted.status, greeted.body]).toEqual([200, { greeting: 'Hello, Ada.' }]);
  } finally {
    await container.stop();
  }
});

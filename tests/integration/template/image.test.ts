import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import request from 'supertest';
import { parse } from 'yaml';
import { startTestRedis } from '../../support/world.ts';
import { durationMs } from '#template/durations.ts';

const TEMPLATE = 'template/node-typescript';
let context: string;

/** Puts a build context together as faas-cli does: template, handler, and what the stack copies. */
beforeAll(async () => {
  const { functions, configuration } = parse(await readFile('stack.yml', 'utf8'));
  const { handler } = functions['scoring-get-score-history'];
  await mkdir('build', { recursive: true });
  context = await mkdtemp(resolve('build', 'context-'));
  await cp(TEMPLATE, context, { recursive: true });
  await cp(handler, join(context, 'function'), { recursive: true });
  for (const path of configuration.copy)
    await cp(path, join(context, 'function', path), { recursive: true });
  execFileSync(process.execPath, ['build.mjs'], { cwd: context, stdio: 'inherit' });
});
afterAll(() => rm(context, { recursive: true, force: true }));

async function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(context, 'dist/index.js')], {
    cwd: context,
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: context, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const lock = join(context, '.lock');
  for (let i = 0; i < 200 && !(await stat(lock).catch(() => undefined)); i += 1)
    await new Promise((resolve) => setTimeout(resolve, 25));
  return child;
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it('answers as a container of one function, and ends well on SIGTERM', async () => {
  const redis = await startTestRedis();
  const secrets = join(context, 'secrets');
  execFileSync('sh', [
    '-c',
    `mkdir -p ${secrets} && echo ${'w'.repeat(32)} > ${secrets}/write-token && echo ${'t'.repeat(32)} > ${secrets}/trade-token`,
  ]);
  const port = await freePort();
  const child = await start({
    port: String(port),
    REDIS_URL: redis.url,
    SECRETS_DIR: secrets,
    healthcheck_interval: '100ms',
  });
  const url = `http://127.0.0.1:${port}`;
  await request(url).get('/_/health').expect(200);
  await request(url).get('/_/ready').expect(200);
  const history = await request(url).post('/').send({ isin: 'US0378331005' });
  expect(history.body).not.toHaveProperty('code', 'BUG');
  const wrong = await request(url).post('/').send({ isin: 'US0378331006' });
  expect([wrong.status, wrong.body.field]).toEqual([400, 'isin']);
  child.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 30));
  await request(url).get('/_/health').expect(503);
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await stat(join(context, '.lock')).catch(() => 'gone')).toBe('gone');
  await redis.stop();
});

it.each([
  ['10', 10_000],
  ['10s', 10_000],
  ['1m30s', 90_000],
  ['250ms', 250],
  ['soon', undefined],
  ['', undefined],
])('reads the duration %s', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

it('carries the versions that the project carries', async () => {
  const versions = async (file: string) =>
    (JSON.parse(await readFile(file, 'utf8')) as { dependencies: Record<string, string> })
      .dependencies;
  const project = await versions('package.json');
  for (const [name, version] of Object.entries(await versions(`${TEMPLATE}/package.json`)))
    expect([name, project[name]]).toEqual([name, version]);
});

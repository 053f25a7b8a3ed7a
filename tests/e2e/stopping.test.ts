/** Stopping: the whole program behind npm, a second start beside it, and a Redis that is gone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '#shared/contract/catalogue.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import {
  buildProgram,
  freshDataDir,
  removeDataDirs,
  runOf,
  type Program,
  type Run,
} from './program.ts';
import { bareEnvironment } from '../support/bare-environment.ts';

const PLAN = { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '2', GATEWAY_PORT: '0', GRPC_PORT_BASE: '-1' };
/** Without a request that makes sense most of them refuse; what counts is that they are loaded. */
const CALLS_MAX = 20;

let program: Program;
let redis: TestRedis;
const running: Run[] = [];

beforeAll(async () => {
  program = buildProgram('stopping');
  redis = await startTestRedis();
});
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await program.remove();
  await redis.stop();
  await removeDataDirs();
});

function npmStart(DATA_DIR: string): Run {
  const env = { ...bareEnvironment, HOME: DATA_DIR, DATA_DIR, ...PLAN };
  const child = spawn('npm', ['start', '--', '--dry-run'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run = runOf(child);
  running.push(run);
  return run;
}

const urlOf = (run: Run): string =>
  /Running at (http:\/\/[\d.:]+)/.exec(run.stdout())?.[1] ?? 'not running';

async function statusesAt(url: string): Promise<number[]> {
  const statuses = [];
  for (const { name } of operations.filter(({ queue }) => queue === null).slice(0, CALLS_MAX)) {
    const { status } = await fetch(`${url}/function/${name}`, { method: 'POST', body: '{}' });
    statuses.push(status);
  }
  return statuses;
}

it('survives a second start, and stops when npm is signalled', async () => {
  const dataDir = await freshDataDir();
  const first = npmStart(dataDir);
  await first.says('Running at');
  const second = npmStart(dataDir);
  expect(await second.ended).toBe(3);
  expect(second.stderr()).toContain('is in use by another run');
  expect((await statusesAt(urlOf(first))).filter((status) => status === 500)).toEqual([]);
  const url = urlOf(first);
  first.child.kill('SIGTERM');
  await first.ended;
  await expect(fetch(url)).rejects.toThrow();
  expect(first.stdout()).toContain('Stopping.');
  expect(existsSync(join(dataDir, 'lock'))).toBe(false);
}, 180_000);

describe('with a Redis that is gone', () => {
  /** Ends in order: what has to be cut off at the end of the grace period is logged as `stop-cut`. */
  async function stops(run: Run): Promise<void> {
    run.child.kill('SIGTERM');
    expect(await run.ended).toBe(0);
    expect(run.stderr()).not.toContain('stop-cut');
  }

  it('stops in order, gateway and connector alike', async () => {
    const DATA_DIR = await freshDataDir();
    const env = { REDIS_URL: redis.url, DATA_DIR, ...PLAN };
    const gateway = program.start(['--dry-run'], env);
    running.push(gateway);
    await gateway.says('Running at');
    const connector = program.startProcess('gateway/connector/main.js', {
      REDIS_URL: redis.url,
      GATEWAY_URL: urlOf(gateway),
      SECRETS_DIR: join(DATA_DIR, 'function-secrets', 'openfaas-fn'),
      secret_mount_path: join(DATA_DIR, 'secrets'),
    });
    running.push(connector);
    await connector.says('connector-ready');
    redis.process.kill('SIGKILL');
    await once(redis.process, 'exit');
    await connector.says('queue-error');
    await stops(connector);
    await stops(gateway);
  });
});

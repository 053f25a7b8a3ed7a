/** A connector that is killed in the middle of a run, and the one that takes over. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectQueueRedis, connectRedis } from '#shared/redis/client.ts';
import { planning } from '#shared/contract/planning.ts';
import { Database } from '#shared/redis/database.ts';
import { Runs } from '#shared/runtime/runs/runs.ts';
import type { FunctionHandler } from '#template/function.ts';
import { gatewayOf, streamOf } from '../../support/endpoints/test-gateway.ts';
import { listen } from '../../support/host.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { bareEnvironment } from '../../support/bare-environment.ts';

const operation = planning.createPlan;
const PREFIX = 'crash';
const STEPS = [0, 20, 40, 60, 80];

let redis: TestRedis;
let secrets: string;
let server: Server;
let url: string;
let runs: Runs;
let connection: ReturnType<typeof connectRedis>;
const calls: string[] = [];
const children = new Set<ChildProcess>();

/** Of the first call, after so many messages it says nothing more until its caller is gone. */
let holdsAfter: number;

/** Another call starts from the beginning, and runs through. */
const plan: FunctionHandler = (event, { signal }) => {
  calls.push(event.headers['x-run-id'] ?? '');
  const steps = STEPS.map((progressPct) => ({ progressPct, attempt: calls.length }));
  const all = [...steps, { progressPct: 100, complete: true }];
  if (calls.length > 1) return { body: streamOf(all) };
  return {
    body: (async function* () {
      yield* streamOf(all.slice(0, holdsAfter));
      await once(signal, 'abort');
    })(),
  };
};

beforeAll(async () => {
  redis = await startTestRedis();
  secrets = await mkdtemp(join(tmpdir(), 'trader-secrets-'));
  await writeFile(join(secrets, 'trade-token'), 'a-token-of-some-length');
  ({ server, url } = await listen(gatewayOf({ [operation.name]: plan })));
  connection = connectRedis(redis.url, PREFIX);
  const queues = `${PREFIX}:queue`;
  runs = new Runs(new Database(connection), () => connectQueueRedis(redis.url, queues), queues);
});

beforeEach(() => {
  calls.length = 0;
  holdsAfter = 2;
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

afterAll(async () => {
  await runs.close();
  connection.disconnect();
  server.closeAllConnections();
  server.close();
  await redis.stop();
  await rm(secrets, { recursive: true, force: true });
});

function start(env: Record<string, string> = {}): { child: ChildProcess; lines: string[] } {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'gateway/connector/main.ts'], {
    env: {
      ...bareEnvironment,
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: PREFIX,
      GATEWAY_URL: url,
      SECRETS_DIR: secrets,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.add(child);
  const lines: string[] = [];
  child.stderr?.on('data', (data: Buffer) => lines.push(...String(data).split('\n')));
  return { child, lines };
}

async function says(lines: readonly string[], event: string): Promise<void> {
  const until = Date.now() + 60_000;
  while (!lines.some((line) => line.includes(`"event":"${event}"`))) {
    if (Date.now() > until) throw new Error(`no ${event} in:\n${lines.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const exit = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', resolve));

interface Update {
  readonly progressPct: number;
  readonly complete?: boolean;
}

it('completes a run once when its connector is killed and another takes over', async () => {
  const first = start();
  await says(first.lines, 'connector-ready');
  const { run } = await runs.add(operation, '{"portfolioHash":"aa"}', 'run-crash', 'r');
  const messages: Update[] = [];
  const following = runs.follow(operation, run, new AbortController().signal);
  let second: ReturnType<typeof start> | undefined;
  for (;;) {
    const next = await following.next();
    if (next.done) {
      expect(next.value.kind).toBe('done');
      break;
    }
    messages.push(JSON.parse(next.value) as Update);
    if (messages.length === 2 && !second) {
      const gone = exit(first.child);
      first.child.kill('SIGKILL');
      await gone;
      second = start();
    }
  }
  expect(calls).toEqual(['run-crash', 'run-crash']);
  expect(messages.filter(({ complete }) => complete)).toHaveLength(1);
  expect(messages.map(({ progressPct }) => progressPct)).toEqual([...STEPS, 100]);
});

it('stops cleanly on a signal, and returns its jobs', async () => {
  holdsAfter = 0;
  const { child, lines } = start();
  await says(lines, 'connector-ready');
  const { run } = await runs.add(operation, '{"portfolioHash":"bb"}', 'run-put-back', 'r');
  await says(lines, 'run-started');
  const gone = exit(child);
  child.kill('SIGTERM');
  expect(await gone).toBe(0);
  expect(await (await runs.queueOf(operation.topic)).getJobState(run)).toBe('waiting');
  expect(await runs.outcome(run)).toBeUndefined();
});

it('reports all errors in its environment at once', async () => {
  const connector = start({ REDIS_KEY_PREFIX: 'a b', GATEWAY_URL: 'here', SECRETS_DIR: '/none' });
  expect(await exit(connector.child)).toBe(1);
  const said = connector.lines.join('\n');
  for (const name of ['REDIS_KEY_PREFIX', 'GATEWAY_URL', 'SECRETS_DIR']) expect(said).toMatch(name);
});

it('stops on a signal while Redis is not up yet', async () => {
  const { child, lines } = start({ REDIS_URL: 'redis://127.0.0.1:1' });
  await says(lines, 'redis-awaited');
  const ended = exit(child);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

it('ends within its time when Redis was stopped before it', async () => {
  const other = await startTestRedis();
  const { child, lines } = start({ REDIS_URL: other.url });
  await says(lines, 'connector-ready');
  await other.stop();
  await sleep(500);
  const ended = exit(child);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

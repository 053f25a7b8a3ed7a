/**
 * Runbooks tried on a running system: the condition is made, the alert fires, the page's own commands are run,
 * and the alert is over.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS, instantOf } from '#shared/kernel/instant.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { JobStore } from '#shared/gateway/job-store.ts';
import { PriceDoubtStore } from '#shared/universe/price-doubt-store.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { openDependencies } from '#shared/runtime/dependencies.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { keys } from '#shared/redis/keys.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { blocksOf } from '../docs/shell-blocks.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';

const HERE = 'tests/e2e/runbooks.test.ts';
let program: Program;
let redis: TestRedis;
let run: Run;
let dataDir: string;
let url: string;
let stored: Dependencies;

beforeAll(async () => {
  program = buildProgram('runbooks');
  redis = await startTestRedis();
  dataDir = await freshDataDir();
  const env = { DATA_DIR: dataDir, REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'runbooks' };
  run = program.start(['--dry-run'], env);
  await run.says('Ctrl-C stops');
  [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(run.stdout()) ?? [];
  stored = await openDependencies(parseSettings(env), { tokens: null });
}, 180_000);
afterAll(async () => {
  await stored.close();
  run.child.kill('SIGTERM');
  await run.ended;
  await redis.stop();
  await Promise.all([program.remove(), removeDataDirs()]);
});

async function firing(): Promise<string[]> {
  const ask = () => fetch(`${url}/function/gateway-list-alerts`, { method: 'POST', body: '{}' });
  // A connection that was kept is closed by the other side while a command of a page runs.
  const answer = await ask().catch(ask);
  const { alerts } = (await answer.json()) as { alerts: { name: string }[] };
  return alerts.map(({ name }) => name);
}

/** Until it is so; the test's own time ends it. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 200));
}

/** Runs the commands of a page in their order, as a person would. @returns what they said */
function follow(page: string, values: Readonly<Record<string, string>> = {}): string {
  const blocks = blocksOf(`docs/runbooks/${page}.md`).filter(
    ({ language, notRun, runBy }) =>
      language === 'sh' && notRun === undefined && (runBy === undefined || runBy === HERE),
  );
  expect(blocks.length).toBeGreaterThan(0);
  return blocks.map(({ text }) => shell(text, values)).join('\n');
}

function runbook(page: string): string {
  return readFileSync(`docs/runbooks/${page}.md`, 'utf8');
}

/** The command that a page has within a sentence. */
function commandIn(page: string, begin: string): string {
  const found = [...runbook(page).matchAll(/`([^`\n]+)`/g)].map(([, command = '']) => command);
  const command = found.find((one) =>
    one.replace(/^npx /, '').startsWith(begin.replace(/^npx /, '')),
  );
  expect(command).toBeDefined();
  return (command ?? '').replace(/^(npx )?/, 'npx ');
}

function shell(text: string, values: Readonly<Record<string, string>>): string {
  const here = text
    .replaceAll('127.0.0.1:8080', url.replace('http://', ''))
    .replaceAll(/(?<![\w./])data\//g, `${dataDir}/`);
  const env = { PATH: process.env['PATH'] ?? '', GATEWAY_URL: url, DATA_DIR: dataDir, ...values };
  const done = spawnSync('bash', ['-euo', 'pipefail', '-c', here], { encoding: 'utf8', env });
  expect([text, done.status, done.stderr]).toEqual([text, 0, expect.anything()]);
  return done.stdout;
}

it('halt: says why, and is lifted', async () => {
  const token = readFileSync(join(dataDir, 'function-secrets/openfaas-fn/trade-token'), 'utf8');
  const headers = { authorization: `Bearer ${token.trim()}` };
  const body = JSON.stringify({ state: 'HALTED', reason: 'the runbook is tried' });
  await fetch(`${url}/function/trading-set-trading-state`, { method: 'POST', headers, body });
  expect(await firing()).toContain('TraderHalted');
  expect(follow('halt')).toContain('the runbook is tried');
  expect(await firing()).not.toContain('TraderHalted');
});

it('prices stale: the job is read and run once', async () => {
  const old = dayOf(instantOf(Date.now() - 10 * DAY_MS));
  const { database } = stored;
  const syncs = await database.redis.hgetall(keys.universe.syncs());
  for (const [subject, json] of Object.entries(syncs)) {
    const aged = { ...(JSON.parse(json) as object), through: old };
    await database.redis.hset(keys.universe.syncs(), subject, JSON.stringify(aged));
  }
  expect(await firing()).toContain('TraderPricesStale');
  expect(follow('prices-stale')).toContain('"jobName":"sync-prices"');
  await until(async () => !(await firing()).includes('TraderPricesStale'));
});

it('backup failed: the reason is read, and the job is run once', async () => {
  const store = new JobStore(stored.database);
  await store.started('backup', 'run-1', stored.now());
  await store.ended('backup', { ok: false, message: 'The disk is full.' }, stored.now());
  expect(await firing()).toContain('TraderBackupFailed');
  expect(follow('backup-failed')).toContain('The disk is full.');
  await until(async () => !(await firing()).includes('TraderBackupFailed'));
});

it('suspected split: the security is named, and the owner answers', async () => {
  const answer = await fetch(`${url}/function/universe-get-universe`, {
    method: 'POST',
    body: '{}',
  });
  const { securities } = (await answer.json()) as { securities: { isin: string }[] };
  const isin = parseIsin(securities[0]?.isin ?? '');
  const day = dayOf(instantOf(Date.now() - 5 * DAY_MS));
  const kind = 'suspected-split' as const;
  const doubt = { kind, day, ratio: 2, evidence: 'jump' as const, isLive: false };
  await new PriceDoubtStore(stored.database).put(isin, kind, [doubt]);
  expect(await firing()).toContain('TraderSuspectedSplit');
  follow('suspected-split', { ISIN: isin, DAY: day });
  await until(async () => !(await firing()).includes('TraderSuspectedSplit'));
});

it('dead letters: they are listed with their reason', async () => {
  const { redis: client } = stored.database;
  await client.sadd('queue:{function-queues:async}:names', 'echo');
  await client.zadd('queue:async.echo:failed', 1, 'call-1');
  expect(await firing()).toContain('TraderDeadLetters');
  follow('dead-letters');
  await client.del('queue:async.echo:failed');
  expect(await firing()).not.toContain('TraderDeadLetters');
});

it('rates stale: the job is read and run once', async () => {
  const old = dayOf(instantOf(Date.now() - 10 * DAY_MS));
  const { redis: client } = stored.database;
  const syncs = await client.hgetall(keys.universe.syncs());
  for (const [subject, json] of Object.entries(syncs).filter(([name]) => name.startsWith('rates:')))
    await client.hset(
      keys.universe.syncs(),
      subject,
      JSON.stringify({ ...(JSON.parse(json) as object), through: old }),
    );
  expect(await firing()).toContain('TraderRatesStale');
  expect(follow('rates-stale')).toContain('"jobName":"sync-prices"');
  await until(async () => !(await firing()).includes('TraderRatesStale'));
});

it('book differs: the reason is read, the ledger is checked, and the job runs again', async () => {
  const store = new JobStore(stored.database);
  await store.started('sync-positions', 'run-1', stored.now());
  const end = { ok: false, message: 'The broker is away.' };
  await store.ended('sync-positions', end, stored.now());
  expect(await firing()).toContain('TraderBookNotReconciled');
  const said = follow('book-differs');
  expect(said).toContain('The broker is away.');
  expect(said).toContain('All is in order.');
  shell('npx trader jobs --run sync-positions', {});
  await until(async () => !(await firing()).includes('TraderBookNotReconciled'));
});

it('failed runs: the error is read, and the work is asked for again', async () => {
  const store = new JobStore(stored.database);
  await store.started('score-refresh', 'run-1', stored.now());
  const end = { ok: false, message: 'No price is fresh enough.' };
  await store.ended('score-refresh', end, stored.now());
  const queue = await stored.runs.queueOf(gateway.triggerJob.topic);
  const { redis: client } = stored.database;
  // The client puts the prefix of the installation in front by itself.
  const failed = queue.toKey('failed').replace(/^runbooks:/, '');
  await client.zadd(failed, 1, 'run-1');
  expect(await firing()).toContain('TraderRunsFailed');
  expect(follow('failed-runs')).toContain('No price is fresh enough.');
  shell('npx trader jobs --run score-refresh', {});
  await client.zrem(failed, 'run-1');
  await until(async () => !(await firing()).includes('TraderRunsFailed'));
});

it('Redis not persistent: the configuration is set back', async () => {
  const { redis: client } = stored.database;
  await client.config('SET', 'appendonly', 'no');
  expect(await firing()).toContain('TraderRedisNotPersistent');
  expect(runbook('redis-not-persistent')).toContain('appendonly yes');
  await client.config('SET', 'appendonly', 'yes');
  await until(async () => !(await firing()).includes('TraderRedisNotPersistent'));
});

it('undeclared call: caller and callee are named, and who did it', async () => {
  const { redis: client } = stored.database;
  const key = keys.runtime.calls(new Date().toISOString().slice(0, 13));
  const field = 'planning-get-plan trading-set-trading-state n';
  await client.hset(key, field, '1');
  expect(await firing()).toContain('TraderUndeclaredCall');
  const { dependencies } = JSON.parse(follow('undeclared-call')) as { dependencies: object[] };
  expect(dependencies[0]).toMatchObject({
    caller: 'planning-get-plan',
    callee: 'trading-set-trading-state',
    declared: false,
  });
  expect(shell(commandIn('undeclared-call', 'trader audit'), {})).toContain('gateway-trigger-job');
  await client.hdel(key, field);
  expect(await firing()).not.toContain('TraderUndeclaredCall');
});

/** Tried elsewhere: by a test that makes the condition and does what the page says. */
const elsewhere: Readonly<Record<string, string>> = {
  'state-lost': 'tests/e2e/lost-state.test.ts',
  'board-away': 'tests/e2e/board-killed.test.ts',
  failover: 'tests/failover/failover.test.ts',
};
/** Not tried by a test: the condition needs a device, a clock, a disk, or a person at the broker's page. */
const untried: readonly string[] = [
  'certificate-ends',
  'clock-wrong',
  'disk-full',
  'order-needs-human',
  'order-unresolved',
  'plan-waits',
  'queue-stuck',
  'restore',
];

it('every runbook is tried, or is one of those that are not', () => {
  const here = readFileSync(HERE, 'utf8');
  const pages = readdirSync('docs/runbooks').map((file) => file.replace(/\.md$/, ''));
  const tried = pages.filter(
    (page) => here.includes(`follow('${page}'`) || here.includes(`runbook('${page}')`),
  );
  for (const file of Object.values(elsewhere)) expect(existsSync(file)).toBe(true);
  const known = [...tried, ...Object.keys(elsewhere), ...untried];
  expect(pages.filter((page) => !known.includes(page))).toEqual([]);
  expect(known.filter((page) => !pages.includes(page))).toEqual([]);
  expect(new Set(known).size).toBe(known.length);
});

/**
 * Runbooks tried on a running system: the condition is made, the alert fires, the page's own commands are run,
 * and the alert is over.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { commandIn, runbook, RunbookReader } from './runbook.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';

const HERE = 'tests/e2e/runbooks.test.ts';
let program: Program;
let redis: TestRedis;
let run: Run;
let dataDir: string;
let url: string;
let stored: Dependencies;
let reader: RunbookReader;

beforeAll(async () => {
  program = buildProgram('runbooks');
  redis = await startTestRedis();
  dataDir = await freshDataDir();
  const env = { DATA_DIR: dataDir, REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'runbooks' };
  run = program.start(['--dry-run'], { ...env, PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '2' });
  await run.says('Ctrl-C stops');
  [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(run.stdout()) ?? [];
  reader = new RunbookReader({ url, dataDir, here: HERE });
  stored = await openDependencies(parseSettings(env), { tokens: null });
}, 180_000);
afterAll(async () => {
  await stored.close();
  run.child.kill('SIGTERM');
  await run.ended;
  await redis.stop();
  await Promise.all([program.remove(), removeDataDirs()]);
});

const firing = (): Promise<string[]> => reader.firing();

it('halt: says why, and is lifted', async () => {
  const token = readFileSync(join(dataDir, 'function-secrets/openfaas-fn/trade-token'), 'utf8');
  const headers = { authorization: `Bearer ${token.trim()}` };
  const body = JSON.stringify({ state: 'HALTED', reason: 'the runbook is tried' });
  await fetch(`${url}/function/trading-set-trading-state`, { method: 'POST', headers, body });
  expect(await firing()).toContain('TraderHalted');
  expect(await reader.follow('halt')).toContain('the runbook is tried');
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
  expect(await reader.follow('prices-stale')).toContain('"jobName":"sync-prices"');
  await reader.untilFiring('TraderPricesStale', false);
});

it('backup failed: the reason is read, and the job is run once', async () => {
  const store = new JobStore(stored.database);
  await store.started('backup', 'run-1', stored.now());
  await store.ended('backup', { ok: false, message: 'The disk is full.' }, stored.now());
  expect(await firing()).toContain('TraderBackupFailed');
  expect(await reader.follow('backup-failed')).toContain('The disk is full.');
  await reader.untilFiring('TraderBackupFailed', false);
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
  await reader.follow('suspected-split', { ISIN: isin, DAY: day });
  await reader.untilFiring('TraderSuspectedSplit', false);
});

it('dead letters: they are listed with their reason', async () => {
  const { redis: client } = stored.database;
  await client.sadd('queue:{function-queues:async}:names', 'echo');
  await client.zadd('queue:async.echo:failed', 1, 'call-1');
  expect(await firing()).toContain('TraderDeadLetters');
  await reader.follow('dead-letters');
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
  expect(await reader.follow('rates-stale')).toContain('"jobName":"sync-prices"');
  await reader.untilFiring('TraderRatesStale', false);
});

it('book differs: the reason is read, the ledger is checked, and the job runs again', async () => {
  const store = new JobStore(stored.database);
  await store.started('sync-positions', 'run-1', stored.now());
  const end = { ok: false, message: 'The broker is away.' };
  await store.ended('sync-positions', end, stored.now());
  expect(await firing()).toContain('TraderBookNotReconciled');
  const said = await reader.follow('book-differs');
  expect(said).toContain('The broker is away.');
  expect(said).toContain('All is in order.');
  await reader.shell('npx trader jobs --run sync-positions', {});
  await reader.untilFiring('TraderBookNotReconciled', false);
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
  expect(await reader.follow('failed-runs')).toContain('No price is fresh enough.');
  await reader.shell('npx trader jobs --run score-refresh', {});
  await client.zrem(failed, 'run-1');
  await reader.untilFiring('TraderRunsFailed', false);
});

it('Redis not persistent: the configuration is set back', async () => {
  const { redis: client } = stored.database;
  await client.config('SET', 'appendonly', 'no');
  expect(await firing()).toContain('TraderRedisNotPersistent');
  expect(runbook('redis-not-persistent')).toContain('appendonly yes');
  await client.config('SET', 'appendonly', 'yes');
  await reader.untilFiring('TraderRedisNotPersistent', false);
});

it('undeclared call: caller and callee are named, and who did it', async () => {
  const { redis: client } = stored.database;
  const key = keys.runtime.calls(new Date().toISOString().slice(0, 13));
  const field = 'planning-get-plan trading-set-trading-state n';
  await client.hset(key, field, '1');
  expect(await firing()).toContain('TraderUndeclaredCall');
  const { dependencies } = JSON.parse(await reader.follow('undeclared-call')) as {
    dependencies: object[];
  };
  expect(dependencies[0]).toMatchObject({
    caller: 'planning-get-plan',
    callee: 'trading-set-trading-state',
    declared: false,
  });
  const audit = await reader.shell(commandIn('undeclared-call', 'trader audit'));
  expect(audit).toContain('gateway-trigger-job');
  await client.hdel(key, field);
  expect(await firing()).not.toContain('TraderUndeclaredCall');
});

it('plan waits: it is read, and its owner approves it', async () => {
  await reader.shell('npx trader trust ask --confirm "I trust account default at level ask"');
  await reader.call('gateway-trigger-trading-cycle', {});
  expect(await firing()).toContain('TraderPlanWaits');
  const [waiting] = await proposals();
  const said = await reader.follow('plan-waits', { DIGEST: waiting?.digest ?? '' });
  expect(said).toContain(waiting?.planId);
  await reader.untilFiring('TraderPlanWaits', false);
  while ((await proposals())[0]?.state !== 'DONE') await sleep(200);
});

async function proposals() {
  const answer = await reader.call('gateway-list-proposals', {});
  return (answer as { proposals: { planId: string; digest: string; state: string }[] }).proposals;
}

/** Each page is followed by a test of these, command by command. */
const trials = [
  HERE,
  'tests/e2e/runbooks-orders.test.ts',
  'tests/e2e/runbooks-boards.test.ts',
  'tests/e2e/runbooks-state.test.ts',
  'tests/e2e/board-killed.test.ts',
];

it('every runbook is tried', () => {
  const texts = trials.map((file) => readFileSync(file, 'utf8')).join('\n');
  const pages = readdirSync('docs/runbooks').map((file) => file.replace(/\.md$/, ''));
  const isTried = (page: string) =>
    new RegExp(`(?:follow|commands|runbook)\\('${page}'`).test(texts);
  expect(pages.length).toBeGreaterThan(20);
  expect(pages.filter((page) => !isTried(page))).toEqual([]);
});

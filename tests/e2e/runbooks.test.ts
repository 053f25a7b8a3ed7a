/**
 * Runbooks tried on a running system: the condition is made, the alert fires, the page's own commands are run,
 * and the alert is over.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DAY_MS, MINUTE_MS, instantOf } from '#shared/kernel/instant.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { alertTable, type AlertRow } from '#shared/gateway/observe/alert-table.ts';
import { processAlerts } from '#shared/gateway/observe/process-alerts.ts';
import { JobStore } from '#shared/gateway/job-store.ts';
import { PriceDoubtStore } from '#shared/universe/price-doubt-store.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { openDependencies } from '#shared/runtime/dependencies.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { keys } from '#shared/redis/keys.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { until, untilDone } from '../support/until.ts';
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

/** More than a test takes from what it makes to the end of that. */
const UNDISTURBED_MS = 20_000;
/** Runs each minute, and changes nothing that is made here. */
const OFTEN = 'notices';

// What a test makes of a job, the next turn of that job would end.
beforeEach(async () => {
  const turns = async () => [...(await stored.runs.nextTurns(gateway.triggerJob))];
  const isSoon = ([job, turn]: readonly [string, number]) =>
    job !== OFTEN && turn - Date.now() < UNDISTURBED_MS;
  await until(async () => !(await turns()).some(isSoon), 200);
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

it('prices in doubt: the kind is named, and a sync that brings right ones ends it', async () => {
  const { database } = stored;
  // A sync that still runs would find that they are right.
  const asked = () => reader.call('gateway-get-job-status', { jobName: 'sync-prices' });
  const isIdle = async () => JSON.stringify(await asked()).includes('"status":"idle"');
  while (!(await isIdle())) await sleep(200);
  const doubts = new PriceDoubtStore(database);
  const day = dayOf(instantOf(Date.now()));
  const reason = 'its last 2 bars are those of earlier days again';
  const isins = (await new StoredMarket(database).securities()).map(({ isin }) => isin);
  for (const isin of isins.slice(0, isins.length / 2))
    await doubts.put(isin, 'dead-price', [{ kind: 'dead-price', day, reason }]);
  const alert = (await reader.alerts()).find(({ name }) => name === 'TraderPricesInDoubt');
  expect(alert?.labels).toEqual({ kind: 'dead-price' });
  expect(await reader.follow('prices-stale')).toContain('"jobName":"sync-prices"');
  await reader.untilFiring('TraderPricesInDoubt', false);
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

it('queue stuck: a queue of calls that was paused is named, and goes on', async () => {
  const { redis: client } = stored.database;
  const [queue, callId] = ['async.gateway-list-jobs', 'paused-call'];
  await client.hset(`queue:${queue}:meta`, 'paused', 1);
  const token = readFileSync(join(dataDir, 'function-secrets/openfaas-fn/read-token'), 'utf8');
  const headers = { authorization: `Bearer ${token.trim()}`, 'x-call-id': callId };
  const called = `${url}/async-function/gateway-list-jobs`;
  expect((await fetch(called, { method: 'POST', headers, body: '{}' })).status).toBe(202);
  const [waiting = ''] = await client.lrange(`queue:${queue}:wait`, 0, -1);
  await client.hset(`queue:${queue}:${waiting}`, 'timestamp', Date.now() - MINUTE_MS);
  const alert = (await reader.alerts()).find(({ name }) => name === 'TraderQueueNotWorked');
  expect(alert?.labels).toEqual({ queue });
  const REDIS_CLI = `redis-cli -s ${redis.url.replace('unix://', '')}`;
  const said = await reader.follow('queue-stuck', { REDIS_CLI, PREFIX: 'runbooks', QUEUE: queue });
  expect(said).toMatch(/^1$/m);
  await reader.untilFiring('TraderQueueNotWorked', false);
  // Over as soon as the call is taken, which is before it has ended.
  await until(async () => (await client.zscore(`queue:${queue}:completed`, waiting)) !== null);
});

it('log not written: the board is named, and the file is there again', async () => {
  const log = join(dataDir, 'log');
  await rename(log, `${log}-before`);
  await writeFile(log, 'no folder');
  await reader.untilFiring('TraderLogNotWritten');
  const alert = (await reader.alerts()).find(({ name }) => name === 'TraderLogNotWritten');
  expect(alert?.labels).toEqual({ board: stored.placement.device });
  expect(await reader.follow('log-not-written')).toContain('/log');
  await reader.untilFiring('TraderLogNotWritten', false);
  expect(readdirSync(log)).toEqual(['trader.log']);
});

it('schedule missing: the job is named, is scheduled again, and run once', async () => {
  const queue = await stored.runs.queueOf(gateway.triggerJob.topic);
  await queue.removeJobScheduler('backup');
  const alert = (await reader.alerts()).find(({ name }) => name === 'TraderScheduleMissing');
  expect(alert?.labels).toEqual({ job_name: 'backup' });
  expect(await reader.follow('schedule-missing', { JOB: 'backup' })).toContain(
    '"jobName":"backup"',
  );
  await reader.untilFiring('TraderScheduleMissing', false);
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

it('book differs: the line that is wrong is named, after the next sync', async () => {
  const { redis: client } = stored.database;
  const ledger = keys.portfolio.ledger('default' as AccountId);
  const line = (await client.lindex(ledger, -1)) ?? '';
  const store = new JobStore(stored.database);
  const synced = async () => {
    await store.started('sync-positions', 'run-1', stored.now());
    await store.ended('sync-positions', { ok: true, message: '' }, stored.now());
  };
  expect(await firing()).not.toContain('TraderBookDiffers');
  await client.lset(ledger, -1, line.replace(/"amount":"/, '"amount":"9'));
  await synced();
  await reader.untilFiring('TraderBookDiffers');
  const [, check = ''] = reader.commands('book-differs');
  expect(await reader.shell(check, {}, 1)).toMatch(/line/i);
  await client.lset(ledger, -1, line);
  await synced();
  await reader.untilFiring('TraderBookDiffers', false);
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

it.each([
  ['TraderRedisNotSynced', 'redis-not-persistent', 'appendfsync', 'everysec', 'always'],
  ['TraderRedisMayEvict', 'redis-full', 'maxmemory-policy', 'allkeys-lru', 'noeviction'],
] as const)('%s: %s says what to set back', async (alert, page, name, wrong, right) => {
  const { redis: client } = stored.database;
  await client.config('SET', name, wrong);
  expect(await firing()).toContain(alert);
  expect(runbook(page)).toMatch(new RegExp(`${name}\\W+${right}`));
  await client.config('SET', name, right);
  await reader.untilFiring(alert, false);
});

it('Redis not persistent: a file that could not be written is named, and is written again', async () => {
  const { redis: client } = stored.database;
  const [, dir = ''] = (await client.config('GET', 'dir')) as string[];
  const [, files = ''] = (await client.config('GET', 'appenddirname')) as string[];
  const rewrites = () => client.bgrewriteaof().then(() => true);
  // One that is under way ends first.
  await untilDone(rewrites);
  await rename(join(dir, files), join(dir, 'aside'));
  await untilDone(rewrites);
  await reader.untilFiring('TraderRedisWriteFailed');
  // Redis has made the folder again.
  await untilDone(rewrites);
  await reader.untilFiring('TraderRedisWriteFailed', false);
});

it('Redis full: its memory is read, and it is given more', async () => {
  const { redis: client } = stored.database;
  const [, used = ''] = /^used_memory:(\d+)/m.exec(await client.info('memory')) ?? [];
  await client.config('SET', 'maxmemory', String(Math.ceil(Number(used) * 1.05)));
  await reader.untilFiring('TraderRedisFull');
  const said = await reader.follow('redis-full', {
    REDIS_CLI: `redis-cli -s ${redis.url.replace('unix://', '')}`,
    BYTES: String(Number(used) * 4),
  });
  expect(said).toMatch(/^used_memory:\d+/m);
  expect(await reader.firing()).not.toContain('TraderRedisFull');
  await client.config('SET', 'maxmemory', '0');
});

it('job failed: the reason is read, and the job is run once', async () => {
  const store = new JobStore(stored.database);
  await store.started('score-refresh', 'run-1', stored.now());
  const end = { ok: false, message: 'No price is fresh enough.' };
  await store.ended('score-refresh', end, stored.now());
  const alert = (await reader.alerts()).find(({ name }) => name === 'TraderJobFailed');
  expect(alert?.labels).toEqual({ job_name: 'score-refresh' });
  expect(await reader.follow('job-failed', { JOB: 'score-refresh' })).toContain(end.message);
  await reader.untilFiring('TraderJobFailed', false);
});

it('metrics missing: the part is named, and the others are there', async () => {
  const { redis: client } = stored.database;
  const { labels, key } = { labels: { part: 'jobs' }, key: keys.gateway.job('maintenance') };
  await client.rename(key, `${key}-aside`).catch(() => undefined);
  await client.hset(key, { version: '1', json: 'no JSON' });
  await reader.untilFiring('TraderStatePartUnread');
  expect(JSON.parse(await reader.follow('metrics-missing'))).toMatchObject({
    alerts: expect.arrayContaining([
      expect.objectContaining({ name: 'TraderStatePartUnread', labels }),
    ]),
  });
  await client.del(key);
  await client.rename(`${key}-aside`, key).catch(() => undefined);
  await reader.untilFiring('TraderStatePartUnread', false);
});

it('backup failed: one that is old is made anew', async () => {
  const store = new JobStore(stored.database);
  const before = instantOf(stored.now() - 3 * DAY_MS);
  await store.started('backup', 'run-2', before);
  await store.ended('backup', { ok: true, message: '' }, before);
  await reader.untilFiring('TraderBackupOld');
  await reader.follow('backup-failed');
  await reader.untilFiring('TraderBackupOld', false);
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

it('metrics missing: the endpoint answers without them', async () => {
  const [, metricsUrl = ''] = /metrics at (\S+?)\)/.exec(run.stdout()) ?? [];
  const secret = (name: string) => readFileSync(join(dataDir, 'secrets', name), 'utf8').trim();
  const person = `${secret('basic-auth-user')}:${secret('basic-auth-password')}`;
  const removed = await fetch(`${url}/system/functions`, {
    ...{ method: 'DELETE', body: JSON.stringify({ functionName: 'gateway-get-metrics' }) },
    headers: { authorization: `Basic ${Buffer.from(person).toString('base64')}` },
  });
  expect(removed.ok).toBe(true);
  const row = processAlerts.find(({ name }) => name === 'TraderStateMetricsMissing');
  expect(row?.expr).toContain('trader_state_up == 0');
  expect(await (await fetch(metricsUrl)).text()).toContain('trader_state_up 0\n');
  await reader.follow('metrics-missing');
});

/** Each page is followed by a test of these, command by command; with the files that the test is made of. */
const trials = [
  [HERE],
  ['tests/e2e/runbooks-orders.test.ts'],
  ['tests/e2e/runbooks-boards.test.ts'],
  ['tests/e2e/runbooks-state.test.ts'],
  ['tests/e2e/board-killed.test.ts'],
  readdirSync('tests/night').map((file) => `tests/night/${file}`),
];
const texts = trials.map((files) => files.map((file) => readFileSync(file, 'utf8')).join('\n'));

it('every runbook is tried', () => {
  const pages = readdirSync('docs/runbooks').map((file) => file.replace(/\.md$/, ''));
  const isTried = (page: string) =>
    new RegExp(`(?:follow|commands|runbook)\\('${page}'`).test(texts.join('\n'));
  expect(pages.length).toBeGreaterThan(20);
  expect(pages.filter((page) => !isTried(page))).toEqual([]);
});

it('every alert is made by a test that follows its runbook', () => {
  const rows = [...alertTable, ...processAlerts];
  const isMade = ({ name, runbook: page }: Pick<AlertRow, 'name' | 'runbook'>) =>
    texts.some(
      (text) =>
        text.includes(`'${name}'`) &&
        new RegExp(`(?:follow|commands|runbook)\\('${page}'`).test(text),
    );
  expect(rows.filter((row) => !isMade(row)).map(({ name }) => name)).toEqual([]);
});

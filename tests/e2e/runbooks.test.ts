/**
 * Runbooks tried on a running system: the condition is made, the alert fires, the page's own commands are run,
 * and the alert is over.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS, instantOf } from '#shared/kernel/instant.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
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
  const answer = await fetch(`${url}/function/gateway-list-alerts`, { method: 'POST', body: '{}' });
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
  await client.sadd('queue:{lanes:async}:names', 'echo');
  await client.zadd('queue:async.echo:failed', 1, 'call-1');
  expect(await firing()).toContain('TraderDeadLetters');
  follow('dead-letters');
  await client.del('queue:async.echo:failed');
  expect(await firing()).not.toContain('TraderDeadLetters');
});

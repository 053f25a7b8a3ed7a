import { AuditReader } from '#shared/runtime/audit/audit-reader.ts';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readBackup, verifyBackup, writeBackup } from '#shared/gateway/backup/backup-file.ts';
import { exported, restoreInto } from '#shared/gateway/backup/export.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { takeDataDir } from '#gateway/embedded/data-dir.ts';
import { Database } from '#shared/redis/database.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';

const never = new AbortController().signal;

let redis: TestRedis;
let folder: string;
let source: Database;
let target: Database;

beforeAll(async () => {
  redis = await startTestRedis();
  folder = await mkdtemp(join(tmpdir(), 'trader-backup-'));
});

afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  source = new Database(connectRedis(redis.url, 'from'));
  target = new Database(connectRedis(redis.url, 'to'));
  await source.redis.flushall();
  await source.redis.hset('{account:default}:book', 'version', '3', 'json', '{"cash":"1"}');
  await source.redis.rpush('{account:default}:ledger', 'a', 'b');
  await source.redis.zadd('{plans}:by-time', 1.5, 'plan-1', 2, 'plan-2');
  await source.redis.sadd('{orders:default}:live', 'x', 'y');
  await source.redis.hset('{security:US0378331005}:prices', '2024', Buffer.from([0, 255, 128]));
  await source.redis.set('{once:a:b}:answer', 'kept for a while', 'PX', 60_000);
  await source.redis.set('{run:old}:outcome', 'of a run');
  await source.redis.set('queue:planning:1', 'a job');
  for (let i = 0; i < 450; i += 1) await source.redis.set(`{score:${i}}:x`, String(i));
});

afterEach(() => {
  source.redis.disconnect();
  target.redis.disconnect();
});

const backUp = (name: string) => writeBackup(join(folder, name), exported(source, never));

it('brings back every kind of value as it was, under another prefix', async () => {
  const { keys } = await backUp('a.gz');
  expect(keys).toBe(456);
  expect(await verifyBackup(join(folder, 'a.gz'))).toBe(456);
  expect(await restoreInto(target, readBackup(join(folder, 'a.gz')))).toBe(456);
  const { redis: back } = target;
  expect(await back.hgetall('{account:default}:book')).toEqual({
    version: '3',
    json: '{"cash":"1"}',
  });
  expect(await back.lrange('{account:default}:ledger', 0, -1)).toEqual(['a', 'b']);
  expect(await back.zrange('{plans}:by-time', '0', '-1', 'WITHSCORES')).toEqual([
    'plan-1',
    '1.5',
    'plan-2',
    '2',
  ]);
  expect((await back.smembers('{orders:default}:live')).sort()).toEqual(['x', 'y']);
  expect(await back.hgetBuffer('{security:US0378331005}:prices', '2024')).toEqual(
    Buffer.from([0, 255, 128]),
  );
  expect(await back.get('{score:449}:x')).toBe('449');
  const ttl = await back.pttl('{once:a:b}:answer');
  expect(ttl).toBeGreaterThan(30_000);
  expect(ttl).toBeLessThanOrEqual(60_000);
});

it('leaves queues and the messages of runs out', async () => {
  await backUp('b.gz');
  await restoreInto(target, readBackup(join(folder, 'b.gz')));
  expect(await target.redis.exists('queue:planning:1', '{run:old}:outcome')).toBe(0);
});

it('restores nothing over existing data', async () => {
  await backUp('c.gz');
  await target.redis.set('precious', 'yes');
  await expect(restoreInto(target, readBackup(join(folder, 'c.gz')))).rejects.toMatchObject({
    code: 'REFUSED',
    facts: { rule: 'restore-target-not-empty' },
  });
});

it.each([
  ['a changed line', (text: string) => text.replace('"ttlMs":-1', '"ttlMs":-2')],
  ['a missing line', (text: string) => text.replace(/\n.*\n/, '\n')],
  ['a missing end', (text: string) => text.trimEnd().split('\n').slice(0, -1).join('\n')],
])('does not trust a file with %s', async (_case, spoil) => {
  const file = join(folder, 'd.gz');
  await backUp('d.gz');
  await writeFile(file, gzipSync(spoil(String(gunzipSync(await readFile(file))))));
  await expect(verifyBackup(file)).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
});

it('does not trust a file that breaks off', async () => {
  const file = join(folder, 'e.gz');
  await backUp('e.gz');
  const whole = await readFile(file);
  await writeFile(file, whole.subarray(0, whole.length / 2));
  await expect(verifyBackup(file)).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
});

/** Runs a script of the project as a person does. */
function command(
  script: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['scripts/run.mjs', script, ...args], {
      env: { ...process.env, ...env },
    });
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += String(data)));
    child.stderr.on('data', (data: Buffer) => (said += String(data)));
    child.once('exit', (code) => resolve({ code, said }));
  });
}

it('is restored from the command line into a Redis by its address, and refuses an unsafe one', async () => {
  await backUp('f.gz');
  const env = { REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'to', DATA_DIR: join(folder, 'home') };
  const restore = (...args: string[]) =>
    command('scripts/restore-backup.ts', [join(folder, 'f.gz'), ...args], env);
  expect(await restore()).toMatchObject({ code: 1, said: expect.stringMatching(/connected/) });
  const dry = await restore('--connected', '--dry-run');
  expect(dry).toMatchObject({ code: 0, said: expect.stringMatching(/Nothing was changed/) });
  expect(await target.redis.dbsize()).toBe(await source.redis.dbsize());
  const done = await restore('--connected');
  expect(done).toMatchObject({ code: 0, said: expect.stringMatching(/456 of 456 keys restored/) });
  const again = await restore('--connected');
  expect(again).toMatchObject({ code: 1, said: expect.stringMatching(/nothing was done/) });
  const replaced = await restore('--connected', '--replace');
  expect(replaced).toMatchObject({ code: 0, said: expect.stringMatching(/generation 2/) });
  expect(replaced.said).toMatch(/before-restore/);
  const verdict = await target.epoch.verdict();
  expect(verdict).toMatchObject({ kind: 'kept', epoch: { generation: 2, sequence: 0 } });
  // In the state that it leaves, and on the chain of the backup.
  const { lines } = await new AuditReader(target).latest(0, 1);
  expect(lines).toMatchObject([
    {
      ...{ operation: 'state-restore', subject: 'f.gz', caller: 'cli', event: 'ended' },
      who: expect.stringMatching(/^cli \S+@\S+$/),
    },
  ]);
  expect((await new AuditReader(target).check()).finding).toBeUndefined();
});

it('is restored into the home of npm start, which agrees with its record afterwards', async () => {
  await backUp('g.gz');
  const home = join(folder, 'own-home');
  const env = { DATA_DIR: home, REDIS_URL: '', REDIS_KEY_PREFIX: 'trader' };
  const file = join(folder, 'g.gz');
  const done = await command('scripts/restore-backup.ts', [file], env);
  expect(done).toMatchObject({ code: 0, said: expect.stringMatching(/456 of 456 keys restored/) });
  expect(await command('scripts/state.ts', [], env)).toMatchObject({ code: 0 });
  // The append-only file of that home is deleted.
  await rm(join(home, 'redis'), { recursive: true });
  const lost = await command('scripts/state.ts', [], env);
  expect(lost).toMatchObject({ code: 1, said: expect.stringMatching(/The state was lost/) });
  const begun = await command('scripts/state.ts', ['new-beginning'], env);
  expect(begun).toMatchObject({ code: 0, said: expect.stringMatching(/generation 2/) });
  expect(await command('scripts/state.ts', [], env)).toMatchObject({ code: 0 });
});

it('is not restored into a home that is in use', async () => {
  await backUp('h.gz');
  const home = await takeDataDir(join(folder, 'used'));
  const env = { DATA_DIR: home.path, REDIS_URL: '' };
  const refused = await command('scripts/restore-backup.ts', [join(folder, 'h.gz')], env);
  expect(refused).toMatchObject({ code: 1, said: expect.stringMatching(/in use by another run/) });
  await home.release();
});

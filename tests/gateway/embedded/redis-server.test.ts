import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { lives, markOf } from '#gateway/embedded/processes.ts';
import { startOwnRedis, type OwnRedis } from '#gateway/embedded/redis/redis-server.ts';
import { silentLog } from '#shared/process/log.ts';
import { until } from '../../support/until.ts';

let dir: string;
const open: (() => Promise<void>)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trader-own-redis-'));
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
  await rm(dir, { recursive: true, force: true });
});

async function start(at = dir): Promise<OwnRedis> {
  const redis = await startOwnRedis({ program: 'redis-server', dir: at, log: silentLog });
  open.push(() => redis.close());
  return redis;
}

/** @param tries how often a server that is not there is asked again; null: until the test's time is over */
async function asked<T>(
  url: string,
  ask: (redis: Redis) => Promise<T>,
  tries: number | null = null,
): Promise<T> {
  const redis = new Redis(url.replace('unix://', ''), { maxRetriesPerRequest: tries });
  redis.on('error', () => undefined);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

const pidIn = async (folder: string): Promise<number> =>
  (JSON.parse(await readFile(join(folder, 'server.json'), 'utf8')) as { pid: number }).pid;

it('writes every change to the disk, evicts nothing and has no port', async () => {
  const { url, version } = await start();
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  const setting = (name: string) =>
    asked(url, async (redis) => ((await redis.config('GET', name)) as string[])[1]);
  expect(await setting('appendonly')).toBe('yes');
  expect(await setting('appendfsync')).toBe('always');
  expect(await setting('maxmemory-policy')).toBe('noeviction');
  expect(await setting('save')).toBe('');
  expect(await setting('port')).toBe('0');
});

it('keeps what was written over a stop and a start', async () => {
  const first = await start();
  await asked(first.url, (redis) => redis.set('k', 'v'));
  await first.close();
  open.pop();
  const { url } = await start();
  expect(await asked(url, (redis) => redis.get('k'))).toBe('v');
});

it('comes back by itself, with everything, when it is killed', async () => {
  const redis = await start();
  await asked(redis.url, (client) => client.set('k', 'v'));
  process.kill(await pidIn(dir), 'SIGKILL');
  await until(() => redis.restarts() > 0);
  expect(await asked(redis.url, (client) => client.get('k'))).toBe('v');
  expect(redis.restarts()).toBe(1);
});

it('shuts down the server that a killed run left behind', async () => {
  const folder = join(dir, 'redis');
  await mkdir(folder);
  const flags = ['--port', '0', '--unixsocket', join(dir, 'old.sock'), '--dir', folder];
  const orphan = spawn('redis-server', flags, { stdio: 'ignore' });
  const gone = once(orphan, 'exit');
  const mark = await markOf(orphan.pid ?? 0);
  await writeFile(join(folder, 'server.json'), JSON.stringify(mark));
  await sleep(100);
  expect(await lives(mark)).toBe(true);
  await start(folder);
  await gone;
  expect(await lives(mark)).toBe(false);
});

/** A server on the files of a folder, as a run that died leaves it. */
async function orphanIn(folder: string): Promise<{ pid: number; gone: Promise<unknown> }> {
  await mkdir(folder, { recursive: true });
  const flags = ['--port', '0', '--unixsocket', join(dir, 'old.sock'), '--dir', folder];
  const server = spawn('redis-server', [...flags, '--appendonly', 'yes'], {
    stdio: 'ignore',
    cwd: folder,
  });
  open.push(async () => void server.kill('SIGKILL'));
  const gone = once(server, 'exit');
  await once(server, 'spawn');
  return { pid: server.pid ?? 0, gone };
}

const onLinux = process.platform === 'linux' ? it : it.skip;

onLinux.each([
  ['was never recorded', undefined],
  ['has an empty record', ''],
  ['has a torn record', '{"pid":12'],
  ['has a record of something else', '[]'],
])('shuts down a server that %s, and starts', async (_case, text) => {
  const folder = join(dir, 'redis');
  const orphan = await orphanIn(folder);
  if (text !== undefined) await writeFile(join(folder, 'server.json'), text);
  await start(folder);
  await orphan.gone;
  expect(await pidIn(folder)).not.toBe(orphan.pid);
});

onLinux('leaves a server of another folder alone', async () => {
  const orphan = await orphanIn(join(dir, 'other'));
  const mark = await markOf(orphan.pid);
  await start(join(dir, 'redis'));
  expect(await lives(mark)).toBe(true);
});

it('leaves no server behind when it cannot record the one it started', async () => {
  const started = join(dir, 'pids');
  const program = join(dir, 'recorded-by-itself');
  const script = `#!/bin/sh\necho $$ >> ${started}\nexec redis-server "$@"\n`;
  await writeFile(program, script, { mode: 0o755 });
  const folder = join(dir, 'redis');
  const redis = await startOwnRedis({ program, dir: folder, log: silentLog });
  open.push(() => redis.close());
  // A folder in its place: the draft of the record cannot be written.
  await mkdir(join(folder, 'server.json.draft'));
  process.kill(await pidIn(folder), 'SIGKILL');
  await until(() => redis.restarts() >= 3);
  const pids = (await readFile(started, 'utf8')).trim().split('\n').map(Number);
  const marks = await Promise.all(pids.map((pid) => markOf(pid)));
  for (const mark of marks) await until(async () => !mark.startedAt || !(await lives(mark)));
  await rm(join(folder, 'server.json.draft'), { recursive: true });
  expect(await asked(redis.url, (client) => client.ping())).toBe('PONG');
});

it('restarts none while it is stopped', async () => {
  const redis = await start();
  process.kill(await pidIn(dir), 'SIGKILL');
  await until(() => redis.restarts() > 0, 5);
  // It is about to be started again at some moment of this.
  await sleep(95);
  await redis.close();
  open.pop();
  await sleep(100);
  await expect(asked(redis.url, (client) => client.ping(), 5)).rejects.toThrow();
});

it('finds a place for its socket when the path of the data is too long for one', async () => {
  const long = join(dir, 'x'.repeat(120));
  const { url } = await start(long);
  expect(url.length).toBeLessThan(110);
  expect(await asked(url, (redis) => redis.ping())).toBe('PONG');
});

it('names the log when it does not start', async () => {
  const program = join(dir, 'broken');
  await writeFile(program, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  await expect(startOwnRedis({ program, dir, log: silentLog })).rejects.toThrow(
    `redis-server did not start; ${join(dir, 'redis.log')} says why.`,
  );
});

describe('an append-only file that is shorter than it was', () => {
  /** Writes, ends the server, and answers the newest part of the file. */
  async function written(): Promise<string> {
    const { url } = await start();
    await asked(url, async (redis) => {
      for (let i = 0; i < 20; i += 1) await redis.set(`k${i}`, 'a value of some length');
    });
    for (const close of open.splice(0)) await close();
    const parts = await readdir(join(dir, 'appendonlydir'));
    const name =
      parts
        .filter((part) => part.endsWith('.incr.aof'))
        .sort()
        .at(-1) ?? '';
    return join(dir, 'appendonlydir', name);
  }

  it('is not reported where nothing is missing', async () => {
    await written();
    expect((await start()).warnings).toEqual([]);
  });

  it('is reported where its end is torn', async () => {
    const file = await written();
    await truncate(file, (await stat(file)).size - 7);
    const { warnings } = await start();
    expect(warnings).toEqual([
      expect.stringContaining('7 bytes shorter than it was'),
      expect.stringContaining('torn and cut it off (redis.log says where)'),
    ]);
  });

  it('is reported where somebody has repaired it, and Redis has nothing to complain about', async () => {
    const file = await written();
    await truncate(file, (await stat(file)).size - 7);
    const repair = spawn('redis-check-aof', ['--fix', file], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    repair.stdin.end('y\n');
    await once(repair, 'exit');
    const { warnings } = await start();
    expect(warnings).toEqual([expect.stringMatching(/\d+ bytes shorter than it was/)]);
  });

  it('is reported once: the next start measures the file as it is', async () => {
    const file = await written();
    await truncate(file, (await stat(file)).size - 7);
    await start();
    for (const close of open.splice(0)) await close();
    expect((await start()).warnings).toEqual([]);
  });
});

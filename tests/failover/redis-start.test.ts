/** How Redis of a board of two starts: there is never a second primary. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { promote } from '../../scripts/failover/promotion.ts';
import { freePort } from '../support/free-port.ts';
import { testNeeding } from '../support/needing.ts';
import { withoutProgram } from '../integration/deploy/tools.ts';

const PASSWORD = 'a-long-random-password';
let folder: string;
let ports: { a: number; b: number };
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redis-start-'));
  ports = { a: await freePort(), b: await freePort() };
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** As the compose file of a board starts it. */
async function start(
  name: 'a' | 'b',
  first: 'primary' | 'replica',
  env: Record<string, string> = {},
): Promise<ChildProcess> {
  const peer = name === 'a' ? ports.b : ports.a;
  const data = join(folder, name);
  const settings = join(folder, `${name}.conf`);
  const peerFile = join(folder, `${name}-peer`);
  const text = [`port ${ports[name]}`, 'bind 127.0.0.1', `requirepass ${PASSWORD}`, 'save ""'];
  await writeFile(settings, [...text, 'appendonly yes', 'appendfsync always', ''].join('\n'));
  await writeFile(peerFile, `redis://:${PASSWORD}@127.0.0.1:${peer}\n`);
  await mkdir(data, { recursive: true });
  const own = { REDIS_SETTINGS: settings, REDIS_DATA: data, PEER_URL_FILE: peerFile };
  const child = spawn('sh', ['./deploy/faasd/redis-start.sh'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...own, REDIS_FIRST: first, ...env },
  });
  children.push(child);
  return child;
}

const urlOf = (name: 'a' | 'b'): string => `redis://:${PASSWORD}@127.0.0.1:${ports[name]}`;

async function ask(name: 'a' | 'b', ...command: [string, ...string[]]): Promise<unknown> {
  const redis = new Redis(urlOf(name), { retryStrategy: () => null });
  redis.on('error', () => undefined);
  const [first, ...rest] = command;
  return redis.call(first, ...rest).finally(() => redis.disconnect());
}

async function untilRole(name: 'a' | 'b', role: 'master' | 'slave'): Promise<void> {
  for (;;) {
    const answer = await ask(name, 'ROLE').catch(() => undefined);
    if (
      Array.isArray(answer) &&
      answer[0] === role &&
      (role === 'master' || answer[3] === 'connected')
    )
      return;
    await sleep(50);
  }
}

testNeeding(
  withoutProgram('redis-cli'),
  'boards start as primary and replica, whichever is first; the old primary comes back as replica',
  async () => {
    const replica = await start('b', 'replica');
    const primary = await start('a', 'primary');
    await untilRole('a', 'master');
    await untilRole('b', 'slave');
    await ask('a', 'SET', 'kept', 'yes');
    await ask('a', 'WAIT', '1', '0');
    primary.kill('SIGKILL');
    await promote(urlOf('b'), 'start');
    await start('a', 'primary');
    await untilRole('a', 'slave');
    expect(await ask('a', 'GET', 'kept')).toBe('yes');
    // The promoted server has kept its role beyond its own end.
    replica.kill('SIGKILL');
    await once(replica, 'exit');
    expect(await readFile(join(folder, 'b', 'redis.conf'), 'utf8')).not.toMatch(/^replicaof/m);
    await start('b', 'replica');
    await untilRole('b', 'master');
  },
);

testNeeding(
  withoutProgram('redis-cli'),
  'a server that was primary does not start while the other board is silent, unless a person says so',
  async () => {
    const alone = await start('a', 'primary', { PEER_TRIES: '2' });
    let said = '';
    alone.stderr?.on('data', (chunk: Buffer) => (said += String(chunk)));
    expect(await once(alone, 'exit')).toEqual([1, null]);
    expect(said).toContain('the other board does not answer');
    await start('a', 'primary', { START_ALONE: 'yes' });
    await untilRole('a', 'master');
  },
);

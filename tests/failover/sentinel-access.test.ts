/** Sentinels with a password: it is that of REDIS_URL, and what they refuse is named. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis, requireSafeRedis } from '#shared/redis/client.ts';
import { freePort } from '../support/free-port.ts';

const PASSWORD = 'of-redis-and-sentinels';
let folder: string;
let redisPort: number;
const running: ChildProcess[] = [];

function start(...args: readonly string[]): void {
  running.push(spawn('redis-server', args, { stdio: 'ignore' }));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sentinel-access-'));
  redisPort = await freePort();
  const safe = ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', folder];
  start('--port', String(redisPort), '--requirepass', PASSWORD, ...safe);
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** How the check at a process's start ends, where the sentinel has these lines in its settings. */
async function checked(...lines: readonly string[]): Promise<unknown> {
  const port = await freePort();
  const file = join(folder, `sentinel-${port}.conf`);
  const monitor = `sentinel monitor trader 127.0.0.1 ${redisPort} 1`;
  const own = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...lines];
  await writeFile(file, [...own, monitor, `sentinel auth-pass trader ${PASSWORD}`, ''].join('\n'));
  start(file, '--sentinel');
  const redis = connectRedis(`redis+sentinel://:${PASSWORD}@127.0.0.1:${port}/trader`, 'test');
  try {
    for (;;) {
      const found = await requireSafeRedis(redis).then(
        () => 'safe',
        (thrown: unknown) => thrown,
      );
      // The sentinel has hardly begun.
      if (!/did not answer/.test(String(found))) return found;
      await sleep(100);
    }
  } finally {
    redis.disconnect();
  }
}

const all = (password: string, rights = ''): string =>
  `user default on >${password} ~* &* +@all ${rights}`;

test.each([
  ['with the password of Redis', `requirepass ${PASSWORD}`],
  ['open to everybody', ''],
])('sentinels %s are asked', async (_name, line) => {
  expect(await checked(line)).toBe('safe');
});

test('another password, and each right that is missing, are named', async () => {
  const [password, ...rights] = await Promise.all([
    checked(all('another')),
    checked(all(PASSWORD, '-sentinel|get-master-addr-by-name')),
    checked(all(PASSWORD, '-sentinel|sentinels')),
    checked(all(PASSWORD, '-sentinel')),
  ]);
  expect(password).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'The sentinels refuse the password of REDIS_URL.',
  });
  for (const one of rights)
    expect(one).toMatchObject({
      code: 'REFUSED',
      facts: {
        rule: 'redis-rights',
        grants: ['+sentinel|get-master-addr-by-name', '+sentinel|sentinels'],
      },
    });
});

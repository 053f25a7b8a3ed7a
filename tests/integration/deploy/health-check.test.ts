/** The health check against what a board with faasd 0.19.0 and OpenFaaS' gateway 0.25.4 answered. */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findRedisServer } from '#gateway/embedded/redis/redis-program.ts';
import { freePort } from '../../support/free-port.ts';
import { describeNeeding, testNeeding } from '../../support/needing.ts';
import { ran, withoutProgram, type Ran } from './tools.ts';

const PASSWORD = 'a-long-random-password';
let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'health-check-'));
  await mkdir(join(folder, 'bin'));
  await program('npm', 'exit 0');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function program(name: string, text: string): Promise<void> {
  await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`);
  await chmod(join(folder, 'bin', name), 0o755);
}

function check(...options: readonly string[]): Ran {
  const hosts = ['--hosts', 'compute=127.0.0.1,state=127.0.0.1'];
  const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`;
  return ran('deploy/scripts/health-check.sh', [...hosts, ...options], { PATH: path });
}

/** HEAD is refused, with a date all the same; GET is answered without a body. */
async function gateway(secondsBehind: number): Promise<void> {
  const date = `date -u -d '${secondsBehind} seconds ago' '+%a, %d %b %Y %H:%M:%S GMT'`;
  await program(
    'curl',
    `printf 'HTTP/1.1 200 OK\\r\\nDate: %s\\r\\n\\r\\n' "$(${date})"; case "$*" in *-fsSI*) exit 22 ;; esac`,
  );
}

test('the clock of a board is right, or its difference is named', async () => {
  await gateway(0);
  const { out } = check('--skew-max', '60');
  for (const board of ['state', 'compute']) expect(out).toContain(`ok      ${board}: clock\n`);
  await gateway(300);
  expect(check('--skew-max', '60').out).toMatch(/PROBLEM state: clock: differs by (29|30)\d s/);
});

testNeeding(
  withoutProgram('openssl'),
  'the days left of every certificate in use are looked at, in the folder that the command made',
  async () => {
    await gateway(0);
    const certificates = join(folder, 'certificates');
    const make = (...args: string[]): Ran =>
      ran('node', ['scripts/run.mjs', 'scripts/certificates.ts', ...args, '--dir', certificates]);
    expect(make('ca').code).toBe(0);
    expect(make('board', 'board-1').code).toBe(0);
    const lines = (...options: string[]): string[] =>
      check('--certificates', certificates, ...options)
        .out.split('\n')
        .filter((line) => line.includes('certificate'));
    const used = ['board-1/current/ca.pem', 'board-1/current/cert.pem', 'ca/ca.pem'];
    expect(lines()).toEqual(used.map((name) => `ok      certificate ${name}`));
    expect(lines('--days-min', '90')[1]).toMatch(
      /^PROBLEM certificate board-1\/current\/cert.pem: (59|60) days left/,
    );
    const empty = join(folder, 'empty');
    await mkdir(empty);
    expect(check('--certificates', empty).out).toContain('PROBLEM certificates: there is none in');
  },
  60_000,
);

describeNeeding(withoutProgram('redis-cli'), 'Redis with a password', () => {
  let ports: readonly number[];

  async function redis(port: number, ...options: readonly string[]): Promise<void> {
    const find = { env: process.env, isRoot: false, print: () => undefined };
    const data = join(folder, String(port));
    await mkdir(data);
    const own = ['--port', String(port), '--dir', data, '--appendonly', 'yes', '--save', ''];
    const password = ['--requirepass', PASSWORD, '--masterauth', PASSWORD];
    const server = await findRedisServer(find);
    children.push(spawn(server, [...own, ...password, ...options], { stdio: 'ignore' }));
  }

  /** The line of the check, once both servers answer. */
  async function redisLine(password = PASSWORD): Promise<string> {
    const file = join(folder, 'redis-url');
    await writeFile(file, `redis://:${password}@127.0.0.1:${ports.join(',127.0.0.1:')}\n`);
    for (;;) {
      const { out } = check('--redis-url-file', file);
      const line = /^.*\bredis\b.*$/m.exec(out)?.[0] ?? '';
      if (!/refused|LOADING|lost its primary/.test(line)) return line;
      await sleep(100);
    }
  }

  beforeEach(async () => {
    await gateway(0);
    ports = [await freePort(), await freePort()];
    await redis(ports[0] ?? 0);
  });

  test('a primary and its replica are well; a wrong password is not', async () => {
    await redis(ports[1] ?? 0, '--replicaof', `127.0.0.1 ${ports[0]}`);
    expect(await redisLine()).toBe('ok      redis');
    expect(await redisLine('wrong')).toContain('does not let us in');
  });

  test('two primaries are named', async () => {
    await redis(ports[1] ?? 0);
    expect(await redisLine()).toBe('PROBLEM redis: 2 of 2 servers are primary');
  });
});

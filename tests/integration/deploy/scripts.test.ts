/** The scripts of an operator: what they would do, what they refuse, and a real failover. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectQueueRedis } from '#shared/redis/client.ts';
import { testNeeding } from '../../support/needing.ts';
import { ran, withoutProgram, type Ran } from './tools.ts';
import { startTcpRedis } from '../../support/tcp-redis.ts';

const HOSTS = ['--hosts', 'compute=127.0.0.1,state=127.0.0.1'];
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'deploy-scripts-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function script(name: string, ...args: string[]): Ran {
  return ran(`deploy/scripts/${name}.sh`, args, { ARDUINO_TRADER_HISTORY: join(home, 'history') });
}

test('a dry run of a deployment prints the commands of both boards, those of the state first', () => {
  const { code, out } = script('deploy-dual-device', '--tag', '7', ...HOSTS, '--dry-run');
  expect(code).toBe(0);
  const boards = [...out.matchAll(/--board deploy\/boards\/compute-state\/(\w+)/g)];
  expect(boards.map(([, board]) => board)).toEqual(['state', 'compute']);
  expect(out).toContain('nothing was done');
});

const FOLDER = mkdtempSync(join(tmpdir(), 'failover-files-'));
const REDIS_FILES = ['primary', 'replica'].flatMap((name) => [
  `--${name}-url-file`,
  join(FOLDER, name),
]);
const TAKE_OVER = [
  ...['--take-over', '--ssh', 'a@b', '--gateway', 'http://a:8080', '--secrets', FOLDER],
];
for (const name of ['primary', 'replica', 'trade-token'])
  writeFileSync(join(FOLDER, name), 'redis://127.0.0.1:1\n');
afterAll(() => rm(FOLDER, { recursive: true }));

test('a board that takes over gets all services, its functions before its gateway restarts', () => {
  const { code, out } = script('failover', ...REDIS_FILES, ...TAKE_OVER, '--tag', '7', '--dry-run');
  const steps = [...out.matchAll(/^\+ (.*)$/gm)].map(([, step = '']) => step);
  expect([code, steps]).toEqual([
    0,
    [
      expect.stringMatching(/promote .*--take-over$/),
      expect.stringContaining('redis-url'),
      expect.stringMatching(/all-local\/services.yaml a@b:\S+services-yaml$/),
      expect.stringMatching(
        /deploy -- --board deploy\/boards\/all-local --gateway http:\/\/a:8080/,
      ),
      expect.stringContaining('restart faasd'),
      expect.stringContaining('faasd-watch.sh --gateway-within'),
      expect.stringContaining('--reconcile'),
    ],
  ]);
});

test('the other split has its own boards', () => {
  const hosts = ['--hosts', 'a=10.0.0.1,b=10.0.0.2', '--split', 'balanced'];
  const { out } = script('deploy-dual-device', '--tag', '7', ...hosts, '--dry-run');
  expect([...out.matchAll(/http:\/\/(\S+):8080/g)].map(([, host]) => host)).toEqual([
    '10.0.0.2',
    '10.0.0.1',
  ]);
});

test.each([
  ['deploy-dual-device', ['--tag', '7'], 'the address of "state" is missing'],
  ['deploy-dual-device', [...HOSTS], '--tag is missing'],
  ['deploy-dual-device', ['--tag'], '--tag needs a value'],
  ['deploy-dual-device', ['--tag', '7', ...HOSTS, '--split', 'three'], '--split: there is no'],
  ['deploy-dual-device', ['--tag', '7', '--hosts', 'compute'], '--hosts: "compute" is not'],
  [
    'deploy-dual-device',
    ['--tag', '7', '--hosts', `${HOSTS[1] ?? ''},stat=10.0.0.1`],
    '"stat" is none',
  ],
  ['deploy-dual-device', ['--tag', '7', ...HOSTS, '--secrets', FOLDER], 'has no folder "state"'],
  ['deploy-dual-device', ['--tag', '7', ...HOSTS, '--settings', '/nowhere'], '/nowhere cannot be'],
  ['health-check', [...HOSTS, '--certificates', '/nowhere'], '--certificates: /nowhere cannot be'],
  ['health-check', [...HOSTS, '--redis-url-file', '/nowhere'], '--redis-url-file: /nowhere cannot'],
  ['health-check', [...HOSTS, '--skew-max', 'much'], '--skew-max is a number'],
  ['health-check', ['--host', 'x'], 'unknown option --host'],
  ['rollback', [...HOSTS], 'name the version with --to'],
  ['failover', [], '--primary-url-file: cannot be read'],
  ['failover', [...REDIS_FILES, '--take-over'], '--take-over needs --ssh'],
  ['failover', [...REDIS_FILES, '--take-over', '--ssh', 'a@b'], '--take-over needs --gateway'],
  [
    'failover',
    [...REDIS_FILES, ...TAKE_OVER, '--settings', '/nowhere'],
    '--settings: cannot be read',
  ],
  ['failover', [...REDIS_FILES, ...TAKE_OVER], '--take-over needs --tag'],
])('%s %j ends with 2 and says why', (name, args, why) => {
  const { code, err } = script(name, ...args);
  expect([code, err]).toEqual([2, expect.stringContaining(why)]);
});

test.each(['deploy-dual-device', 'health-check', 'failover', 'rollback', 'faasd-watch'])(
  '%s --help says what it does and its options',
  (name) => {
    const { code, out } = script(name, '--help');
    expect([code, out]).toEqual([0, expect.stringContaining(`${name}.sh`)]);
    expect(out).toContain('--dry-run');
    expect(out).not.toMatch(/^#|shellcheck/m);
  },
);

test('a rollback installs the previous version', async () => {
  await writeFile(join(home, 'history'), '5\n6\n7\n7\n');
  expect(script('rollback', ...HOSTS, '--dry-run')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^back to 6\n/) as unknown,
  });
  expect(script('rollback', '--to', '5', ...HOSTS, '--dry-run').out).toMatch(/^back to 5\n/);
});

test('a health check of boards that do not answer names each problem and ends with 1', () => {
  const { code, out } = script('health-check', '--hosts', 'compute=127.0.0.1:1,state=127.0.0.1:1');
  expect(code).toBe(1);
  for (const board of ['state', 'compute'])
    for (const what of ['gateway', 'functions and versions', 'clock'])
      expect(out).toContain(`PROBLEM ${board}: ${what}`);
});

testNeeding(
  withoutProgram('redis-cli'),
  'a failover refuses while the primary answers, then promotes the replica, and once is enough',
  async () => {
    const primary = await startTcpRedis();
    const replica = await startTcpRedis();
    const connection = connectQueueRedis(replica.url, 'any');
    try {
      const { hostname, port } = new URL(primary.url);
      await connection.call('REPLICAOF', hostname, port);
      const files = ['primary', 'replica'].map((name) => join(home, name));
      await writeFile(files[0] ?? '', `${primary.url}\n`);
      await writeFile(files[1] ?? '', `${replica.url}\n`);
      const args = ['--primary-url-file', files[0] ?? '', '--replica-url-file', files[1] ?? ''];
      const failover = (...more: string[]): Ran => script('failover', ...args, ...more);
      expect(failover('--yes')).toMatchObject({
        code: 1,
        err: expect.stringContaining('the primary answers') as unknown,
      });
      await primary.stop();
      expect(failover('--dry-run').code).toBe(0);
      expect(await connection.call('ROLE')).toContain('slave');
      expect(failover('--yes').code).toBe(0);
      expect(await connection.call('ROLE')).toContain('master');
      expect(failover('--yes').out).toContain('the replica is primary already');
    } finally {
      connection.disconnect();
      await Promise.all([primary.stop(), replica.stop()]);
    }
  },
);

/** The commands of a person against a gateway: what they print, what they change, and their exit codes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionHandler } from '#template/function.ts';
import { keys } from '#shared/redis/keys.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { endpointOf } from '../../support/host.ts';
import {
  openPageFixture,
  PASSWORD,
  type PageFixture,
} from '../../support/endpoints/page-fixture.ts';
import { bareEnvironment } from '../../support/bare-environment.ts';

const PROGRAM = join(__dirname, '../../../cli/trader.mjs');
const FORMER = join(__dirname, '../../../scripts/trading-state.mjs');

let redis: TestRedis;
let fixture: PageFixture;
let server: Server;
let url: string;
let dataDir: string;

beforeAll(async () => {
  redis = await startTestRedis();
  fixture = await openPageFixture(redis, { past: { days: 40, holdings: 6, deposit: 20_000 } });
  server = createServer((request, response) => void call(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  dataDir = await mkdtemp(join(tmpdir(), 'trader-cli-'));
  const secrets = join(dataDir, 'function-secrets/openfaas-fn');
  await mkdir(secrets, { recursive: true });
  await writeFile(join(secrets, 'trade-token'), 'a-trade-token-of-16+\n');
  await writeFile(join(secrets, 'operator-password'), `${PASSWORD}\n`);
});
afterAll(async () => {
  server.close();
  await fixture.close();
  await redis.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** `/function/gateway-get-overview` as a gateway calls it. */
async function call(...[request, response]: Parameters<ReturnType<typeof endpointOf>>) {
  const [, service = '', operation = ''] =
    /^\/function\/([a-z]+)-([a-z-]+)/.exec(request.url ?? '') ?? [];
  const file = `../../../functions/${service}/${operation}/handler.ts`;
  const { default: handler } = (await import(file)) as { default: FunctionHandler };
  request.url = '/';
  endpointOf(handler, fixture.dependencies)(request, response);
}

async function trader(
  args: readonly string[],
  env: Record<string, string> = {},
  program = PROGRAM,
) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...bareEnvironment, GATEWAY_URL: url, DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += String(text)));
  child.stderr.on('data', (text: Buffer) => (stderr += String(text)));
  const [status] = (await once(child, 'close')) as [number];
  return { status, stdout, stderr };
}

test('status prints the state in a few lines, and everything as JSON', async () => {
  const { status, stdout } = await trader(['status']);
  expect(stdout).toMatch(/^PRACTICE {2}✓ All is well/);
  expect(stdout).toMatch(/Value EUR [\d,.]+ \([+-][\d.]+ %\), cash EUR/);
  expect(status).toBe(0);
  const json = await trader(['status', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ standing: { code: 'healthy' }, holdingCount: 6 });
});

test('halt is in force when reported, resume asks for confirmation, and both show in status', async () => {
  const halted = await trader(['halt', '--reason', 'away for a week']);
  expect([halted.status, halted.stdout]).toEqual([0, expect.stringContaining('HALTED')]);
  const { database } = fixture.dependencies;
  expect(await database.redis.hget(keys.trading.control(), 'json')).toContain('away for a week');
  const during = await trader(['status']);
  expect([during.status, during.stdout]).toEqual([11, expect.stringContaining('away for a week')]);
  const unasked = await trader(['resume']);
  expect([unasked.status, unasked.stderr]).toEqual([7, 'trader: nothing was changed\n']);
  const reduced = await trader(['reduce', '--json']);
  expect(JSON.parse(reduced.stdout)).toMatchObject({ inForce: 'REDUCING' });
  const resumed = await trader(['resume', '--yes']);
  expect([resumed.status, resumed.stdout]).toEqual([0, expect.stringContaining('ACTIVE')]);
});

test('halt and reduce work without a gateway, by a file that resume removes', async () => {
  const gone = { GATEWAY_URL: 'http://127.0.0.1:1' };
  const { status, stdout } = await trader(['halt', '--reason', 'fire'], gone);
  expect([status, stdout]).toEqual([0, expect.stringContaining('HALTED')]);
  expect(await readFile(join(dataDir, 'HALTED'), 'utf8')).toMatch(/^cli \S+@\S+: fire\n$/);
  expect((await trader(['reduce', '--reason', 'smoke'], gone)).status).toBe(0);
  expect(await readFile(join(dataDir, 'REDUCING'), 'utf8')).toMatch(/^cli \S+@\S+: smoke\n$/);
  expect((await trader(['status'], gone)).status).toBe(3);
  // Without a gateway nothing is lifted.
  expect((await trader(['resume', '--yes'], gone)).status).toBe(3);
  expect(existsSync(join(dataDir, 'HALTED'))).toBe(true);
  const resumed = await trader(['resume', '--yes']);
  expect(resumed.stdout).toContain(`removed ${join(dataDir, 'HALTED')}`);
  for (const name of ['HALTED', 'REDUCING']) expect(existsSync(join(dataDir, name))).toBe(false);
});

test('halt leaves its file also where the gateway refuses the token', async () => {
  const strict = createServer((_, response) => response.writeHead(401).end('{}'));
  await once(strict.listen(0, '127.0.0.1'), 'listening');
  const { port } = strict.address() as AddressInfo;
  const { status, stdout } = await trader(['halt'], { GATEWAY_URL: `http://127.0.0.1:${port}` });
  strict.close();
  expect([status, stdout]).toEqual([0, expect.stringContaining('while it is there')]);
  expect(existsSync(join(dataDir, 'HALTED'))).toBe(true);
  await rm(join(dataDir, 'HALTED'));
});

test('the former command npm run trading-state says what replaces it, and does it', async () => {
  const former = (args: readonly string[]) => trader(args, {}, FORMER);
  const halted = await former(['halted', 'a', 'reason']);
  expect([halted.status, halted.stdout]).toEqual([0, expect.stringContaining('a reason')]);
  expect(halted.stderr).toContain('trader halt');
  expect((await former(['reducing', 'why'])).stdout).toContain('REDUCING');
  expect((await former([])).stdout).toContain('REDUCING');
  expect((await former(['active'])).stdout).toContain('ACTIVE');
  expect((await former(['halted'])).status).toBe(2);
});

test('why and plan print what is known, and exit with 4 where nothing is', async () => {
  const { holdings } = JSON.parse((await trader(['status', '--json'])).stdout) as {
    holdings: { symbol: string }[];
  };
  const { status, stdout } = await trader(['why', holdings[0]?.symbol.toLowerCase() ?? '']);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/Held [\d.]+, value EUR/)]);
  expect(await trader(['why', 'NOSUCH'])).toMatchObject({ status: 4, stdout: '' });
  expect(await trader(['plan'])).toMatchObject({
    status: 4,
    stderr: 'trader: there is no plan yet\n',
  });
});

test('jobs are listed, open prints the address, and password the credential', async () => {
  expect((await trader(['jobs'])).stdout).toContain('trading-cycle');
  expect((await trader(['open'])).stdout).toBe(`${url}/trader/\n`);
  expect((await trader(['--url', 'https://board.home:8080/', 'open'])).stdout).toBe(
    'https://board.home:8080/trader/\n',
  );
  expect((await trader(['password'])).stdout).toBe(`${PASSWORD}\n`);
});

test.each(['bash', 'zsh', 'fish'])('completion for %s knows every command', async (shell) => {
  const { status, stdout } = await trader(['completion', shell]);
  expect(status).toBe(0);
  for (const command of ['status', 'plan', 'why', 'halt', 'resume', 'check-data'])
    expect(stdout).toContain(command);
});

test('an argument that is wrong is named, with 2', async () => {
  expect(await trader(['completion', 'tcsh'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('tcsh'),
  });
  expect(await trader(['jobs', '--run', 'nothing'])).toMatchObject({ status: 2 });
});

/** A board as faasd has it: a gateway with functions, and connector and facade as processes beside it. */
import { credentials } from '@grpc/grpc-js';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openServiceClients } from '#shared/clients/grpc/service-clients.ts';
import { serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { silentLog } from '#shared/process/log.ts';
import { runEndToEnd } from '../support/deployment/end-to-end.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import {
  openCertificates,
  today,
  type TestCertificates,
} from '../support/endpoints/test-certificates.ts';
import {
  buildProgram,
  freshDataDir,
  removeDataDirs,
  runOf,
  type Program,
  type Run,
} from './program.ts';
import { undocumentedFields } from '../support/log-fields.ts';
import { bareEnvironment } from '../support/bare-environment.ts';

let program: Program;
let redis: TestRedis;
let certificates: TestCertificates;
const running: Run[] = [];
const folders: string[] = [];

beforeAll(async () => {
  program = buildProgram('processes');
  redis = await startTestRedis();
  certificates = await openCertificates();
  await certificates.store.issue({ name: 'board', sans: ['127.0.0.1'] }, today());
});
afterEach(async () => {
  for (const run of running.splice(0).reverse()) {
    if (run.child.exitCode === null) run.child.kill('SIGTERM');
    await run.ended;
    // Of each process by itself: gateway, connector, facade.
    const lines = run.stderr().split('\n');
    expect([run.child.spawnargs[1], undocumentedFields(lines)]).toEqual([
      ...[run.child.spawnargs[1], []],
    ]);
  }
});
afterAll(async () => {
  await program.remove();
  await redis.stop();
  await certificates.remove();
  await removeDataDirs();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** The fact that a process logs when it is ready. */
function logged(run: Run, event: string): Record<string, unknown> {
  const line = run
    .stderr()
    .split('\n')
    .find((one) => one.includes(`"event":"${event}"`));
  return JSON.parse(line ?? '{}') as Record<string, unknown>;
}

/** Redis's address comes out of a mounted file, as on a board. */
async function mounted(dataDir: string): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'trader-mounted-'));
  folders.push(folder);
  const file = join(folder, 'redis-url');
  await writeFile(file, `${redis.url}\n`);
  return {
    REDIS_URL_FILE: file,
    SECRETS_DIR: join(dataDir, 'function-secrets', 'openfaas-fn'),
    PLAN_DEPTH: '2',
    PLAN_ORDERS_MAX: '4',
  };
}

/** The gateway speaks TLS with a certificate of the boards' own CA. */
function tlsOfGateway(): Record<string, string> {
  const { cert, key, ca } = certificates.filesOf('board');
  return { GATEWAY_TLS: 'on', GRPC_TLS_CERT: cert, GRPC_TLS_KEY: key, GRPC_TLS_CA: ca };
}

async function traderStatus(env: Readonly<Record<string, string>>): Promise<Run> {
  const path = { ...bareEnvironment };
  const child = spawn(process.execPath, ['cli/trader.mjs', 'status'], {
    env: { ...path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run = runOf(child);
  await run.ended;
  return run;
}

/** The command for a person asks over the same way as the processes; without the CA it says what is missing. */
async function expectTrader(env: Readonly<Record<string, string>>): Promise<void> {
  const { NODE_EXTRA_CA_CERTS: ca, ...without } = env;
  const asked = await traderStatus(env);
  expect([await asked.ended, asked.stderr()]).toEqual([0, '']);
  if (ca === undefined) return;
  const refused = await traderStatus(without);
  expect(await refused.ended).not.toBe(0);
  expect(refused.stderr()).toMatch(
    /The certificate of https:\S+ is not trusted .*NODE_EXTRA_CA_CERTS/,
  );
}

/** What `helm test` runs in a pod (deploy/chart/files/answers.mjs). */
async function helmTest(env: Readonly<Record<string, string>>): Promise<Run> {
  const text = await readFile('deploy/chart/files/answers.mjs', 'utf8');
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run = runOf(child);
  await run.ended;
  return run;
}

async function expectHelmTest(env: Readonly<Record<string, string>>, isPacked: boolean) {
  const { SECRETS_DIR: secrets = '' } = env;
  const own = {
    ...env,
    FUNCTION: isPacked ? 'planning/list-plans' : 'planning-list-plans',
    TOKEN_FILE: join(secrets, 'read-token'),
  };
  const passed = await helmTest(own);
  expect([await passed.ended, passed.stderr()]).toEqual([0, '']);
  const elsewhere = await helmTest({ ...own, FUNCTION: 'planning-no-plans' });
  expect(await elsewhere.ended).not.toBe(0);
  expect(elsewhere.stderr()).toContain('/function/planning-no-plans: 404');
  const nobody = await helmTest({ ...own, FACADE_PORT: '1' });
  expect(await nobody.ended).not.toBe(0);
  expect(nobody.stderr()).toContain('ECONNREFUSED');
}

test.each([
  ['stack.yml', 'http'],
  ['stack.packed.yml', 'https'],
])(
  'connector, facade and command serve a gateway with %s over %s',
  async (STACK_FILE, protocol) => {
    const DATA_DIR = await freshDataDir();
    const env = { ...(await mounted(DATA_DIR)), REDIS_KEY_PREFIX: STACK_FILE.replaceAll('.', '-') };
    const own = {
      DATA_DIR,
      STACK_FILE,
      EMBEDDED_PARTS: 'none',
      PLAN_DEPTH: '2',
      PLAN_ORDERS_MAX: '4',
    };
    const isTls = protocol === 'https';
    const gateway = program.start(['--dry-run'], { ...env, ...own, ...(isTls && tlsOfGateway()) });
    running.push(gateway);
    await gateway.says('Ctrl-C stops');
    const GATEWAY_URL = /gateway at (\S+)/.exec(gateway.stdout())?.[1] ?? '';
    expect(GATEWAY_URL).toMatch(new RegExp(`^${protocol}://`));
    const trust = { ...(isTls && { NODE_EXTRA_CA_CERTS: certificates.filesOf('board').ca }) };
    const reach = { ...env, ...trust, GATEWAY_URL };
    const connector = program.startProcess('gateway/connector/main.js', reach);
    const facade = program.startProcess('gateway/facade/main.js', {
      ...reach,
      GRPC_LOOPBACK_ACCESS: 'trade',
    });
    running.push(connector, facade);
    await Promise.all([connector.says('connector-ready'), facade.says('facade-ready')]);
    const ports = logged(facade, 'facade-ready')['ports'] as Record<ServiceName, number>;
    const addresses = Object.fromEntries(
      serviceNames.map((name) => [name, `127.0.0.1:${ports[name]}`]),
    ) as Record<ServiceName, string>;
    const insecure = credentials.createInsecure();
    const clients = openServiceClients({ addresses, credentials: insecure, log: silentLog });
    try {
      const { holdings } = await runEndToEnd(clients);
      expect(holdings.length).toBeGreaterThan(0);
      await expectTrader(reach);
      const facadeAt = { FACADE: '127.0.0.1', FACADE_PORT: String(ports.planning) };
      await expectHelmTest({ ...reach, ...facadeAt }, STACK_FILE === 'stack.packed.yml');
    } finally {
      clients.close();
    }
  },
  180_000,
);

test.each(['connector', 'facade'])(
  'the %s reports every missing setting, and exits',
  async (name) => {
    const run = program.startProcess(`gateway/${name}/main.js`, {
      GATEWAY_URL: 'nowhere',
      SECRETS_DIR: '/nonexistent',
      REDIS_URL_FILE: '/nonexistent/redis-url',
    });
    expect(await run.ended).toBe(1);
    for (const field of ['GATEWAY_URL', 'SECRETS_DIR', 'REDIS_URL_FILE'])
      expect(run.stderr()).toContain(field);
  },
);

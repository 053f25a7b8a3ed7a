/** A board as faasd has it: a gateway with functions, and connector and facade as processes beside it. */
import { credentials } from '@grpc/grpc-js';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openServiceClients } from '#shared/clients/grpc/service-clients.ts';
import { serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { silentLog } from '#shared/process/log.ts';
import { runEndToEnd } from '../support/deployment/end-to-end.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';

let program: Program;
let redis: TestRedis;
const running: Run[] = [];
const folders: string[] = [];

beforeAll(async () => {
  program = buildProgram('processes');
  redis = await startTestRedis();
});
afterEach(async () => {
  for (const run of running.splice(0).reverse()) {
    if (run.child.exitCode === null) run.child.kill('SIGTERM');
    await run.ended;
  }
});
afterAll(async () => {
  await program.remove();
  await redis.stop();
  await removeDataDirs();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** The fact that a process logs when it is ready. */
function told(run: Run, event: string): Record<string, unknown> {
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

test.each(['stack.yml', 'stack.packed.yml'])(
  'connector and facade serve a gateway with %s',
  async (STACK_FILE) => {
    const DATA_DIR = await freshDataDir();
    const env = { ...(await mounted(DATA_DIR)), REDIS_KEY_PREFIX: STACK_FILE.replaceAll('.', '-') };
    const own = {
      DATA_DIR,
      STACK_FILE,
      EMBEDDED_PARTS: 'none',
      PLAN_DEPTH: '2',
      PLAN_ORDERS_MAX: '4',
    };
    const gateway = program.start(['--dry-run'], { ...env, ...own });
    running.push(gateway);
    await gateway.says('Ctrl-C stops');
    const GATEWAY_URL = /http:\/\/127\.0\.0\.1:\d+/.exec(gateway.stdout())?.[0] ?? '';
    const connector = program.startProcess('gateway/connector/main.js', { ...env, GATEWAY_URL });
    const facade = program.startProcess('gateway/facade/main.js', {
      ...env,
      GATEWAY_URL,
      GRPC_LOOPBACK_ACCESS: 'trade',
    });
    running.push(connector, facade);
    await Promise.all([connector.says('connector-ready'), facade.says('facade-ready')]);
    const ports = told(facade, 'facade-ready')['ports'] as Record<ServiceName, number>;
    const addresses = Object.fromEntries(
      serviceNames.map((name) => [name, `127.0.0.1:${ports[name]}`]),
    ) as Record<ServiceName, string>;
    const insecure = credentials.createInsecure();
    const clients = openServiceClients({ addresses, credentials: insecure, log: silentLog });
    try {
      const { holdings } = await runEndToEnd(clients);
      expect(holdings.length).toBeGreaterThan(0);
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

/** A start on state that is not the one that was last worked on. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { service as healthDefinition } from 'grpc-health-check';
import { Redis } from 'ioredis';
import request from 'supertest';
import { serviceNames } from '#shared/contract/names.ts';
import { present } from '#shared/kernel/assert.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { freePort } from '../support/free-port.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';
import { until } from '../support/until.ts';

let program: Program;

beforeAll(() => {
  program = buildProgram('lost-state');
});
afterAll(async () => {
  await program.remove();
  await removeDataDirs();
});

it('reports it with instructions, runs no cycle, and exits with a code of its own', async () => {
  const DATA_DIR = await freshDataDir();
  const once = ['--once', '--dry-run', '--json'];
  const env = { DATA_DIR, PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '2' };
  expect(await program.start(once, env).ended).toBe(0);
  await rm(join(DATA_DIR, 'redis', 'appendonlydir'), { recursive: true });
  const run = program.start(once, env);
  expect(await run.ended).toBe(4);
  expect(run.stderr()).toContain('npm run restore -- FILE');
  expect(JSON.parse(run.stdout())).toMatchObject({
    failure: { code: 'REFUSED', rule: 'state-lost' },
  });
}, 180_000);

describe('a program that runs on a lost state', () => {
  let DATA_DIR: string;
  let redis: TestRedis;
  let running: Running | undefined;

  interface Running {
    readonly run: Run;
    readonly url: string;
    readonly grpc: Client;
  }

  beforeAll(async () => {
    DATA_DIR = await freshDataDir();
    redis = await startTestRedis();
  });
  afterEach(async () => {
    running?.grpc.close();
    running?.run.child.kill('SIGTERM');
    await running?.run.ended;
    running = undefined;
  });
  afterAll(() => redis.stop());

  async function start(env: Readonly<Record<string, string>>): Promise<Running> {
    const port = await freePort();
    const small = { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '2' };
    const ports = { GRPC_PORT_BASE: '-1', GRPC_SHARED_PORT: String(port) };
    const run = program.start(['--dry-run'], { DATA_DIR, ...small, ...ports, ...env });
    await run.says('Ctrl-C stops');
    const [, url] = /gateway at (http:\S+)/.exec(run.stdout()) ?? [];
    const grpc = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    return { run, url: present(url, 'it says where'), grpc };
  }

  async function asked({ url }: Running, name: string) {
    return request(url).post(`/function/${name}`).send({});
  }

  /** `grpc.health.v1`; "" stands for all services. */
  async function serving({ grpc }: Running, service: string): Promise<string> {
    const check = present(healthDefinition['Check'], 'the standard service has it');
    const response = await new Promise<unknown>((resolve, reject) =>
      grpc.makeUnaryRequest(
        check.path,
        check.requestSerialize,
        check.responseDeserialize,
        { service },
        (error, answer) => (error ? reject(error) : resolve(answer)),
      ),
    );
    return (response as { status: string }).status;
  }

  async function expectHealthy(at: Running): Promise<void> {
    const { body } = await asked(at, 'gateway-get-system-status');
    expect(body).toMatchObject({ complaints: [], status: 'healthy' });
    expect(await serving(at, '')).toBe('SERVING');
    expect((await asked(at, 'trading-execute-trade/_/ready')).status).toBe(200);
  }

  async function expectLost(at: Running): Promise<void> {
    const { body } = await asked(at, 'gateway-get-system-status');
    expect(body).toMatchObject({ status: 'halted', tradingState: 'HALTED' });
    const says = expect.stringMatching(/trading service: .*npm run restore -- FILE/);
    expect((body as { complaints: string[] }).complaints).toEqual(expect.arrayContaining([says]));
    const { body: health } = await asked(at, 'gateway-get-services-health');
    const services = (health as { services: { serviceName: string; healthy: boolean }[] }).services;
    const unhealthy = services.filter(({ healthy }) => !healthy);
    expect(unhealthy.map((one) => one.serviceName)).toEqual(['portfolio', 'trading', 'gateway']);
    // An answer of the second before may be repeated.
    await until(async () => (await serving(at, '')) !== 'SERVING');
    for (const name of ['', 'trading.TradingService', 'gateway.GatewayService'])
      expect(await serving(at, name && `arduino_trader.${name}`)).toBe('NOT_SERVING');
    const ready = await asked(at, 'trading-execute-trade/_/ready');
    expect(ready).toMatchObject({ status: 503, text: expect.stringContaining('npm run restore') });
    // What only reads answers still.
    expect((await asked(at, 'trading-get-trade-history')).status).toBe(200);
    expect(serviceNames).toHaveLength(services.length);
  }

  it('is not healthy after FLUSHALL', async () => {
    running = await start({ REDIS_URL: redis.url });
    await expectHealthy(running);
    const client = new Redis(redis.url.replace('unix://', ''));
    await client.flushall();
    client.disconnect();
    await expectLost(running);
  }, 180_000);

  it('is not healthy on an empty Redis in the place of the one it had', async () => {
    running = await start({ REDIS_URL: redis.url });
    await expectLost(running);
  }, 180_000);

  it('is not healthy after the append-only file was deleted', async () => {
    DATA_DIR = await freshDataDir();
    const env = { DATA_DIR, PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '2' };
    expect(await program.start(['--once', '--dry-run'], env).ended).toBe(0);
    await rm(join(DATA_DIR, 'redis', 'appendonlydir'), { recursive: true });
    running = await start({});
    await expectLost(running);
  }, 180_000);
});

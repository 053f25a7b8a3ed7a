/** Operations whose deployment sets settings run with dependencies of their own. */
import { FunctionHost } from '#gateway/runtime/invoke/function-host.ts';
import type { Deployment, Texts } from '#gateway/runtime/deployments/deployment.ts';
import { catalogueImages, Images } from '#gateway/runtime/deployments/runnable-images.ts';
import { silentLog } from '#shared/process/log.ts';
import { parseSettings, type Settings } from '#shared/process/settings.ts';
import { openDependencies } from '#shared/runtime/dependencies.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { startTestRedis, type TestRedis } from '../../../support/dependencies.ts';

let redis: TestRedis;
let host: FunctionHost;
let opened: Settings[];
let closed: number;
let shared: Dependencies;

const openOne = async (settings: Settings): Promise<Dependencies> => {
  opened.push(settings);
  const dependencies = await openDependencies(settings, { tokens: null, log: silentLog });
  return {
    ...dependencies,
    close: async () => {
      closed += 1;
      await dependencies.close();
    },
  };
};

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

beforeEach(async () => {
  opened = [];
  closed = 0;
  const limits = { ORDER_VALUE_MAX: '500', DAY_LOSS_MAX: '100', MAXIMUM_ORDER_RATIO: '0.2' };
  const env = { ...limits, REDIS_URL: redis.url, RISK_AVERSION: '5', HOME: '/home/host' };
  shared = await openDependencies(parseSettings(env), { tokens: null, log: silentLog });
  host = new FunctionHost({
    functions: [],
    images: new Images([...catalogueImages(), { name: 'foreign', folder: 'somewhere' }]),
    load: async () => (_event, context) => ({
      body: {
        riskAversion: (context.shared as Dependencies | undefined)?.settings.riskAversion,
        home: context.env['HOME'],
        greeting: context.env['GREETING'],
      },
    }),
    log: silentLog,
    env,
    openDependencies: openOne,
  });
  host.shareDependencies(shared);
});
afterEach(async () => {
  await host.close();
  await shared.close();
});

function spec(name: string, environment: Texts = {}, image = 'universe-get-security'): Deployment {
  const createdAt = new Date().toISOString();
  return { name, image, environment, labels: {}, annotations: {}, secrets: [], createdAt };
}

async function deploy(name: string, environment?: Texts, image?: string): Promise<void> {
  host.take(await host.prepare(spec(name, environment, image)));
}

async function ask(name: string): Promise<unknown> {
  const event = { method: 'POST', path: '/', query: new URLSearchParams(), headers: {} };
  const context = { callId: 'call-1', signal: new AbortController().signal };
  return (await host.call(name, { ...event, body: Buffer.alloc(0) }, context)).body;
}

it('runs one with the settings its deployment sets, and others with the host’s', async () => {
  await deploy('bold', { RISK_AVERSION: '1' });
  await deploy('usual', { exec_timeout: '5s', GREETING: 'hi' });
  expect(await ask('bold')).toEqual({ riskAversion: 1, home: '/home/host' });
  expect(await ask('usual')).toEqual({ riskAversion: 5, home: '/home/host', greeting: 'hi' });
  expect(opened.map(({ riskAversion }) => riskAversion)).toEqual([1]);
});

it('shares dependencies between equal settings, and closes them after the last function', async () => {
  await deploy('one', { RISK_AVERSION: '2' });
  await deploy('two', { RISK_AVERSION: ' 2 ', GREETING: 'hi' });
  await ask('one');
  await ask('two');
  expect(opened.length).toBe(1);
  host.remove('one');
  expect(await ask('two')).toMatchObject({ riskAversion: 2 });
  expect(closed).toBe(0);
  await deploy('two', { RISK_AVERSION: '3' });
  expect(await ask('two')).toMatchObject({ riskAversion: 3 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed).toBe(1);
});

it('refuses a wrong setting by its name, and goes on with the old one', async () => {
  await deploy('one', { RISK_AVERSION: '2' });
  await expect(deploy('one', { RISK_AVERSION: 'much', PLAN_DEPTH: '99' })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    message: expect.stringMatching(/RISK_AVERSION.*PLAN_DEPTH/s),
  });
  expect(await ask('one')).toMatchObject({ riskAversion: 2 });
});

it('gives a third-party function no dependencies', async () => {
  await deploy('other', { RISK_AVERSION: '2' }, 'foreign');
  expect(await ask('other')).toEqual({ home: '/home/host' });
  expect(opened).toEqual([]);
});

it.each(['trading-execute-trade', 'trading'])(
  'reserves the name %s, to which callers send tokens, for our operations',
  async (name) => {
    await expect(deploy(name, {}, 'foreign')).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      facts: { field: 'service' },
    });
    await deploy(name);
    expect(await ask(name)).toMatchObject({ riskAversion: 5 });
  },
);

it.each([
  ['ORDER_VALUE_MAX', '500.01', 'at most 500'],
  ['DAY_LOSS_MAX', '101', 'at most 100'],
  ['DAY_LOSS_MAX', '', 'at most 100'],
  ['MAXIMUM_ORDER_RATIO', '0.21', 'at most 0.2'],
  ['MAXIMUM_ORDER_RATIO', '', 'at most 0.2'],
  ['DAY_TURNOVER_MAX_RATIO', '5', 'at most 1.2'],
  ['ORDERS_PER_DAY_MAX', '41', 'at most 40'],
  ['PRICE_COLLAR_RATIO', '0.5', 'at most 0.05'],
  ['QUOTE_AGE_DAYS_MAX', '3650', 'at most 5'],
  ['CONNECTOR_SILENCE_MAX_MS', '0', 'at most 60000'],
  ['PRICE_SILENCE_MAX_HOURS', '97', 'at most 96'],
  ['NOTICE_APPROVE_MAX', '1000', 'at most 0'],
  ['BROKER', 'alpaca', 'alone'],
  ['BROKER_URL', 'http://127.0.0.1:1', 'alone'],
  ['MARKET_DATA', 'csv:/tmp', 'alone'],
  ['REDIS_KEY_PREFIX', 'other', 'alone'],
  ['DATA_DIR', '/tmp', 'alone'],
])('refuses a deployment that sets %s to "%s"', async (name, value, message) => {
  await deploy('trading-execute-trade');
  await expect(deploy('trading-execute-trade', { [name]: value })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    message: expect.stringMatching(new RegExp(`${name}.*${message}`)),
  });
  await expect(deploy('another', { [name]: value })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  });
  expect(opened).toEqual([]);
});

it('takes lower limits than the host has', async () => {
  const lower = { ORDER_VALUE_MAX: '499', VOLUME_SHARE_MAX_RATIO: '0.1', DAY_TURNOVER_MAX: '9' };
  await deploy('careful', { ...lower, CONNECTOR_SILENCE_MAX_MS: '1000' });
  await ask('careful');
  expect(opened.map(({ orderValueMax }) => orderValueMax.toString())).toEqual(['499']);
});

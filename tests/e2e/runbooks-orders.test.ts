/** Runbooks about orders, tried on a running system whose broker loses orders, hides them, and shows them again. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { MINUTE_MS } from '#shared/kernel/instant.ts';
import { keys } from '#shared/redis/keys.ts';
import { AlpacaMock, KEYS } from '../support/brokers/alpaca-mock.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { RunbookReader } from './runbook.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';

const HERE = 'tests/e2e/runbooks-orders.test.ts';
const PREFIX = 'runbooks-orders';
const broker = new AlpacaMock();
let program: Program;
let redis: TestRedis;
let run: Run;
let reader: RunbookReader;
let client: Redis;
let orders = 0;

beforeAll(async () => {
  program = buildProgram('runbooks-orders');
  redis = await startTestRedis();
  client = new Redis(redis.url.replace('unix://', ''));
  const dataDir = await freshDataDir();
  const secrets = join(dataDir, 'function-secrets/openfaas-fn');
  await mkdir(secrets, { recursive: true });
  await writeFile(join(secrets, 'alpaca-key-id'), KEYS.keyId);
  await writeFile(join(secrets, 'alpaca-secret-key'), KEYS.secretKey);
  run = program.start(['--dry-run', '--verbose'], {
    ...{ PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '2' },
    ...{ DATA_DIR: dataDir, REDIS_URL: redis.url, REDIS_KEY_PREFIX: PREFIX, BASE_CURRENCY: 'USD' },
    ...{ BROKER: 'alpaca', BROKER_URL: await broker.start() },
  });
  await run.says('Ctrl-C stops');
  const [, url = ''] = /gateway at (\S+)/.exec(run.stdout()) ?? [];
  reader = new RunbookReader({ url, dataDir, here: HERE });
}, 180_000);
afterAll(async () => {
  run.child.kill('SIGTERM');
  await run.ended;
  client.disconnect();
  await Promise.all([redis.stop(), broker.stop(), program.remove(), removeDataDirs()]);
});

/** Sends an order that the broker does not answer, and that can't be asked for. @returns its trade id */
async function loseOrder(fault: 'lost-before' | 'lost-after'): Promise<string> {
  const { securities } = (await reader.call('universe-get-universe', {})) as {
    securities: { isin: string; currency: string }[];
  };
  Object.assign(broker, { orderFault: fault, readFault: 'none', readFaultAfterOrder: '500' });
  // Another security each time, since one whose outcome is open is frozen; Alpaca takes orders in USD alone.
  const tradable = securities.filter(({ currency }) => currency === 'USD');
  const isin = tradable[(orders += 1)]?.isin;
  const order = { isin, side: 'BUY', quantity: 1 };
  const { tradeId } = (await reader.call('trading-execute-trade', order)) as { tradeId: string };
  expect((await orderOf(tradeId)).state).toBe('UNKNOWN');
  return tradeId;
}

async function orderOf(tradeId: string) {
  const { execution } = (await reader.call('trading-get-trade-status', { tradeId })) as {
    execution: { state: string; orderId: string };
  };
  return execution;
}

/** Moves times of the stored order into the past, as if they were that long ago. */
async function age(tradeId: string, fields: readonly string[], minutes: number): Promise<void> {
  const key = `${PREFIX}:${keys.trading.trade('default', tradeId)}`;
  const order = JSON.parse((await client.hget(key, 'json')) ?? '') as Record<string, number>;
  for (const field of fields) order[field] = (order[field] ?? 0) - minutes * MINUTE_MS;
  await client.hset(key, 'json', JSON.stringify(order));
}

it('order unresolved: it is listed, and the broker that answers again is asked', async () => {
  const tradeId = await loseOrder('lost-after');
  const named = (alert: string) =>
    reader.alerts().then((all) => all.find(({ name }) => name === alert)?.labels);
  const labels = { account: 'default', trade: tradeId, state: 'UNKNOWN' };
  expect(await named('TraderOrderOutcomeUnknown')).toEqual(labels);
  await age(tradeId, ['requestedAt'], 16);
  expect(await named('TraderOrderUnresolved')).toEqual(labels);
  expect(await reader.firing()).not.toContain('TraderOrderNeedsHuman');
  broker.readFault = 'none';
  const said = await reader.follow('order-unresolved', { TRADE: tradeId });
  expect(said).toContain('It is not known whether the broker has the order');
  expect(run.stderr()).toMatch(new RegExp(`"event":"order-query-failed".*"tradeId":"${tradeId}"`));
  expect((await orderOf(tradeId)).state).toBe('FILLED');
  expect(await reader.firing()).not.toContain('TraderOrderUnresolved');
});

it('order needs a person: it is not at the broker, and a person says so', async () => {
  const tradeId = await loseOrder('lost-before');
  await age(tradeId, ['requestedAt', 'submittedAt'], 16);
  const { state, orderId } = await orderOf(tradeId);
  expect(state).toBe('NEEDS_HUMAN');
  expect(await reader.firing()).toContain('TraderOrderNeedsHuman');
  // What the person sees on the broker's page.
  expect(broker.books.orders.map(({ client: id }) => id)).not.toContain(orderId);
  broker.readFault = 'none';
  const said = await reader.follow('order-needs-human', { TRADE: tradeId });
  expect(said).toContain('"state":"NEEDS_HUMAN"');
  expect(said).toContain(orderId);
  expect((await orderOf(tradeId)).state).toBe('ABSENT');
  const open = await reader.firing();
  for (const name of ['TraderOrderNeedsHuman', 'TraderOrderUnresolved'])
    expect(open).not.toContain(name);
});

it('order needs a person: it is at the broker after all, and nothing is said', async () => {
  const tradeId = await loseOrder('lost-after');
  await age(tradeId, ['requestedAt', 'submittedAt'], 16);
  const { state, orderId } = await orderOf(tradeId);
  expect(state).toBe('NEEDS_HUMAN');
  expect(broker.books.orders.map(({ client: id }) => id)).toContain(orderId);
  broker.readFault = 'none';
  // Also where somebody says that it is not there: the broker is asked first.
  await reader.follow('order-needs-human', { TRADE: tradeId });
  expect((await orderOf(tradeId)).state).toBe('FILLED');
  expect(await reader.firing()).not.toContain('TraderOrderNeedsHuman');
});

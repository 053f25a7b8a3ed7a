import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gateway } from '#shared/contract/gateway.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { keys } from '#shared/redis/keys.ts';
import { ControlStore } from '#shared/trading/control/control-store.ts';
import { DEFAULT_ACCOUNT, type TradeId } from '#shared/kernel/identifiers.ts';
import { OrderStore } from '#shared/trading/order-store.ts';
import getSystemStatus from '../../../functions/gateway/get-system-status/handler.ts';
import processDeposit from '../../../functions/gateway/process-deposit/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

let redis: TestRedis;
let t: TradingFixture;
let dataDir: string;
const prefix = 'state-lost';

beforeEach(async () => {
  redis = await startTestRedis();
  dataDir = await mkdtemp(join(tmpdir(), 'trader-state-'));
  t = await open();
});
afterEach(async () => {
  await t.dependencies.close();
  await redis.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function open(): Promise<TradingFixture> {
  return openTradingFixture(redis, { DATA_DIR: dataDir, REDIS_KEY_PREFIX: prefix });
}

async function openAgain(): Promise<void> {
  await t.dependencies.close();
  t = await open();
}

const buy = (key: string) =>
  t.call(executeTrade, { isin: t.isin('ARVN'), side: 'BUY', quantity: 1 }, key);
const NEVER = new AbortController().signal;

async function cycle(idempotencyKey: string, dryRun: boolean): Promise<void> {
  const { functions } = t.dependencies;
  const options = { requestId: idempotencyKey, idempotencyKey, signal: NEVER };
  for await (const update of functions.stream(gateway.triggerTradingCycle, { dryRun }, options))
    expect(update.error).toBe('');
}

const raw = (...command: [string, ...string[]]): Promise<unknown> => {
  const { redis: client } = t.dependencies.database;
  const [name, ...args] = command;
  return client.call(name, ...args);
};
const codes = async (): Promise<string[]> =>
  (await new ControlStore(t.dependencies.database, dataDir).read()).reasons.map(({ code }) => code);

async function expectHalted(key: string): Promise<void> {
  const sent = t.broker.received.length;
  const { body } = await buy(key);
  expect(body).toMatchObject({ code: 'REFUSED', rule: 'state-lost' });
  expect(body.message).toContain('npm run restore');
  expect(body.message).toContain('npm run state -- new-beginning');
  expect(t.broker.received).toHaveLength(sent);
  expect(await codes()).toEqual(['state-lost']);
}

it('halts when Redis is emptied while it runs, and opens no account again', async () => {
  expect((await buy('k1')).body).toMatchObject({ success: true });
  await raw('FLUSHALL');
  await expectHalted('k2');
  expect(await t.dependencies.database.redis.exists(keys.paperBroker.book('default'))).toBe(0);
});

it('halts when it is replaced by an empty Redis at the next start', async () => {
  await buy('k1');
  await redis.stop();
  redis = await startTestRedis();
  await openAgain();
  await expectHalted('k2');
});

it('halts on an older copy of the same Redis', async () => {
  await buy('k1');
  const server = connectRedis(redis.url, 'x');
  const plain = server.duplicate({ keyPrefix: '' });
  const names = await plain.keys('*');
  const dumps = await Promise.all(names.map((name) => plain.dumpBuffer(name)));
  await buy('k2');
  await plain.flushall();
  for (const [i, name] of names.entries()) await plain.restore(name, 0, dumps[i] as Buffer);
  plain.disconnect();
  await expectHalted('k3');
  await openAgain();
  await expectHalted('k4');
});

it('halts on the Redis of another installation', async () => {
  await buy('k1');
  await t.dependencies.database.redis.hset(keys.state.epoch(), 'id', 'another');
  await expectHalted('k2');
});

it('refuses in the very commit, where Redis is emptied after all checks', async () => {
  await buy('k1');
  const { database } = t.dependencies;
  const required = database.epoch.required.bind(database.epoch);
  database.epoch.required = async () => {
    const epoch = await required();
    await raw('FLUSHALL');
    return epoch;
  };
  const write = { op: 'SET', key: 'x', args: ['1'] } as const;
  await expect(database.commit([], [write], 'guarded')).rejects.toMatchObject({ code: 'REFUSED' });
  expect(await database.redis.exists('x')).toBe(0);
});

it('continues after a declared new beginning', async () => {
  await buy('k1');
  await raw('FLUSHALL');
  await t.dependencies.database.epoch.declare();
  expect(await codes()).toEqual([]);
  await openAgain();
  expect((await buy('k2')).body).toMatchObject({ success: true, orderId: '1001000001' });
});

it('tolerates a torn line of the record, and halts on an unreadable record', async () => {
  await buy('k1');
  const file = join(dataDir, 'state-epoch.log');
  await appendFile(file, '{"prefix":"state-lost","id":');
  expect((await buy('k2')).body).toMatchObject({ success: true });
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.endsWith('}'));
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ generation: 1, sequence: 2 });
  await writeFile(file, 'garbage\n');
  await expectHalted('k3');
});

it('sends nothing when the record cannot be written', async () => {
  await buy('k1');
  const file = join(dataDir, 'state-epoch.log');
  const { epoch } = t.dependencies.database;
  epoch.putOnRecord = () => Promise.reject(new Error('ENOSPC'));
  const sent = t.broker.received.length;
  const { body } = await buy('k2');
  expect(body).toMatchObject({ success: false, errors: [{ code: 'state-record' }] });
  expect(t.broker.received).toHaveLength(sent);
  expect(await readFile(file, 'utf8')).toContain('"sequence":1');
});

it('halts where a process without a data folder has the secret of the epoch', async () => {
  await buy('k1');
  const { epoch } = t.dependencies.database;
  const known = await epoch.known();
  await raw('FLUSHALL');
  await rm(join(dataDir, 'state-epoch.log'));
  await openAgain();
  const { recordsAt } = await import('#shared/redis/outside-records.ts');
  const { StateEpoch } = await import('#shared/redis/state-epoch.ts');
  const secretFile = join(dataDir, 'secret');
  await writeFile(secretFile, `${known?.id} ${known?.generation}\n`);
  const records = recordsAt({ keyPrefix: prefix, secretFile });
  await raw('FLUSHALL');
  const verdict = await new StateEpoch(t.dependencies.database.redis, records).verdict();
  expect(verdict.kind).toBe('lost');
});

it('begins no cycle and takes no deposit, and the status says why', async () => {
  await buy('k1');
  const before = (await t.call(getSystemStatus, {})).body as { status: string };
  expect(before.status).not.toBe('halted');
  await raw('FLUSHALL');
  const refusal = { code: 'REFUSED', rule: 'state-lost' };
  await expect(cycle('c1', false)).rejects.toMatchObject({ code: 'REFUSED' });
  await expect(cycle('c2', true)).rejects.toMatchObject({ code: 'REFUSED' });
  const amount = { amount: '500.00', currency: 'EUR' };
  expect((await t.call(processDeposit, { amount }, 'd1')).body).toMatchObject(refusal);
  const names = (await raw('KEYS', '*')) as string[];
  expect(names.filter((name) => !name.includes('{once:'))).toEqual([]);
  const { status, tradingState, complaints } = (await t.call(getSystemStatus, {})).body as {
    status: string;
    tradingState: string;
    complaints: string[];
  };
  expect({ status, tradingState }).toEqual({ status: 'halted', tradingState: 'HALTED' });
  expect(complaints[0]).toContain('npm run restore');
});

it('records no announced deposit', async () => {
  await buy('k1');
  await raw('FLUSHALL');
  Object.defineProperty(t.broker, 'funding', { value: undefined });
  const amount = { amount: '500.00', currency: 'EUR' };
  const { body } = await t.call(processDeposit, { amount }, 'd1');
  expect(body).toMatchObject({ code: 'REFUSED', rule: 'state-lost' });
  expect(await t.dependencies.database.redis.exists(keys.gateway.deposits('default'))).toBe(0);
});

it('refuses as lost state a write to an order that vanished', async () => {
  const { body } = await buy('vanishing-1');
  const { tradeId } = body as { tradeId: TradeId };
  const { database } = t.dependencies;
  const store = new OrderStore(database);
  const stored = await store.find(DEFAULT_ACCOUNT, tradeId);
  if (!stored) throw new Error('the order is stored');
  await database.redis.del(keys.trading.trade(DEFAULT_ACCOUNT, tradeId));
  const change = store.change(stored.order, (current) => ({ ...current, looks: 1 }));
  await expect(change).rejects.toMatchObject({ code: 'REFUSED', facts: { rule: 'state-lost' } });
  expect(await store.find(DEFAULT_ACCOUNT, tradeId)).toBeUndefined();
});

/** The process dies at each of its commands to Redis in turn, before or after it took effect. */
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { seededRandom } from '#shared/kernel/random.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { tradeIdOf } from '#shared/trading/order-store.ts';
import request from 'supertest';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import getTradeStatus from '../../../functions/trading/get-trade-status/handler.ts';
import { crashAt } from '../../support/process-crash.ts';
import { endpointOf } from '../../support/host.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

const env = {
  REDIS_KEY_PREFIX: 'redis-crash',
  // Each order has a day of its own, so that all runs read as much.
  QUOTE_AGE_DAYS_MAX: '3650',
  DATA_DIR: '/nonexistent/data',
  CLAIM_LEASE_MS: '100',
};

let redis: TestRedis;
let t: TradingFixture;

beforeAll(async () => {
  redis = await startTestRedis();
  t = await openTradingFixture(redis, env);
});
afterAll(async () => {
  await t.dependencies.close();
  await redis.stop();
});

/** A second process on the same Redis and at the same broker. */
async function openDying(): Promise<Dependencies> {
  const opened = await openTestDependencies(redis, env, { now: t.clock.now });
  return {
    ...opened,
    broker: t.broker,
    now: () => opened.now(),
    newId: () => opened.newId(),
    close: () => opened.close(),
  };
}

const order = () => ({ isin: t.isin('ARVN'), side: 'BUY', quantity: 1 });

async function executeDyingAt(command: number, key: string): Promise<boolean> {
  const dependencies = await openDying();
  const point = crashAt(dependencies, command, seededRandom(`redis-crash-${command}`));
  await request(endpointOf(executeTrade, dependencies))
    .post('/')
    .set('idempotency-key', key)
    .send(order());
  await dependencies.close();
  return point.crashed();
}

it('a process that dies at any command leads to at most one order, and to an end', async () => {
  const ends: string[] = [];
  for (let command = 1; ; command += 1) {
    const key = `key-${command}`;
    t.clock.advance(86_400_000);
    const before = t.broker.received.length;
    if (!(await executeDyingAt(command, key))) break;
    t.clock.advance(61_000);
    await request(endpointOf(executeTrade, t.dependencies))
      .post('/')
      .set('idempotency-key', key)
      .send(order());
    ends.push(await settled(key, command));
    const sent = t.broker.received.length - before;
    expect([command, sent, ends.at(-1)]).toEqual([
      command,
      sent ? 1 : 0,
      sent ? 'FILLED' : 'ABSENT',
    ]);
  }
  expect(new Set(t.broker.received).size).toBe(t.broker.received.length);
  expect(new Set(ends)).toEqual(new Set(['FILLED', 'ABSENT']));
  expect(ends.length).toBeGreaterThan(20);
  expect(await new StoredOrders(t.dependencies.database).liveOrders(DEFAULT_ACCOUNT)).toEqual([]);
});

async function settled(key: string, command: number): Promise<string> {
  const tradeId = tradeIdOf(DEFAULT_ACCOUNT, key);
  for (const waitMs of [0, 31_000, 6_000]) {
    t.clock.advance(waitMs);
    await t.call(getTradeStatus, { tradeId });
  }
  const { body } = await t.call(getTradeStatus, { tradeId });
  return body.found ? body.execution.state : `nothing stored after command ${command}`;
}

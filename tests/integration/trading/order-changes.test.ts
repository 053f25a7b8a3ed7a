/** A change is decided on the order in the caller's hands, and on the stored one where that has moved on. */
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { OrderRecord } from '#shared/trading/model/order-record.ts';
import { OrderStore } from '#shared/trading/order-store.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { anOrder } from '../../../bench/durable/transitions.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import { recordedCommands } from '../../support/recorded-commands.ts';

let redis: TestRedis;
let dependencies: Dependencies;
let store: OrderStore;
let created: OrderRecord;
let commands: string[];

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  dependencies = await openTestDependencies(redis);
  const { database } = dependencies;
  store = new OrderStore(database);
  const clock = { boot: 'test', ms: 0 };
  const admissions = await store.admissions(DEFAULT_ACCOUNT, clock);
  const stored = await store.create(anOrder(1), admissions, clock);
  if (!stored) throw new Error('nobody else creates it');
  created = stored.order;
  commands = recordedCommands(database.redis);
});
afterEach(() => dependencies.close());

const query = (order: OrderRecord): OrderRecord => ({ ...order, queries: order.queries + 1 });

it('is one call where the order is as it was read', async () => {
  const once = await store.change(created, query);
  const twice = await store.change(once, query);
  expect(commands).toEqual(['evalsha', 'evalsha']);
  expect(twice.queries).toBe(2);
  expect((await store.find(DEFAULT_ACCOUNT, created.tradeId))?.version).toBe(3);
});

it('is one call for an order from a list as well', async () => {
  const [listed] = await new StoredOrders(dependencies.database).liveOrders(DEFAULT_ACCOUNT);
  if (!listed) throw new Error('it is live');
  commands.length = 0;
  await store.change(listed, query);
  expect(commands).toEqual(['evalsha']);
});

it('is decided again where another one came before', async () => {
  await store.change(created, query);
  expect((await store.change(created, query)).queries).toBe(2);
});

it('loses none of those made at once', async () => {
  await Promise.all(Array.from({ length: 8 }, () => store.change(created, query)));
  expect((await store.find(DEFAULT_ACCOUNT, created.tradeId))?.order.queries).toBe(8);
});

it('that would change nothing is asked of what is stored', async () => {
  await store.change(created, query);
  const seen: number[] = [];
  const same = await store.change(created, (current) => {
    seen.push(current.queries);
    return current;
  });
  expect(seen).toEqual([0, 1]);
  expect(same.queries).toBe(1);
  expect((await store.find(DEFAULT_ACCOUNT, created.tradeId))?.version).toBe(2);
});

it('reads an order that did not come from the store', async () => {
  const copy = { ...created };
  expect((await store.change(copy, query)).queries).toBe(1);
  expect(commands).toEqual(['hmget', 'evalsha']);
});

import { CycleStore } from '#shared/gateway/cycle-store.ts';
import { newCycle, type CycleRecord } from '#shared/gateway/model/cycle.ts';
import type { CycleId } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { recordedCommands } from '../../support/recorded-commands.ts';

let redis: TestRedis;
let database: Database;

beforeAll(async () => {
  redis = await startTestRedis();
  database = new Database(connectRedis(redis.url, 'owned'));
});
afterAll(async () => {
  database.redis.disconnect();
  await redis.stop();
});

const mine = 'cycle-mine' as CycleId;
const other = 'cycle-other' as CycleId;
const started = { dryRun: false, buysOnly: false, startedAt: instantOf(0) };

it('claims and releases the place of the running cycle in one command each', async () => {
  const store = new CycleStore(database);
  await database.redis.ping();
  const sent = recordedCommands(database.redis);
  expect(await store.claim(mine, undefined, 60_000)).toBe(1);
  expect(await store.claim(mine, undefined, 60_000)).toBe(2);
  const refused = store.claim(other, undefined, 60_000);
  await expect(refused).rejects.toMatchObject({ facts: { cycleId: mine } });
  // Neither another cycle nor an earlier attempt of this one releases it.
  await store.release(other, 2);
  await store.release(mine, 1);
  expect(await database.redis.get(keys.gateway.runningCycle())).toBe(`${mine}#2`);
  await store.release(mine, 2);
  expect(await database.redis.exists(keys.gateway.runningCycle())).toBe(0);
  expect(sent.filter((name) => name === 'eval')).toHaveLength(6);
  expect(sent.filter((name) => ['set', 'del'].includes(name))).toEqual([]);
});

it('gives an attempt a fencing token above that of its record, also where the lease has expired', async () => {
  const store = new CycleStore(database);
  const known = { ...newCycle({ id: mine, ...started }), fence: 7 };
  expect(await store.claim(mine, known, 60_000)).toBe(8);
  await store.release(mine, 8);
});

it('reads a lease of a build that had no fencing tokens', async () => {
  const store = new CycleStore(database);
  await database.redis.set(keys.gateway.runningCycle(), mine);
  await expect(store.claim(other, undefined, 60_000)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await store.claim(mine, undefined, 60_000)).toBe(1);
  await store.release(mine, 1);
});

it('lets the latest of two attempts change the record, whichever began it first', async () => {
  const store = new CycleStore(database);
  const fresh = newCycle({ id: mine, ...started });
  const first = await store.claim(mine, undefined, 60_000);
  const second = await store.claim(mine, undefined, 60_000);
  expect((await store.begin(fresh, second)).isOwn).toBe(true);
  expect((await store.begin(fresh, first)).isOwn).toBe(false);
  const mark = (record: CycleRecord): CycleRecord => ({ ...record, stepsDone: ['marked'] });
  expect(await store.change(mine, first, mark)).toMatchObject({ isOwn: false });
  expect((await store.find(mine))?.stepsDone).toEqual([]);
  expect(await store.change(mine, second, mark)).toMatchObject({ isOwn: true });
  expect([await store.holds(mine, first), await store.holds(mine, second)]).toEqual([false, true]);
  await store.release(mine, second);
});

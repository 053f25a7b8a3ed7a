import { CycleStore } from '#shared/gateway/cycle-store.ts';
import type { CycleId } from '#shared/kernel/identifiers.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

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

it('claims and releases the place of the running cycle in one command each', async () => {
  const store = new CycleStore(database);
  await database.redis.ping();
  const sent: string[] = [];
  const send = database.redis.sendCommand.bind(database.redis);
  database.redis.sendCommand = (command) => {
    sent.push(command.name);
    return send(command);
  };
  await store.claim(mine, 60_000);
  await store.claim(mine, 60_000);
  await expect(store.claim(other, 60_000)).rejects.toMatchObject({ facts: { cycleId: mine } });
  await store.release(other);
  expect(await database.redis.exists(keys.gateway.runningCycle())).toBe(1);
  await store.release(mine);
  expect(await database.redis.exists(keys.gateway.runningCycle())).toBe(0);
  expect(sent.filter((name) => name === 'eval')).toHaveLength(5);
  expect(sent.filter((name) => ['get', 'set', 'del'].includes(name))).toEqual([]);
});

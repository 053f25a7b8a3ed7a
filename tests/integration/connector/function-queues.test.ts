/** Queues of functions that a version before this one left behind. */
import type { Redis } from 'ioredis';
import { FunctionQueues } from '#gateway/queue/function-queues.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { until } from '../../support/until.ts';

let redis: TestRedis;
let client: Redis;
beforeAll(async () => {
  redis = await startTestRedis();
  client = connectRedis(redis.url, 'queue');
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

test('jobs of queues named under the former key are worked off after the start', async () => {
  const done: string[] = [];
  const open = () =>
    new FunctionQueues<string>({
      ...{ redisUrl: redis.url, prefix: 'queue', name: 'async', concurrencyOf: () => 1 },
      work: ({ data }) => Promise.resolve(done.push(data)),
      failed: () => Promise.resolve(),
    });
  const before = open();
  await before.queueOf('echo').add('call', 'left behind');
  await before.close(0);
  await client.sadd('{lanes:async}:names', 'echo');
  const queues = open();
  await queues.open();
  await until(() => done.length > 0);
  expect(done).toEqual(['left behind']);
  expect(await queues.names()).toEqual(['echo']);
  expect(await client.exists('{lanes:async}:names')).toBe(0);
  await queues.close(0);
});

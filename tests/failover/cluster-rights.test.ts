/** A Redis Cluster that refuses: the user is told what to grant, and a wrong password is no server that is away. */
import { connectRedis, requireSafeRedis } from '#shared/redis/client.ts';
import { redisCommands } from '#shared/redis/rights.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';

const KEYSLOT = '+cluster|keyslot';
const SLOTS = '+cluster|slots';
let cluster: Awaited<ReturnType<typeof startRedisCluster>>;

beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.stop());

/** How the check at a process's start ends for a user with these rights beside those of every Redis. */
async function checked(password: string, ...rights: readonly string[]): Promise<unknown> {
  const all = redisCommands.map((name) => `+${name}`);
  const user = ['trader', 'reset', 'on', '>secret', '~{a}:*', ...all, ...rights];
  for (const server of cluster.servers) await server.ask('ACL', 'SETUSER', ...user);
  const redis = connectRedis(cluster.url.replace('://', `://trader:${password}@`), 'a');
  try {
    await requireSafeRedis(redis);
    return 'safe';
  } catch (thrown) {
    return thrown;
  } finally {
    redis.disconnect();
  }
}

test.each([
  [[], [KEYSLOT, SLOTS], 'CLUSTER KEYSLOT, CLUSTER SLOTS'],
  [[KEYSLOT], [SLOTS], 'CLUSTER SLOTS'],
  [[SLOTS], [KEYSLOT], 'CLUSTER KEYSLOT'],
])('with %j alone %j are to be granted', async (rights, grants, names) => {
  expect(await checked('secret', ...rights)).toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining(`the commands ${names}: grant ${grants.join(' ')} `),
    facts: { rule: 'redis-rights', grants },
  });
});

test('with both it works', async () => {
  expect(await checked('secret', KEYSLOT, SLOTS)).toBe('safe');
});

test('a right that every Redis needs is named here as well', async () => {
  expect(await checked('secret', KEYSLOT, SLOTS, '-get')).toMatchObject({
    code: 'REFUSED',
    facts: { grants: ['+get'] },
  });
});

test('a wrong password is named', async () => {
  expect(await checked('wrong', KEYSLOT, SLOTS)).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'Redis refuses the user or the password of REDIS_URL.',
  });
});

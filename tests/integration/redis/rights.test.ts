/** A Redis user that lacks a right is refused at start, by the name of the right. */
import type { Redis } from 'ioredis';
import { connectRedis, requireSafeRedis } from '#shared/redis/client.ts';
import { redisCommands, requireRights } from '#shared/redis/rights.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

let redis: TestRedis;
let admin: Redis;
const opened: Redis[] = [];
const all = redisCommands.map((name) => `+${name}`);

beforeAll(async () => {
  redis = await startTestRedis();
  admin = connectRedis(redis.url, 'admin');
});
afterEach(() => {
  for (const client of opened.splice(0)) client.disconnect();
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

/** A connection of a user with these rights only. */
async function userWith(...rights: string[]): Promise<Redis> {
  await admin.call('ACL', 'SETUSER', 'trader', 'reset', 'on', '>secret', ...rights);
  const url = redis.url.slice('unix://'.length);
  const client = connectRedis(url, 'test').duplicate({ username: 'trader', password: 'secret' });
  client.on('error', () => undefined);
  opened.push(client);
  return client;
}

test('the rights of the list are enough, and the check leaves nothing behind', async () => {
  const client = await userWith('~test:*', ...all);
  await expect(requireRights(client)).resolves.toBeUndefined();
  await expect(requireSafeRedis(client)).resolves.toBeUndefined();
  expect(await admin.call('DBSIZE')).toBe(0);
});

test.each(redisCommands)('a missing %s is named', async (name) => {
  const client = await userWith('~test:*', ...all, `-${name}`);
  await expect(requireRights(client)).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining(`${name.toUpperCase()}: grant +${name} `),
    facts: { rule: 'redis-rights', grants: [`+${name}`] },
  });
});

test('several at once are one line', async () => {
  const client = await userWith('~test:*', ...all, '-eval', '-evalsha');
  await expect(requireRights(client)).rejects.toThrow(
    'The Redis user may not use the commands EVAL, EVALSHA: grant +eval +evalsha (docs/operate/redis-keys.md has the list).',
  );
});

test('keys without permission are named with the pattern to grant', async () => {
  const client = await userWith('~other:*', ...all);
  await expect(requireRights(client)).rejects.toThrow(
    'The Redis user may not use the keys test:*: grant ~test:* (docs/operate/redis-keys.md has the list).',
  );
});

test('a key pattern that may only be read is not enough', async () => {
  const client = await userWith('%R~test:*', ...all);
  await expect(requireRights(client)).rejects.toThrow('grant ~test:*');
});

test('an unreachable Redis is UNAVAILABLE, not a lack of permissions', async () => {
  const client = connectRedis('unix:///nowhere/redis.sock', 'test');
  opened.push(client);
  await expect(requireRights(client)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

import * as z from 'zod';
import { Money } from '#shared/kernel/money.ts';
import { connectRedis, requireSafeRedis } from '#shared/redis/client.ts';
import { durabilityOf } from '#shared/redis/durability.ts';
import { storedMoney } from '#shared/redis/codec.ts';
import { Database, writeDocument } from '#shared/redis/database.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

let redis: TestRedis;
let database: Database;

beforeAll(async () => {
  redis = await startTestRedis();
  database = new Database(connectRedis(redis.url, 'db'));
});
afterAll(async () => {
  database.redis.disconnect();
  await redis.stop();
});

const counter = z.object({ count: z.number() });

describe('a commit', () => {
  test('writes nothing at all when one document was changed meanwhile', async () => {
    const [a, b] = ['{c}:a', '{c}:b'];
    expect(
      await database.commit([{ key: a, version: 0 }], [writeDocument(a, 0, { count: 1 })]),
    ).toBe(true);
    const stale = [
      { key: a, version: 0 },
      { key: b, version: 0 },
    ];
    const writes = [writeDocument(b, 0, { count: 9 }), writeDocument(a, 0, { count: 9 })];
    expect(await database.commit(stale, writes)).toBe(false);
    expect(await database.find(a, counter)).toEqual({ key: a, version: 1, value: { count: 1 } });
    expect(await database.find(b, counter)).toBeUndefined();
  });

  test('applies every kind of write it offers', async () => {
    const key = (name: string): string => `{kinds}:${name}`;
    await database.redis.sadd(key('set'), 'old');
    const applied = await database.commit(
      [],
      [
        { op: 'SET', key: key('text'), args: ['x', 'PX', '60000'] },
        { op: 'ZADD', key: key('zset'), args: ['1.5', 'm'] },
        { op: 'RPUSH', key: key('list'), args: ['1', '2'] },
        { op: 'SADD', key: key('set'), args: ['new'] },
        { op: 'SREM', key: key('set'), args: ['old'] },
        { op: 'HSET', key: key('hash'), args: ['f', 'v'] },
      ],
    );
    expect(applied).toBe(true);
    expect(await database.redis.pttl(key('text'))).toBeGreaterThan(50_000);
    expect(await database.redis.zscore(key('zset'), 'm')).toBe('1.5');
    expect(await database.redis.lrange(key('list'), 0, -1)).toEqual(['1', '2']);
    expect(await database.redis.smembers(key('set'))).toEqual(['new']);
    expect(await database.redis.hgetall(key('hash'))).toEqual({ f: 'v' });
  });

  test('works again after Redis has forgotten the script', async () => {
    await database.redis.script('FLUSH');
    expect(await database.commit([], [{ op: 'SET', key: '{s}:s', args: ['1'] }])).toBe(true);
  });
});

describe('an update', () => {
  test('loses none of many changes made at once', async () => {
    const add = (): Promise<number> =>
      database.update('{u}:count', counter, (current) => {
        const count = (current?.count ?? 0) + 1;
        return { value: { count }, result: count };
      });
    const results = await Promise.all(Array.from({ length: 15 }, add));
    expect(results.toSorted((x, y) => x - y)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
  });

  test('writes nothing when the change decides so', async () => {
    expect(await database.update('{u}:none', counter, () => ({ result: 'no' }))).toBe('no');
    expect(await database.find('{u}:none', counter)).toBeUndefined();
  });
});

describe('a stored value', () => {
  test('comes back as the exact amount it was', async () => {
    const schema = z.object({ cash: storedMoney });
    const cash = Money.parse('0.10', 'EUR');
    await database.update('{v}:cash', schema, () => ({ value: { cash }, result: null }));
    expect((await database.find('{v}:cash', schema))?.value.cash.equals(cash)).toBe(true);
  });

  test.each(['{"count": "1"}', '{', 'null'])('with %s is an error, not a default', async (json) => {
    await database.redis.hset('{v}:bad', { version: '3', json });
    await expect(database.find('{v}:bad', counter)).rejects.toMatchObject({
      code: 'DATA_CORRUPT',
    });
  });
});

describe('a Redis', () => {
  test('that may evict keys is refused', async () => {
    await database.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(requireSafeRedis(database.redis)).rejects.toThrow(/noeviction/);
    await database.redis.config('SET', 'maxmemory-policy', 'noeviction');
    await expect(requireSafeRedis(database.redis)).resolves.toBeUndefined();
  });

  test.each([
    [
      'appendonly',
      'no',
      /appendonly no.*appendonly yes and appendfsync always.*REDIS_DURABILITY=unsafe/,
    ],
    ['appendfsync', 'everysec', /appendfsync everysec/],
  ])(
    'that may lose writes is refused unless that is accepted: %s %s',
    async (name, value, says) => {
      const { redis: client } = database;
      const [, before = ''] = (await client.config('GET', name)) as string[];
      await client.config('SET', name, value);
      try {
        await expect(requireSafeRedis(client)).rejects.toMatchObject({
          code: 'REFUSED',
          message: expect.stringMatching(says),
          facts: { rule: 'redis-not-durable' },
        });
        await expect(requireSafeRedis(client, 'unsafe')).resolves.toBeUndefined();
      } finally {
        await client.config('SET', name, before);
      }
    },
  );

  test('that forbids CONFIG is checked by INFO, and unknown values are reported', async () => {
    const { redis: client } = database;
    await client.acl('SETUSER', 'managed', 'on', '>secret', '~*', '+@all', '-config');
    const managed = client.duplicate({ username: 'managed', password: 'secret' });
    managed.on('error', () => undefined);
    try {
      await expect(durabilityOf(managed)).resolves.toEqual({
        kind: 'unknown',
        complaint: expect.stringContaining('does not say its appendfsync'),
      });
      await expect(requireSafeRedis(managed)).resolves.toBeUndefined();
      await client.config('SET', 'appendonly', 'no');
      await expect(requireSafeRedis(managed)).rejects.toThrow('appendonly no');
    } finally {
      await client.config('SET', 'appendonly', 'yes');
      managed.disconnect();
      await client.acl('DELUSER', 'managed');
    }
  });

  test('that is unreachable fails within seconds', async () => {
    const away = connectRedis('unix:///nowhere/redis.sock', 'x');
    await expect(requireSafeRedis(away)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    away.disconnect();
  });
});

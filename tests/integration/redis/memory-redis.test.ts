/** The stand-in in memory answers as Redis does: a seeded history of commands and commits, run on both. */
import type { Redis } from 'ioredis';
import { seededRandom } from '#shared/kernel/random.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { Database, writeDocument, writeField } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import { KnownLines } from '#shared/redis/known-lines.ts';
import { MemoryDatabase } from '#shared/redis/memory/memory-database.ts';
import { claimOwned, releaseOwned, renewOwned } from '#shared/redis/owned-key.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

let redis: TestRedis;
let real: Database;

beforeAll(async () => {
  redis = await startTestRedis();
  real = new Database(connectRedis(redis.url, 'memory'));
});
afterAll(async () => {
  real.redis.disconnect();
  await redis.stop();
});

type Step = (database: Database) => Promise<unknown>;

function randomStep(seed: string): Step {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const names = ['a', 'b', 'c'];
  const [key, name, value] = [pick(names), pick(names), String(Math.floor(random() * 5))];
  const at = (kind: string): string => `{k}:${kind}:${key}`;
  const writes: readonly Write[] = [
    { op: 'HSET', key: at('hash'), args: [name, value] },
    { op: 'HDEL', key: at('hash'), args: [name] },
    { op: 'RPUSH', key: at('list'), args: [value] },
    { op: 'SADD', key: at('set'), args: [name] },
    { op: 'SREM', key: at('set'), args: [name] },
    { op: 'ZADD', key: at('zset'), args: [value, name] },
    { op: 'ZREM', key: at('zset'), args: [name] },
    { op: 'SET', key: at('text'), args: [value] },
    { op: 'DEL', key: at(pick(['hash', 'list', 'set', 'zset', 'text'])), args: [] },
  ];
  const steps: readonly Step[] = [
    ({ redis: r }) => r.hgetall(at('hash')),
    ({ redis: r }) => r.hmget(at('hash'), 'a', 'b'),
    ({ redis: r }) => r.hget(at('hash'), name),
    async ({ redis: r }) => (await r.hkeys(at('hash'))).sort(),
    async ({ redis: r }) => (await r.hvals(at('hash'))).sort(),
    ({ redis: r }) => r.hsetnx(at('hash'), name, value),
    ({ redis: r }) => r.hset(at('hash'), name, value),
    ({ redis: r }) => r.hdel(at('hash'), name),
    // Of a field whose value is kept the text is made of it.
    (database) => database.commit([], [fieldWrite(database, at('hash'), name, value)]),
    async (database) => (await database.hashes().names([at('hash')]))[0]?.sort(),
    async (database) => readBack(database, at('hash'), ['a', 'b']),
    ({ redis: r }) => r.lrange(at('list'), Number(value), -1),
    ({ redis: r }) => r.lrange(at('list'), 0, Number(value)),
    async ({ redis: r }) => (await r.smembers(at('set'))).sort(),
    ({ redis: r }) => r.sismember(at('set'), name),
    ({ redis: r }) => r.zrevrange(at('zset'), 0, -1),
    ({ redis: r }) => r.zcard(at('zset')),
    ({ redis: r }) => r.zrevrangebyscore(at('zset'), '+inf', value),
    ({ redis: r }) => r.exists(at('text')),
    ({ redis: r }) => r.get(at('text')),
    ({ redis: r }) => r.incrby(at('count'), Number(value)),
    ({ redis: r }) =>
      claimOwned(r, at('lock'), name, { fenceMin: Math.abs(Number(value)), forMs: 60_000 }),
    ({ redis: r }) => releaseOwned(r, at('lock'), name),
    ({ redis: r }) => renewOwned(r, at('lock'), name, 60_000),
    (database) => committed(database, at('document'), Number(value), pick(writes)),
  ];
  return pick(steps);
}

function fieldWrite(database: Database, key: string, name: string, value: string): Write {
  return writeField(
    key,
    name,
    database.toField(`${key}:${name}`, { value }, () => value),
  );
}

/** By value, wherever it comes from. */
async function readBack(database: Database, key: string, names: readonly string[]) {
  const [some = []] = await database.hashes().some([{ key, names }]);
  const [all = []] = await database.hashes().all([key]);
  return [some, all.sort()].map((fields) =>
    fields.map(([name, field]) => [
      name,
      database.readField(`${key}:${name}`, field, (value) => ({ value })).value,
    ]),
  );
}

async function committed(database: Database, key: string, version: number, write: Write) {
  return database.commit(
    [{ key, version }],
    [writeDocument(key, version, { version }), { ...write }],
  );
}

test.each(Array.from({ length: 20 }, (_, i) => `memory-${i}`))(
  'the fake answers as Redis does: seed %s',
  async (seed) => {
    await real.redis.flushdb();
    const memory = new MemoryDatabase();
    for (let i = 0; i < 150; i += 1) {
      const [found, expected] = await Promise.all([
        randomStep(`${seed}-${i}`)(memory),
        randomStep(`${seed}-${i}`)(real),
      ]);
      expect([i, found]).toEqual([i, expected]);
    }
  },
);

test('a commit is guarded by the epoch, and advances it', async () => {
  const memory = new MemoryDatabase();
  const write = (): Write => ({ op: 'SET', key: '{k}:x', args: ['1'] });
  expect(await memory.commit([], [write()], 'advancing')).toBe(true);
  expect((await memory.epoch.held()).epoch?.sequence).toBe(1);
  await memory.redis.hset('{state}:epoch', 'doubt', 'somebody doubts it');
  await expect(memory.commit([], [write()], 'guarded')).rejects.toMatchObject({ code: 'REFUSED' });
});

test('a command that is not implemented is not silently ignored', () => {
  expect((new MemoryDatabase().redis as Partial<Redis>).flushall).toBeUndefined();
});

test('lines of a list are read once, and anew where it no longer goes on from them', async () => {
  await real.redis.flushdb();
  for (const database of [new MemoryDatabase(), real]) {
    const key = '{k}:lines';
    const push = (...args: string[]) => database.commit([], [{ op: 'RPUSH', key, args }]);
    const seen: string[] = [];
    const read = () =>
      database.readLines(key, (line) => {
        seen.push(line);
        return { line };
      });
    expect(await read()).toEqual([]);
    await push('a', 'b');
    const first = await read();
    await push('c');
    const second = await read();
    expect(second.map(({ line }) => line)).toEqual(['a', 'b', 'c']);
    expect([second[0] === first[0], (await read()) === second]).toEqual([true, true]);
    expect(seen).toEqual(['a', 'b', 'c']);
    await database.redis.del(key);
    await push('a', 'x');
    expect((await read()).map(({ line }) => line)).toEqual(['a', 'x']);
    await database.redis.del(key);
    expect(await read()).toEqual([]);
  }
});

test('of many lists those read last are kept', async () => {
  const known = new KnownLines(real.redis, 3);
  await real.redis.flushdb();
  let count = 0;
  const reader = (): number => (count += 1);
  for (const key of ['one', 'two']) await real.redis.rpush(key, 'a', 'b');
  for (const key of ['one', 'two', 'one', 'one']) await known.read(key, reader);
  expect(count).toBe(6);
});

test('a line that was appended here is not read, one of another process is', async () => {
  const known = new KnownLines(real.redis, 100);
  await real.redis.flushdb();
  const seen: string[] = [];
  const reader = (line: string) => {
    seen.push(line);
    return { line };
  };
  const own = [{ line: 'b' }, { line: 'c' }];
  await real.redis.rpush('list', 'a', 'b', 'x', 'c');
  known.remember('list', ['b', 'c'], own);
  known.remember('other', ['a'], ['of another list']);
  const values = await known.read('list', reader);
  expect(values).toEqual([{ line: 'a' }, { line: 'b' }, { line: 'x' }, { line: 'c' }]);
  expect([values[1], values[3]].map((value, i) => value === own[i])).toEqual([true, true]);
  expect(seen).toEqual(['a', 'x']);
  // More than are remembered at once are read.
  const many = Array.from({ length: 100 }, (_, i) => `m${i}`);
  known.remember('many', many, many);
  await real.redis.rpush('many', ...many);
  expect(await known.read('many', (line) => ({ line }))).toEqual(many.map((line) => ({ line })));
});

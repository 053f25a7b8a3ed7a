/** Reads of one turn of the event loop travel together, and each is answered by itself. */
import { connectRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { MemoryDatabase } from '#shared/redis/memory/memory-database.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { recordedCommands } from '../../support/recorded-commands.ts';

let redis: TestRedis;
let database: Database;
let calls: string[];

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  const connection = connectRedis(redis.url, 'joined');
  database = new Database(connection);
  await connection.flushall();
  calls = recordedCommands(connection);
});
afterEach(() => database.redis.disconnect());

const many = Array.from({ length: 40 }, (_, i) => `key:${i}`);

test('fields of a hash are one command, those of another hash another', async () => {
  await database.redis.hset('a', 'x', '1', 'y', '2');
  await database.redis.hset('b', 'x', '3');
  calls.length = 0;
  const later = async (): Promise<string | null> => {
    await Promise.resolve();
    return database.field('a', 'y');
  };
  const found = [database.field('a', 'x'), later(), database.field('a', 'z')];
  expect(await Promise.all([...found, database.field('b', 'x')])).toEqual(['1', '2', null, '3']);
  expect(calls).toEqual(['hmget', 'hmget']);
  expect(await database.field('a', 'x')).toBe('1');
  expect(calls).toHaveLength(3);
});

test('keys that do not exist are one command', async () => {
  expect(await Promise.all(many.map((key) => database.mayExist(key)))).toEqual(
    many.map(() => false),
  );
  expect(calls).toEqual(['exists']);
});

test('a key that exists is never said not to', async () => {
  for (const existing of [['key:7'], ['key:0', 'key:39'], many]) {
    await database.redis.flushall();
    for (const key of existing) await database.redis.set(key, 'x');
    const found = await Promise.all(many.map((key) => database.mayExist(key)));
    expect(many.filter((_, i) => found[i])).toEqual(expect.arrayContaining(existing));
  }
});

test('few that exist among many are told apart', async () => {
  await database.redis.set('key:7', 'x');
  const found = await Promise.all(many.map((key) => database.mayExist(key)));
  expect(found[7]).toBe(true);
  expect(found.filter(Boolean).length).toBeLessThan(8);
});

test('a read that is refused fails for each that asked, and the next is asked again', async () => {
  await database.redis.set('text', 'x');
  const asked = await Promise.allSettled([
    database.field('text', 'a'),
    database.field('text', 'b'),
  ]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await database.redis.hset('hash', 'a', '1');
  expect(await database.field('hash', 'a')).toBe('1');
});

test('stores in memory answer alike', async () => {
  const memory = new MemoryDatabase();
  await memory.redis.hset('hash', 'a', '1');
  expect(await memory.field('hash', 'a')).toBe('1');
  expect(await memory.field('hash', 'b')).toBeNull();
  expect([await memory.mayExist('hash'), await memory.mayExist('none')]).toEqual([true, false]);
});

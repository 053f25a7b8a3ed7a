/** Commits of one turn of the event loop travel together, and each is decided by itself. */
import * as z from 'zod';
import { connectRedis } from '#shared/redis/client.ts';
import { Database, writeDocument } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { recordedCommands } from '../../support/recorded-commands.ts';

const counter = z.object({ count: z.number() });

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
  // The script is known from here on.
  await database.commit([], [{ op: 'SET', key: 'first', args: ['1'] }]);
  calls = recordedCommands(connection);
});
afterEach(() => database.redis.disconnect());

const set = (key: string, value = 'x'): Write => ({ op: 'SET', key, args: [value] });
const addToText = (key: string): Write => ({ op: 'SADD', key, args: ['x'] });

function documentAt(key: string, version: number, count: number): Promise<boolean> {
  return database.commit([{ key, version }], [writeDocument(key, version, { count })]);
}

test('fifty at once are one call', async () => {
  const all = Array.from({ length: 50 }, (_, at) => documentAt(`d:${at}`, 0, at));
  expect(await Promise.all(all)).toEqual(Array.from({ length: 50 }, () => true));
  expect(calls).toEqual(['evalsha']);
  expect(await database.find('d:49', counter)).toMatchObject({ version: 1, value: { count: 49 } });
});

test('so are those that begin after an await of the same turn', async () => {
  const later = async (at: number): Promise<boolean> => {
    await Promise.resolve();
    return documentAt(`d:${at}`, 0, at);
  };
  await Promise.all([documentAt('d:0', 0, 0), later(1), later(2)]);
  expect(calls).toEqual(['evalsha']);
});

test('more than a call takes go in several', async () => {
  await Promise.all(Array.from({ length: 100 }, (_, at) => documentAt(`d:${at}`, 0, at)));
  expect(calls).toEqual(['evalsha', 'evalsha']);
  const large = 'x'.repeat(200_000);
  await Promise.all(['a', 'b', 'c'].map((key) => database.commit([], [set(key, large)])));
  expect(calls).toHaveLength(4);
});

test('one whose document was changed writes nothing, and the others are applied', async () => {
  await documentAt('a', 0, 1);
  const others = [documentAt('b', 0, 2), documentAt('a', 0, 9), documentAt('c', 0, 3)];
  expect(await Promise.all(others)).toEqual([true, false, true]);
  expect(await database.find('a', counter)).toMatchObject({ version: 1, value: { count: 1 } });
});

test('of two that change the same version the first is applied', async () => {
  expect(await Promise.all([documentAt('a', 0, 1), documentAt('a', 0, 2)])).toEqual([true, false]);
  expect(await database.find('a', counter)).toMatchObject({ value: { count: 1 } });
});

test.each([0, 1, 2])('one that Redis refuses fails alone, as number %d of three', async (at) => {
  await database.redis.set('text', 'x');
  const writes = [0, 1, 2].map((one) => (one === at ? addToText('text') : set(`right:${one}`)));
  const ended = await Promise.allSettled(writes.map((write) => database.commit([], [write])));
  expect(ended.map((one) => (one.status === 'rejected' ? String(one.reason) : one.value))).toEqual(
    [0, 1, 2].map((one) => (one === at ? expect.stringContaining('WRONGTYPE') : true)),
  );
  expect(await database.redis.keys('*right:*')).toHaveLength(2);
});

test('all fail where Redis takes no writes, and nothing is changed', async () => {
  await database.redis.config('SET', 'maxmemory', '1');
  try {
    const ended = await Promise.allSettled([documentAt('a', 0, 1), documentAt('b', 0, 2)]);
    for (const one of ended)
      expect(one).toMatchObject({ status: 'rejected', reason: { name: 'ReplyError' } });
    for (const one of ended) expect(String((one as PromiseRejectedResult).reason)).toMatch(/OOM/);
  } finally {
    await database.redis.config('SET', 'maxmemory', '0');
  }
  expect(await database.redis.exists('a', 'b')).toBe(0);
});

test('all fail where the connection is lost', async () => {
  const lost = new Error('Connection is closed.');
  database.redis.sendCommand = (command) => {
    calls.push(command.name);
    command.reject(lost);
    return command.promise;
  };
  const ended = await Promise.allSettled([documentAt('a', 0, 1), documentAt('b', 0, 2)]);
  expect(ended.map((one) => one.status === 'rejected' && one.reason)).toEqual([lost, lost]);
  expect(calls).toEqual(['evalsha']);
});

test('those that advance the epoch each get a number of their own', async () => {
  await database.epoch.required();
  const before = Number(await database.redis.hget('{state}:epoch', 'sequence'));
  const advancing = ['a', 'b', 'c'].map((key) =>
    database.commit([{ key, version: 0 }], [writeDocument(key, 0, { count: 1 })], 'advancing'),
  );
  expect(await Promise.all(advancing)).toEqual([true, true, true]);
  const { epoch } = await database.epoch.held();
  expect(epoch?.sequence).toBe(before + 3);
});

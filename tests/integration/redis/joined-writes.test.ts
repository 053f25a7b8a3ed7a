/** What commands cost in writes to the socket. */
import { connectRedis } from '#shared/redis/client.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

let server: TestRedis;

beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());

/** Counts the writes that reach the socket itself. */
async function connected() {
  const redis = connectRedis(server.url, 'joined');
  await redis.ping();
  const socket = redis.stream;
  const alone = jest.spyOn(socket, '_write');
  const joined = jest.spyOn(socket, '_writev' as '_write');
  return { redis, writes: () => alone.mock.calls.length + joined.mock.calls.length };
}

describe('commands of one turn of the event loop', () => {
  test('leave in one write, in their order, and are answered each', async () => {
    const { redis, writes } = await connected();
    const numbers = Array.from({ length: 50 }, (_, i) => String(i));
    const added = numbers.map((number) => redis.rpush('list', number));
    expect(await Promise.all(added)).toEqual(numbers.map((_, i) => i + 1));
    expect(writes()).toBe(1);
    expect(await redis.lrange('list', 0, -1)).toEqual(numbers);
    expect(writes()).toBe(2);
    redis.disconnect();
  });

  test('leave together with a transaction between them', async () => {
    const { redis, writes } = await connected();
    const replies = await Promise.all([
      redis.set('a', '1'),
      redis.multi().incr('a').incr('a').exec(),
      redis.get('a'),
    ]);
    expect(replies).toEqual([
      'OK',
      [
        [null, 2],
        [null, 3],
      ],
      '3',
    ]);
    expect(writes()).toBe(1);
    redis.disconnect();
  });

  test('fail each by themselves', async () => {
    const { redis } = await connected();
    await redis.set('text', 'x');
    const [first, second] = await Promise.allSettled([redis.incr('text'), redis.get('text')]);
    expect(first).toMatchObject({ status: 'rejected', reason: { name: 'ReplyError' } });
    expect(second).toEqual({ status: 'fulfilled', value: 'x' });
    redis.disconnect();
  });

  test('are sent where the connection is ended in the same turn', async () => {
    const { redis } = await connected();
    const [set] = await Promise.all([redis.set('last', 'word'), redis.quit()]);
    expect(set).toBe('OK');
    const { redis: other } = await connected();
    expect(await other.get('last')).toBe('word');
    other.disconnect();
  });

  test('go on after the connection was cut', async () => {
    const { redis } = await connected();
    redis.stream.destroy();
    expect(await Promise.all([redis.set('cut', '1'), redis.get('cut')])).toEqual(['OK', '1']);
    redis.disconnect();
  });
});

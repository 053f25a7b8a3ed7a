/** Which spans the commands of a connection have, with a tracer that only counts. */
import type { Redis } from 'ioredis';
import { useTracer } from '#shared/process/tracing/tracing.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { withRedisSpans } from '#shared/redis/redis-spans.ts';
import { callerOf, countedSpans } from '../../support/counted-spans.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

const CALL = callerOf('01');
const { tracer, spans } = countedSpans();

let server: TestRedis;
let connection: Redis;
let redis: Redis;
beforeAll(async () => {
  useTracer(tracer);
  server = await startTestRedis();
  connection = connectRedis(server.url, 'spans');
  redis = withRedisSpans(connection, CALL);
});
beforeEach(() => {
  spans.length = 0;
});
afterAll(async () => {
  useTracer();
  connection.disconnect();
  await server.stop();
});

it('gives a command one span, also where it waits for the connection', async () => {
  await redis.set('name', 'IE00B4L5Y983');
  await redis.get('name');
  expect(spans.map(({ name, ended }) => [name, ended])).toEqual([
    ['SET', 1],
    ['GET', 1],
  ]);
  expect(spans[1]?.attributes).toMatchObject({
    'db.system.name': 'redis',
    'db.operation.name': 'GET',
    'db.namespace': '0',
  });
  expect(JSON.stringify(spans)).not.toContain('IE00B4L5Y983');
});

it('gives a batch one span with its size, also through a connection derived from it', async () => {
  const derived = Object.create(redis) as Redis;
  await redis.pipeline().set('a', '1').get('a').get('b').exec();
  await derived.multi().set('a', '1').get('a').exec();
  expect(
    spans.map(({ name, attributes, ended }) => [
      name,
      attributes['db.operation.batch.size'],
      ended,
    ]),
  ).toEqual([
    ['PIPELINE', 3, 1],
    ['MULTI', 2, 1],
  ]);
});

it('marks what failed with the class of the error, and leaves the error to the caller', async () => {
  await redis.set('text', 'x');
  await expect(redis.incr('text')).rejects.toThrow('integer');
  expect(spans.map(({ name, failed, ended }) => [name, failed, ended])).toEqual([
    ['SET', undefined, 1],
    ['INCR', 'ReplyError', 1],
  ]);
});

it('stops what a call that is over still asks for, without a span', async () => {
  const stop = new AbortController();
  const until = {
    signal: stop.signal,
    get isOver() {
      return stop.signal.aborted;
    },
  };
  const stopped = withRedisSpans(connection, CALL, until);
  await stopped.get('a');
  stop.abort(new Error('over'));
  await expect(stopped.get('a')).rejects.toThrow('over');
  expect(spans.map(({ name }) => name)).toEqual(['GET']);
});

it('gives none to what does not go through it, and the call as the parent to what does', async () => {
  await connection.get('a');
  await connection.pipeline().get('a').exec();
  await connection.multi().get('a').exec();
  expect(spans).toEqual([]);
  await redis.get('a');
  expect(spans.map(({ parent }) => parent)).toEqual([CALL]);
});

it('gives one to all that a database does for a call, and keeps what was learned for all', async () => {
  const database = new Database(connection);
  await database.epoch.verdict();
  spans.length = 0;
  const within = database.within(CALL);
  const list = jest.fn((line: string) => line);
  await within.commit([], [{ op: 'RPUSH', key: 'list', args: ['one'] }], 'guarded');
  await within.readLines('list', list);
  await database.readLines('list', list);
  expect(spans.map(({ name, parent }) => [name, parent])).toEqual([
    ['HMGET', CALL],
    ['EVALSHA', CALL],
    ['EVAL', CALL],
    ['LRANGE', CALL],
  ]);
  expect(list).toHaveBeenCalledTimes(1);
});

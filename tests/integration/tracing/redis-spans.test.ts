/** Which spans the commands of a connection have, with a tracer that only counts. */
import type { Redis } from 'ioredis';
import { useTracer, type Attributes, type Tracer } from '#shared/process/tracing/tracing.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

interface Counted {
  readonly name: string;
  attributes: Attributes;
  failed?: string;
  ended: number;
}

let isRecording = true;
let spans: Counted[] = [];
const tracer: Tracer = {
  start: (name, options) => {
    const span: Counted = { name, attributes: options().attributes ?? {}, ended: 0 };
    spans.push(span);
    return {
      traceparent: '',
      isRecorded: true,
      set: (more) => void (span.attributes = { ...span.attributes, ...more }),
      link: () => undefined,
      fail: (type) => void (span.failed = type),
      run: (work) => work(),
      end: () => void (span.ended += 1),
    };
  },
  currentTraceparent: () => undefined,
  isRecording: () => isRecording,
  outside: (work) => work(),
};

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  useTracer(tracer);
  server = await startTestRedis();
  redis = connectRedis(server.url, 'spans');
});
beforeEach(() => {
  isRecording = true;
  spans = [];
});
afterAll(async () => {
  useTracer();
  redis.disconnect();
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

it('gives none outside of a recorded span', async () => {
  isRecording = false;
  await redis.get('a');
  await redis.pipeline().get('a').exec();
  await redis.multi().get('a').exec();
  expect(spans).toEqual([]);
});

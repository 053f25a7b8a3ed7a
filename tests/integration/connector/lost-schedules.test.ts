/** Schedules of the table of jobs that Redis lost, whole or in part. */
import { Redis } from 'ioredis';
import type { Queue } from 'bullmq';
import { openSchedules, restoreSchedules } from '#gateway/connector/schedules.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { jobs } from '#shared/contract/jobs.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

const names = jobs.map(({ name }) => name).sort();

let redis: TestRedis;
let plain: Redis;
let dependencies: Dependencies;
let queue: Queue;

beforeAll(async () => {
  redis = await startTestRedis();
  plain = new Redis(redis.url.replace('unix://', ''));
});
afterAll(async () => {
  plain.disconnect();
  await redis.stop();
});
beforeEach(async () => {
  dependencies = await openTestDependencies(redis);
  queue = await dependencies.runs.queueOf(gateway.triggerJob.topic);
  await openSchedules(dependencies.runs);
  expect(await coming()).toEqual(names);
});
afterEach(() => dependencies.close());

const coming = async (): Promise<string[]> =>
  [...(await dependencies.runs.nextTurns(gateway.triggerJob)).keys()].sort();

/** Each part of what BullMQ keeps of a schedule. */
const lost: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['all of it', () => queue.obliterate({ force: true })],
  ['the list of schedules', () => plain.del(queue.toKey('repeat'))],
  ['what one is', () => plain.del(queue.toKey('repeat:backup'))],
  ['the next turns', () => plain.del(queue.toKey('delayed'))],
];

it.each(lost)('are missed and restored where Redis lost %s', async (_what, lose) => {
  await lose();
  expect(await coming()).not.toContain('backup');
  await restoreSchedules(dependencies.runs);
  expect(await coming()).toEqual(names);
});

it.each(lost)('are restored at a start where Redis lost %s', async (_what, lose) => {
  await lose();
  await openSchedules(dependencies.runs);
  expect(await coming()).toEqual(names);
});

it('are left as they are where nothing is lost', async () => {
  const before = await dependencies.runs.nextTurns(gateway.triggerJob);
  await restoreSchedules(dependencies.runs);
  expect(await dependencies.runs.nextTurns(gateway.triggerJob)).toEqual(before);
});

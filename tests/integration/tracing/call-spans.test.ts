/** The spans of what a call uses, and that a call which is not recorded uses what the process has. */
import { portfolio } from '#shared/contract/portfolio.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { takeRecordedCalls } from '#shared/process/call-record.ts';
import { useTracer } from '#shared/process/tracing/tracing.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { callerOf, countedSpans } from '../../support/counted-spans.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import { inProcess } from '../../support/host.ts';

const { tracer, spans } = countedSpans();
let redis: TestRedis;
let dependencies: Dependencies;

beforeAll(async () => {
  redis = await startTestRedis();
  const { transport, into } = inProcess();
  dependencies = await openTestDependencies(redis, {}, { transport });
  into(dependencies);
  useTracer(tracer);
});
beforeEach(() => {
  spans.length = 0;
});
afterAll(async () => {
  useTracer();
  await dependencies.close();
  await redis.stop();
});

const options = (flags: '00' | '01') => ({
  signal: new AbortController().signal,
  requestId: 'spans',
  traceparent: callerOf(flags),
});
const deposit = (flags: '00' | '01', idempotencyKey: string) =>
  dependencies.functions.call(
    gateway.processDeposit,
    { amount: { amount: '100', currency: 'EUR' } },
    { ...options(flags), idempotencyKey },
  );
const update = (flags: '00' | '01') =>
  dependencies.functions.call(portfolio.updatePositions, {}, options(flags));

it('makes one tree of the call, its commands of Redis, and the broker with the books that it keeps there', async () => {
  await update('01');
  const byId = new Map(spans.map((span) => [span.traceparent, span]));
  const roots = spans.filter(({ parent }) => !byId.has(parent ?? ''));
  expect(roots.map(({ name, parent }) => [name, parent])).toEqual([
    ['portfolio-update-positions', callerOf('01')],
  ]);
  const [client, server] = spans;
  expect(server).toMatchObject({
    name: 'portfolio-update-positions',
    parent: client?.traceparent,
  });
  const below = (name: string) =>
    spans.filter(({ parent }) => byId.get(parent ?? '')?.name === name).map((span) => span.name);
  expect(below('broker statement')).toContain('HMGET');
  expect(
    spans.filter(({ parent, name }) => parent === server?.traceparent && name === 'HMGET').length,
  ).toBeGreaterThan(0);
  expect(spans.filter(({ ended }) => ended !== 1)).toEqual([]);
});

it('counts what is done at the simulated account as calls of the broker', async () => {
  await deposit('01', 'one');
  const broker = spans.find(({ name }) => name === 'broker deposit');
  expect(broker).toMatchObject({ ended: 1, attributes: { 'peer.service': 'paper' } });
  expect(spans.some(({ parent }) => parent === broker?.traceparent)).toBe(true);
});

it('counts what a recorded call uses as it counts that of others', async () => {
  const counted = async (flags: '00' | '01', key: string) => {
    takeRecordedCalls();
    await deposit(flags, key);
    await dependencies.functions.call(portfolio.getSummary, {}, options(flags));
    return takeRecordedCalls()
      .map(({ caller, callee, figures }) => [caller, callee, figures.calls].join(' '))
      .sort();
  };
  await counted('00', 'three');
  const unrecorded = await counted('00', 'four');
  expect(await counted('01', 'five')).toEqual(unrecorded);
  expect(unrecorded.join()).toMatch(/portfolio-get-summary redis [1-9]/);
  expect(unrecorded.join()).toMatch(/[a-z-]+ broker [1-9]/);
});

it('makes none where the caller has decided against it', async () => {
  await update('00');
  await deposit('00', 'two');
  expect(spans).toEqual([]);
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import type {
  GetJobStatusResponse,
  ListJobsResponse,
  TriggerJobResponse,
} from '#protos/gen/gateway.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { jobs } from '#shared/contract/jobs.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { FunctionCall, Transport } from '#shared/clients/functions-client.ts';
import getJobStatus from '../../../functions/gateway/get-job-status/handler.ts';
import listJobs from '../../../functions/gateway/list-jobs/handler.ts';
import triggerJob from '../../../functions/gateway/trigger-job/handler.ts';
import { streamOf } from '../../support/endpoints/test-gateway.ts';
import { endpointOf } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

let redis: TestRedis;
let dependencies: Dependencies;
let dataDir: string;
let calls: FunctionCall[];
let answer: Transport;
const clock = steppingClock('2024-06-27T21:00:00Z');

const transport: Transport = (call) => {
  calls.push(call);
  return answer(call);
};

beforeAll(async () => {
  redis = await startTestRedis();
  dataDir = await mkdtemp(join(tmpdir(), 'trader-data-'));
});

afterAll(async () => {
  await redis.stop();
  await rm(dataDir, { recursive: true, force: true });
});

beforeEach(async () => {
  dependencies = await openTestDependencies(
    redis,
    { DATA_DIR: dataDir },
    { now: clock.now, transport },
  );
  calls = [];
  answer = () => Promise.resolve({ status: 200, body: streamOf([{ synced: 4, failed: 1 }]) });
});

afterEach(() => dependencies.close());

const trigger = (body: object, headers: Record<string, string> = {}) =>
  supertest(endpointOf(triggerJob, dependencies)).post('/').set(headers).send(body);
const run = (body: object, id = 'run-1') => trigger(body, { 'x-run-id': id });
const statusOf = async (jobName: string): Promise<GetJobStatusResponse['job']> => {
  const response = await supertest(endpointOf(getJobStatus, dependencies))
    .post('/')
    .send({ jobName });
  return (response.body as GetJobStatusResponse).job;
};

describe('gateway-trigger-job, called from outside', () => {
  it('queues a run, answers its id, and does nothing yet', async () => {
    const { body, status } = await trigger({ jobName: 'sync-prices', force: true });
    const { success, runId } = body as TriggerJobResponse;
    expect({ status, success }).toEqual({ status: 200, success: true });
    const job = await (await dependencies.runs.queueOf(gateway.triggerJob.topic)).getJob(runId);
    expect(JSON.parse(job?.data.body ?? '')).toEqual({
      jobName: 'sync-prices',
      force: true,
      parameters: {},
    });
    expect(calls).toEqual([]);
    expect((await statusOf('sync-prices'))?.status).toBe('waiting');
  });

  it('answers the same run for the same idempotency key', async () => {
    const key = { 'idempotency-key': 'once-please' };
    const first = await trigger({ jobName: 'backup' }, key);
    const second = await trigger({ jobName: 'backup' }, key);
    expect(second.body).toEqual(first.body);
  });

  it('joins an equal run that waits', async () => {
    const first = await trigger({ jobName: 'maintenance' });
    const second = await trigger({ jobName: 'maintenance' });
    expect((second.body as TriggerJobResponse).runId).toBe(
      (first.body as TriggerJobResponse).runId,
    );
  });

  it('answers not-found for a job that is not in the table', async () => {
    const { status, body } = await trigger({ jobName: 'make-coffee' });
    expect({ status, body }).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it.each([
    ['an unknown parameter', { speed: 'fast' }, 'parameters.speed'],
    ['a parameter of the wrong kind', { isins: '["XX"]' }, 'parameters.isins.0'],
  ])('refuses %s by its name', async (_case, parameters, field) => {
    const { status, body } = await trigger({ jobName: 'sync-prices', parameters });
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST', field },
    });
  });

  it('refuses parameters for a job that takes none', async () => {
    const { body } = await trigger({ jobName: 'backup', parameters: { to: 'the moon' } });
    expect(body).toMatchObject({ code: 'INVALID_REQUEST', field: 'parameters.to' });
  });

  it('refuses an empty name', async () => {
    const { status, body } = await trigger({});
    expect({ status, body }).toMatchObject({ status: 400, body: { field: 'jobName' } });
  });
});

describe('gateway-trigger-job, called by the connector', () => {
  it('calls the operation with force and parameters, and counts the run', async () => {
    const isins = '["US0378331005"]';
    const { body } = await run({ jobName: 'sync-prices', force: true, parameters: { isins } });
    expect(body).toEqual({
      success: true,
      message: 'universe-sync-prices: synced 4, failed 1.',
      runId: 'run-1',
    });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      name: 'universe-sync-prices',
      accept: 'application/x-ndjson',
      idempotencyKey: 'run-1-call',
    });
    expect(JSON.parse(String(calls[0]?.body))).toEqual({
      forceRefresh: true,
      isins: ['US0378331005'],
    });
    expect(await statusOf('sync-prices')).toMatchObject({
      status: 'idle',
      runCount: 1,
      successCount: 1,
      failureCount: 0,
      lastError: '',
      lastRun: { seconds: String(clock.now() / 1000), nanos: 0 },
    });
  });

  it('records the day’s valuation by asking the broker', async () => {
    await run({ jobName: 'performance-snapshot' });
    expect(calls[0]?.name).toBe('portfolio-update-positions');
    expect(JSON.parse(String(calls[0]?.body))).toEqual({ forceSync: true });
  });

  it('keeps the failure of what it called, and lets the connector decide on it', async () => {
    answer = () => Promise.reject(new Failure('UNAVAILABLE', 'The prices did not answer.'));
    const { status, body } = await run({ jobName: 'score-refresh' });
    expect({ status, body }).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    expect(await statusOf('score-refresh')).toMatchObject({
      status: 'failed',
      runCount: 1,
      failureCount: 1,
      lastError: 'The prices did not answer.',
    });
    answer = () => Promise.resolve({ status: 200, body: streamOf([{ totalScored: 3 }]) });
    await run({ jobName: 'score-refresh' });
    expect(await statusOf('score-refresh')).toMatchObject({
      status: 'idle',
      runCount: 2,
      successCount: 1,
      lastError: '',
    });
  });

  it('takes an error in the last message for a failure of the job', async () => {
    answer = () =>
      Promise.resolve({
        status: 200,
        body: streamOf([{ error: '' }, { complete: true, error: 'the plan is stale' }]),
      });
    const { body } = await run({ jobName: 'trading-cycle' });
    expect(body).toMatchObject({ success: false, message: 'the plan is stale' });
    expect((await statusOf('trading-cycle'))?.status).toBe('failed');
  });

  it('backs up and says how much', async () => {
    const { body } = await run({ jobName: 'backup' });
    expect(body).toMatchObject({
      success: true,
      message: expect.stringMatching(/\d+ keys? in 2024/),
    });
  });

  it('complains about a Redis without an append-only file, and not about one with', async () => {
    await dependencies.database.redis.config('SET', 'appendonly', 'no');
    const { body } = await run({ jobName: 'maintenance' });
    expect(body).toMatchObject({
      success: false,
      message: expect.stringContaining('keeps no append-only file'),
    });
    await dependencies.database.redis.config('SET', 'appendonly', 'yes');
    const { body: after } = await run({ jobName: 'maintenance' }, 'run-2');
    expect(after).toMatchObject({ success: true });
  });

  it('gives messages of runs that would stay for ever a time to live', async () => {
    await dependencies.database.redis.rpush('{run:old}:updates', 'x');
    await run({ jobName: 'maintenance' });
    expect(await dependencies.database.redis.pttl('{run:old}:updates')).toBeGreaterThan(0);
  });
});

describe('gateway-list-jobs', () => {
  const list = (body: object) => supertest(endpointOf(listJobs, dependencies)).post('/').send(body);

  it('lists every job of the table, which have never run', async () => {
    const { body } = await list({});
    expect((body as ListJobsResponse).jobs).toEqual(
      jobs.map(({ name, schedule, description }) => ({
        jobName: name,
        schedule,
        description,
        status: 'idle',
        runCount: 0,
        successCount: 0,
        failureCount: 0,
        lastError: '',
      })),
    );
  });

  it('lists only jobs in the state asked for', async () => {
    await trigger({ jobName: 'sync-positions' });
    const { body } = await list({ statusFilter: 'waiting' });
    expect((body as ListJobsResponse).jobs.map(({ jobName }) => jobName)).toEqual([
      'sync-positions',
    ]);
  });

  it('refuses an unknown state', async () => {
    const { status, body } = await list({ statusFilter: 'sleeping' });
    expect({ status, body }).toMatchObject({ status: 400, body: { field: 'statusFilter' } });
  });
});

describe('gateway-get-job-status', () => {
  const get = (body: object) =>
    supertest(endpointOf(getJobStatus, dependencies)).post('/').send(body);

  it('answers found = false for an unknown job', async () => {
    expect((await get({ jobName: 'make-coffee' })).body).toEqual({ found: false });
  });

  it('refuses an empty name', async () => {
    const { status, body } = await get({});
    expect({ status, body }).toMatchObject({ status: 400, body: { field: 'jobName' } });
  });
});

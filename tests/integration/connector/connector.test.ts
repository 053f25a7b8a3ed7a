/** Runs go from the queue to a function and back to their subscribers. */
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { pulses } from '#shared/redis/pulses.ts';
import { openConnector } from '#gateway/connector/connector.ts';
import { openSchedules, restoreSchedules } from '#gateway/connector/schedules.ts';
import { nextTurn } from '#gateway/queue/next-turn.ts';
import { gateway as gatewayRows } from '#shared/contract/gateway.ts';
import { planning } from '#shared/contract/planning.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { jobs } from '#shared/contract/jobs.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { silentLog } from '#shared/process/log.ts';
import type { Outcome } from '#shared/runtime/runs/outcome.ts';
import type { FunctionEvent, FunctionHandler } from '#template/function.ts';
import { gatewayOf, streamOf } from '../../support/endpoints/test-gateway.ts';
import { listen } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import { until } from '../../support/until.ts';

const operation = planning.createPlan;
const ATTEMPTS = operation.queue?.attempts ?? 0;
const never = new AbortController().signal;

let redis: TestRedis;
let dependencies: Dependencies;
let server: Server;
let connector: { close(): Promise<void> };
let calls: FunctionEvent[];
let openedAt: number;
const functions: Record<string, FunctionHandler> = {};

beforeAll(async () => {
  redis = await startTestRedis();
  dependencies = await openTestDependencies(redis);
  const listening = await listen(gatewayOf(functions));
  server = listening.server;
  openedAt = Date.now();
  connector = await openConnector({
    redisUrl: redis.url,
    keyPrefix: dependencies.settings.redisKeyPrefix,
    gatewayUrl: listening.url,
    token: 'a-token-of-some-length',
    log: silentLog,
    intervalMs: 100,
  });
});

afterAll(async () => {
  await connector.close();
  await dependencies.close();
  server.closeAllConnections();
  server.close();
  await redis.stop();
});

beforeEach(() => {
  calls = [];
});

/** The stand-in for createPlan; it remembers what it was asked. */
function serve(name: string, answer: FunctionHandler): void {
  functions[name] = (event, context) => {
    calls.push(event);
    return answer(event, context);
  };
}

const update = (progressPct: number, more: object = {}): object => ({ progressPct, ...more });

/** A run that ends when it is let go: a busy machine takes any time to ask for it again. */
function serveHeld(name: string): () => void {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  serve(name, () => ({
    body: (async function* () {
      yield* streamOf([update(10)]);
      await held;
      yield* streamOf([update(100, { complete: true })]);
    })(),
  }));
  return letGo;
}

it('gives a sign at its start and at each interval', async () => {
  const first = (await pulses(dependencies.database)).get('connector') ?? 0;
  expect(first).toBeGreaterThan(0);
  for (;;) {
    const next = (await pulses(dependencies.database)).get('connector') ?? 0;
    if (next > first) break;
    await sleep(20);
  }
});

it('schedules a job by the sessions of an exchange, and again when that is stated otherwise', async () => {
  const { runs } = dependencies;
  const text = '@open XETR +30m';
  await openSchedules(runs, { 'trading-cycle': text });
  const next = (await runs.nextTurns(gatewayRows.triggerJob)).get('trading-cycle');
  expect(next).toBe(nextTurn(Date.now(), { pattern: text }));
  await restoreSchedules(runs, { 'trading-cycle': '@close XNYS -1h' });
  const other = (await runs.nextTurns(gatewayRows.triggerJob)).get('trading-cycle');
  expect(other).toBe(nextTurn(Date.now(), { pattern: '@close XNYS -1h' }));
  await expect(openSchedules(runs, { 'trading-cycle': '@open XXXX' })).rejects.toThrow('no turn');
  await openSchedules(runs);
});

async function follow(run: string): Promise<{ messages: unknown[]; outcome: Outcome }> {
  const messages: unknown[] = [];
  const following = dependencies.runs.follow(operation, run, new AbortController().signal);
  for (;;) {
    const next = await following.next();
    if (next.done) return { messages, outcome: next.value };
    messages.push(JSON.parse(next.value));
  }
}

const body = (portfolioHash: string): string => JSON.stringify({ portfolioHash });
const add = (hash: string, run: string) =>
  dependencies.runs.add(operation, body(hash), run, 'request-1');

describe('a queued run', () => {
  it('reaches the function with its id, its token and its request, and streams back in order', async () => {
    serve(operation.name, () => ({
      body: streamOf([update(0), update(40), update(80), update(100, { complete: true })], 5),
    }));
    await add('aa', 'run-order');
    const { messages, outcome } = await follow('run-order');
    expect(messages).toEqual([update(0), update(40), update(80), update(100, { complete: true })]);
    expect(outcome.kind).toBe('done');
    expect(calls).toHaveLength(1);
    expect(calls[0]?.headers).toMatchObject({
      'x-run-id': 'run-order',
      'x-request-id': 'request-1',
      authorization: 'Bearer a-token-of-some-length',
      accept: 'application/x-ndjson',
    });
    expect(JSON.parse(String(calls[0]?.body))).toEqual({ portfolioHash: 'aa' });
  });

  it('is joined by an equal request while it runs, however that is written', async () => {
    const letGo = serveHeld(operation.name);
    const first = await add('bb', 'run-first');
    const second = await dependencies.runs.add(
      operation,
      JSON.stringify({ portfolioHash: 'bb', maxPositions: 0, positions: [], constraints: {} }),
      'run-second',
      'request-2',
    );
    expect(first).toEqual({ run: 'run-first', joined: false });
    expect(second).toEqual({ run: 'run-first', joined: true });
    const both = Promise.all([follow(first.run), follow(second.run)]);
    letGo();
    const [one, two] = await both;
    expect(one).toEqual(two);
    expect(calls).toHaveLength(1);
  });

  it('is joined by hundreds of equal requests at once', async () => {
    const letGo = serveHeld(operation.name);
    const added = await Promise.all(
      Array.from({ length: 400 }, (_, i) => add('hundred', `run-hundred-${i}`)),
    );
    letGo();
    expect(new Set(added.map(({ run }) => run)).size).toBe(1);
    expect(added.filter(({ joined }) => !joined)).toHaveLength(1);
    const [first] = added;
    await follow(first?.run ?? '');
    expect(calls).toHaveLength(1);
  });

  it('runs again for an equal request after it has ended', async () => {
    serve(operation.name, () => ({ body: streamOf([update(100, { complete: true })]) }));
    await add('cc', 'run-c1');
    await follow('run-c1');
    await untilEnded('run-c1');
    const again = await add('cc', 'run-c2');
    expect(again).toEqual({ run: 'run-c2', joined: false });
    await follow('run-c2');
    expect(calls).toHaveLength(2);
  });

  it('answers the same messages to the same key again, without another call', async () => {
    serve(operation.name, () => ({
      body: streamOf([update(50), update(100, { complete: true, planId: 'p' })]),
    }));
    await add('dd', 'run-key');
    const first = await follow('run-key');
    await untilEnded('run-key');
    await add('dd', 'run-key');
    expect(await follow('run-key')).toEqual(first);
    expect(calls).toHaveLength(1);
  });

  it('refuses the same key with another request as KEY_REUSED', async () => {
    serve(operation.name, () => ({ body: streamOf([update(100, { complete: true })]) }));
    await add('ee', 'run-conflict');
    await expect(add('ff', 'run-conflict')).rejects.toMatchObject({
      code: 'KEY_REUSED',
      facts: { run: 'run-conflict' },
    });
    await follow('run-conflict');
  });
});

describe('an operation limited to one run at a time', () => {
  const cycle = gatewayRows.triggerTradingCycle;

  it('lets equal requests join, and refuses others naming the run that goes on', async () => {
    const letGo = serveHeld(cycle.name);
    const real = await dependencies.runs.add(cycle, '{}', 'cycle-real', 'r');
    expect(await dependencies.runs.add(cycle, '{"dryRun":false}', 'cycle-two', 'r')).toEqual({
      run: real.run,
      joined: true,
    });
    await expect(
      dependencies.runs.add(cycle, '{"dryRun":true}', 'cycle-dry', 'r'),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
      facts: { run: 'cycle-real' },
    });
    letGo();
    for await (const message of messagesOf(cycle, real.run)) expect(message).toBeTruthy();
  });
});

describe('a run that fails', () => {
  it.each(['UNAVAILABLE', 'DEADLINE', 'TOO_BUSY'] as const)(
    'is tried again after %s',
    async (code) => {
      serve(operation.name, () =>
        calls.length === 1
          ? { body: streamOf([update(30), { failure: { code, message: 'later' } }]) }
          : {
              body: streamOf([update(10), update(30), update(60), update(100, { complete: true })]),
            },
      );
      await add(`retry-${code}`, `run-${code}`);
      const { messages, outcome } = await follow(`run-${code}`);
      expect(outcome.kind).toBe('done');
      expect(calls).toHaveLength(2);
      // The second attempt does not report again what the first had reported.
      expect(messages).toEqual([update(30), update(60), update(100, { complete: true })]);
    },
  );

  it.each([
    ['REFUSED', 422],
    ['INVALID_REQUEST', 400],
    ['BUG', 500],
  ] as const)('is not tried again after %s', async (code, status) => {
    const failure = { code, message: 'no', rule: 'because' };
    serve(operation.name, () => ({ status, body: failure }));
    await add(`never-${code}`, `run-${code}`);
    const { outcome } = await follow(`run-${code}`);
    expect(outcome).toEqual({ kind: 'failed', failure });
    expect(calls).toHaveLength(1);
  });

  it('ends with the last failure when the attempts are used up', async () => {
    serve(operation.name, (_event, context) => {
      void context;
      return { status: 503, body: { code: 'UNAVAILABLE', message: `attempt ${calls.length}` } };
    });
    await add('gg', 'run-used-up');
    const { outcome } = await follow('run-used-up');
    expect(calls).toHaveLength(ATTEMPTS);
    expect(outcome).toEqual({
      kind: 'failed',
      failure: { code: 'UNAVAILABLE', message: `attempt ${ATTEMPTS}` },
    });
  });

  it('begins again when it is asked for with the same key', async () => {
    serve(operation.name, () =>
      calls.length === 1
        ? { status: 422, body: { code: 'REFUSED', message: 'not yet' } }
        : { body: streamOf([update(100, { complete: true })]) },
    );
    await add('hh', 'run-again');
    expect((await follow('run-again')).outcome.kind).toBe('failed');
    await untilEnded('run-again');
    await add('hh', 'run-again');
    expect((await follow('run-again')).outcome.kind).toBe('done');
  });

  it('treats a broken stream as an unavailable function', async () => {
    serve(operation.name, () => ({
      body:
        calls.length === 1
          ? breaking([update(20)])
          : streamOf([update(20), update(100, { complete: true })]),
    }));
    await add('ii', 'run-broken');
    const { messages, outcome } = await follow('run-broken');
    expect(outcome.kind).toBe('done');
    expect(messages).toEqual([update(20), update(100, { complete: true })]);
  });

  it.each([
    ['in the middle of a message', () => ['{"progressPct":20,"complete":false}\n', '{"progre']],
    ['between two messages', () => ['{"progressPct":20,"complete":false}\n']],
  ])('treats a stream that is cut off %s as a lost answer', async (where, cut) => {
    serve(operation.name, () => ({
      body: calls.length === 1 ? each(cut()) : streamOf([update(100, { complete: true })]),
    }));
    const run = `run-cut-${where.replaceAll(' ', '-')}`;
    await add(where, run);
    const { messages, outcome } = await follow(run);
    expect(outcome.kind).toBe('done');
    expect(messages.at(-1)).toEqual(update(100, { complete: true }));
    expect(calls).toHaveLength(2);
  });

  it('that is cut off again and again is an unknown outcome with the run to ask for', async () => {
    serve(operation.name, () => ({ body: each(['{"progre']) }));
    await add('cut', 'run-always-cut');
    const { outcome } = await follow('run-always-cut');
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { code: 'OUTCOME_UNKNOWN', run: 'run-always-cut' },
    });
    expect(calls).toHaveLength(ATTEMPTS);
  });

  it('continues over more calls than attempts while each makes progress', async () => {
    const steps = ATTEMPTS + 2;
    serve(operation.name, () =>
      calls.length < steps
        ? { body: each([`{"progressPct":${calls.length * 10},"complete":false}\n`]) }
        : { body: streamOf([update(100, { complete: true })]) },
    );
    await add('long', 'run-long');
    expect((await follow('run-long')).outcome.kind).toBe('done');
    expect(calls).toHaveLength(steps);
  });

  it('is called again without an attempt where the function hands it over', async () => {
    const failure = { code: 'UNAVAILABLE', message: 'It waits.', resumeAfterMs: 10 };
    serve(operation.name, () =>
      calls.length <= ATTEMPTS
        ? { body: streamOf([{ failure }]) }
        : { body: streamOf([update(100, { complete: true })]) },
    );
    await add('handed', 'run-handed-over');
    expect((await follow('run-handed-over')).outcome.kind).toBe('done');
    expect(calls).toHaveLength(ATTEMPTS + 1);
  });

  it('whose earlier attempt may have changed something is never reported as unavailable', async () => {
    serve(operation.name, () =>
      calls.length === 1
        ? { status: 504, body: { code: 'OUTCOME_UNKNOWN', message: 'Lost.', tradeId: 't1' } }
        : { status: 503, body: { code: 'UNAVAILABLE', message: 'The prices are away.' } },
    );
    await add('open', 'run-open');
    expect((await follow('run-open')).outcome).toMatchObject({
      failure: { code: 'OUTCOME_UNKNOWN', cause: 'UNAVAILABLE', run: 'run-open' },
    });
  });

  it('is reported as an unknown outcome when its job has vanished', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    serve(operation.name, async () => {
      await held;
      return { body: streamOf([update(100, { complete: true })]) };
    });
    await add('busy', 'run-busy');
    await add('jj', 'run-lost');
    const job = await (await dependencies.runs.queueOf(operation.topic)).getJob('run-lost');
    await job?.remove();
    const { outcome } = await follow('run-lost');
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'OUTCOME_UNKNOWN' } });
    release();
    await follow('run-busy');
  });
});

describe('schedules', () => {
  const queue = () => dependencies.runs.queueOf(gatewayRows.triggerJob.topic);

  it('hold every job of the table', async () => {
    const scheduled = await (await queue()).getJobSchedulers();
    expect(scheduled.map(({ key, pattern, tz }) => [key, pattern, tz]).sort()).toEqual(
      jobs.map((job) => [job.name, job.schedule, 'UTC']).sort(),
    );
    // A turn that has just come is still the next one until a worker takes it.
    expect(scheduled.every(({ next }) => (next ?? 0) > openedAt)).toBe(true);
  });

  it('come back with their limits after Redis was emptied', async () => {
    await dependencies.database.redis.flushall();
    const limit = async (): Promise<number | null> => (await queue()).getGlobalConcurrency();
    await until(async () => (await limit()) !== null);
    await until(async () => (await (await queue()).getJobSchedulers()).length === jobs.length);
    const scheduled = await (await queue()).getJobSchedulers();
    expect(scheduled.map(({ key }) => key).sort()).toEqual(jobs.map(({ name }) => name).sort());
    expect(await limit()).toBe(gatewayRows.triggerJob.queue?.concurrency);
  });

  it('are not counted as pending runs', async () => {
    expect(await dependencies.runs.pending(gatewayRows.triggerJob)).toEqual([]);
  });

  it('run a job under an id made of its name and its time', async () => {
    serve(gatewayRows.triggerJob.name, () => ({ body: { success: true } }));
    const [next] = await (await queue()).getJobs(['delayed']);
    await next?.promote();
    const { name } = JSON.parse(next?.data.body ?? '{}').jobName
      ? { name: String(JSON.parse(next?.data.body ?? '{}').jobName) }
      : { name: '' };
    const run = `${name}-${next?.id?.split(':').at(-1)}`;
    while (!(await dependencies.runs.outcome(run))) await sleep(20);
    // The jobs of every minute may come meanwhile.
    expect(calls.map(({ headers }) => headers['x-run-id'])).toContain(run);
    expect(await dependencies.runs.outcome(run)).toEqual({
      kind: 'done',
      last: '{"success":true}',
    });
  });

  it('leave no record of a turn that succeeded, and at most the last thousand that failed', async () => {
    serve(gatewayRows.triggerJob.name, () => ({ body: { success: true } }));
    const turns = await queue();
    const kept = await turns.getJobCountByTypes('completed');
    const [next] = await turns.getJobs(['delayed']);
    const id = next?.id ?? '';
    await next?.promote();
    while ((await turns.getJob(id)) !== undefined) await sleep(20);
    expect(await turns.getJobCountByTypes('completed')).toBe(kept);
    const outcome = keys.runtime.outcome(id.replace(/^repeat:/, '').replaceAll(':', '-'));
    expect(await dependencies.database.redis.pttl(outcome)).toBeLessThanOrEqual(3_600_000);
    for (const { template } of await turns.getJobSchedulers())
      expect(template?.opts).toMatchObject({ removeOnFail: { count: 1_000 } });
  });

  it('of an earlier build are bounded at the next start', async () => {
    const turns = await queue();
    const [name, body] = ['notices', '{"jobName":"notices"}'];
    const data = { run: '', operation: gatewayRows.triggerJob.name, body, requestId: '' };
    const old = { name: 'TriggerJob', data, opts: { removeOnComplete: { age: 604_800 } } };
    await turns.upsertJobScheduler(name, { pattern: '* * * * *', tz: 'UTC' }, old);
    await openSchedules(dependencies.runs);
    const found = (await turns.getJobSchedulers()).find(({ key }) => key === name);
    expect(found?.template?.opts).toMatchObject({ removeOnComplete: true });
  });
});

async function* messagesOf(row: Parameters<typeof dependencies.runs.follow>[0], run: string) {
  yield* dependencies.runs.follow(row, run, never);
}

async function untilEnded(run: string): Promise<void> {
  const queue = await dependencies.runs.queueOf(operation.topic);
  while (!['completed', 'failed'].includes(await queue.getJobState(run))) await sleep(10);
}

async function* breaking(messages: readonly unknown[]): AsyncGenerator<string> {
  yield* streamOf(messages);
  await sleep(50);
  throw new Failure('BUG', 'the function died');
}

async function* each(chunks: readonly string[]): AsyncGenerator<string> {
  yield* chunks;
}

/** What a run waits for before its function is called, and how it ends beside its job. */
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { processJob } from '#gateway/connector/job-processor.ts';
import type { DirectTransport, FunctionAnswer } from '#shared/clients/functions-client.ts';
import { universe } from '#shared/contract/universe.ts';
import { silentLog } from '#shared/process/log.ts';
import type { Ending, RunData, Runs } from '#shared/runtime/runs/runs.ts';

const operation = universe.syncPrices;
const never = new AbortController().signal;
const queues = { status: 'ready' } as unknown as Redis;

interface Finished {
  readonly run: string;
  readonly outcome: unknown;
  readonly ending: Ending;
}

/** Runs that note what is asked of them. */
function notingRuns(finish: (finished: Finished) => Promise<void> = () => Promise.resolve()) {
  const asked: string[] = [];
  const note =
    <T>(name: string, answer: T) =>
    (): Promise<T> => {
      asked.push(name);
      return Promise.resolve(answer);
    };
  const runs = {
    within: () => runs,
    outcome: note('outcome', undefined),
    cancelled: note('cancelled', false),
    countRecorded: note('countRecorded', 3),
    lastRecorded: note('lastRecorded', '{"progressPct":50}'),
    record: note('record', undefined),
    finish: (run: string, outcome: unknown, ending: Ending) => finish({ run, outcome, ending }),
  };
  return { runs: runs as unknown as Runs, asked };
}

function jobOf(data: Partial<RunData>, attemptsStarted: number): Job<RunData> {
  const named = { run: 'a-run', operation: operation.name, body: '{}', requestId: 'r' };
  const job = { id: 'a-run', data: { ...named, ...data }, attemptsStarted, opts: {} };
  return job as unknown as Job<RunData>;
}

function answering(...messages: readonly object[]) {
  const calls: string[] = [];
  const transport = (): Promise<FunctionAnswer> => {
    calls.push('call');
    return Promise.resolve({ status: 200, body: lines(messages) });
  };
  return { transport, calls };
}

async function* lines(messages: readonly object[]): AsyncGenerator<string> {
  for (const message of messages) yield `${JSON.stringify(message)}\n`;
}

async function* each(messages: readonly object[]): AsyncGenerator<object> {
  yield* messages;
}

const half = { progressPct: 50, complete: false };
const whole = { progressPct: 100, complete: true };

it('asks nothing about a run whose id was made for it, before its first attempt', async () => {
  const finished: Finished[] = [];
  const { runs, asked } = notingRuns(async (one) => void finished.push(one));
  const { transport } = answering(half, whole);
  const job = jobOf({ isNewId: true }, 1);
  await processJob({ runs, queues, transport, log: silentLog }, operation, job, '', never);
  expect(asked).toEqual(['record']);
  expect(finished).toMatchObject([
    { run: 'a-run', outcome: { kind: 'done', last: JSON.stringify(whole) } },
  ]);
  expect(finished[0]?.ending).toMatchObject({ recorded: 1, through: queues });
});

it.each([
  ['a later attempt', jobOf({ isNewId: true }, 2)],
  ['an id that may have been used before', jobOf({}, 1)],
])('asks first whether it has ended or was cancelled: %s', async (_which, job) => {
  const { runs, asked } = notingRuns();
  const { transport } = answering(whole);
  await processJob({ runs, queues, transport, log: silentLog }, operation, job, '', never);
  expect(asked).toEqual(expect.arrayContaining(['outcome', 'cancelled']));
});

it('takes messages of a function in its process as objects, and records what they say', async () => {
  const finished: Finished[] = [];
  const { runs, asked } = notingRuns(async (one) => void finished.push(one));
  const requests: object[] = [];
  const direct: DirectTransport = async (_name, { message }, { requestId }, headers) => {
    requests.push({ message, requestId, run: headers['x-run-id'] });
    return { status: 200, body: lines([]), messages: each([half, whole]) };
  };
  const transport = Object.assign(() => Promise.reject(new Error('is not called')), {
    directly: () => direct,
  });
  const job = jobOf({ isNewId: true, body: '{"forceRefresh":true}' }, 1);
  await processJob({ runs, queues, transport, log: silentLog }, operation, job, '', never);
  expect(requests).toEqual([{ message: { forceRefresh: true }, requestId: 'r', run: 'a-run' }]);
  expect(asked).toEqual(['record']);
  expect(finished[0]?.outcome).toEqual({ kind: 'done', last: JSON.stringify(whole) });
});

it('stores an outcome that Redis refused alone, and calls the function once', async () => {
  const tries: Finished[] = [];
  let isStored: () => void = () => undefined;
  const stored = new Promise<void>((resolve) => (isStored = resolve));
  const { runs } = notingRuns(async (one) => {
    if (tries.push(one) === 1) throw new Error('OOM command not allowed');
    isStored();
  });
  const { transport, calls } = answering(whole);
  const processor = { runs, queues, transport, log: silentLog };
  await processJob(processor, operation, jobOf({ isNewId: true }, 1), '', never);
  await stored;
  expect(calls).toHaveLength(1);
  expect(tries.map(({ outcome }) => outcome)).toEqual([
    { kind: 'done', last: JSON.stringify(whole) },
    { kind: 'done', last: JSON.stringify(whole) },
  ]);
});

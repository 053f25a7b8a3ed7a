/** Queues of runs, the jobs of the table, and when the parts of the installation were last heard of. */
import { operations } from '#shared/contract/catalogue.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { jobs } from '#shared/contract/jobs.ts';
import { sample, type Sample } from '#shared/contract/metric-table.ts';
import type { Operation } from '#shared/contract/row.ts';
import { pulses, redisNow } from '#shared/redis/pulses.ts';
import type { Context } from '#shared/runtime/context.ts';
import { waitsSince } from '#shared/runtime/runs/waits-since.ts';
import { JobStore } from '../job-store.ts';
import { callQueueSamples } from './call-queue-samples.ts';

export async function queueSamples(context: Context): Promise<Sample[]> {
  const queued = operations.filter(({ queue }) => queue !== null);
  const all = [callQueueSamples(context), ...queued.map((one) => samplesOf(one, context))];
  return (await Promise.all(all)).flat();
}

async function samplesOf({ name, topic }: Operation, { runs, now }: Context): Promise<Sample[]> {
  const queue = await runs.queueOf(topic);
  const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'failed');
  const [oldest] = await queue.getWaiting(0, 0);
  const age = oldest ? Math.max(0, (now() - waitsSince(oldest)) / 1_000) : 0;
  return [
    ...Object.entries(counts).map(([state, count]) =>
      sample('trader_queue_jobs', count, { queue: name, state }),
    ),
    sample('trader_queue_oldest_seconds', age, { queue: name }),
    sample('trader_queue_unworked_seconds', counts['active'] === 0 ? age : 0, { queue: name }),
  ];
}

export async function jobSamples({ database, runs }: Context): Promise<Sample[]> {
  const store = new JobStore(database);
  const [coming, heard, ...records] = await Promise.all([
    runs.nextTurns(gateway.triggerJob),
    pulses(database),
    ...jobs.map(({ name }) => store.find(name)),
  ]);
  const missing = jobs.map(({ name: job_name }) =>
    sample('trader_schedule_missing', !coming.has(job_name), { job_name }),
  );
  const ofRecords = jobs.flatMap(({ name: job_name }, index) => {
    const record = records[index];
    if (!record) return [];
    const { lastError, successes, failures, lastEndedAt } = record;
    return [
      sample('trader_job_failed', lastError !== '', { job_name }),
      sample('trader_job_runs_total', successes, { job_name, outcome: 'success' }),
      sample('trader_job_runs_total', failures, { job_name, outcome: 'failure' }),
      ...(lastEndedAt === undefined
        ? []
        : [sample('trader_job_last_end_timestamp_seconds', lastEndedAt / 1_000, { job_name })]),
    ];
  });
  // Without a connector nothing is scheduled.
  return heard.has('connector') ? [...missing, ...ofRecords] : ofRecords;
}

/** By the clock of Redis, as they are written. */
export async function pulseSamples({ database }: Context): Promise<Sample[]> {
  const [heard, now] = await Promise.all([pulses(database), redisNow(database)]);
  return [...heard].map(([name, at]) => {
    const [part = '', board = ''] = name.split(':');
    return sample('trader_pulse_age_seconds', Math.max(0, (now - at) / 1_000), { part, board });
  });
}

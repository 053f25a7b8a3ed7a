/** Past, current and next runs of the jobs: from their records, the queue, and the scheduler. */
import type { JobStatus } from '#protos/gen/gateway.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { jobs, ownSchedules } from '#shared/contract/jobs.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { PendingRun } from '#shared/runtime/runs/runs.ts';
import { gateway, type jobStates } from '#shared/contract/gateway.ts';
import { JobStore } from './job-store.ts';
import type { JobRecord } from './model/job-record.ts';

export type JobState = (typeof jobStates)[number];

/** All jobs, in the order of the table. A job without a connector has no next run. */
export async function jobStatuses({
  database,
  runs,
  settings,
}: Dependencies): Promise<JobStatus[]> {
  const store = new JobStore(database);
  const [pending, turns, records] = await Promise.all([
    runs.pending(gateway.triggerJob),
    runs.nextTurns(gateway.triggerJob),
    Promise.all(jobs.map(({ name }) => store.find(name))),
  ]);
  const own = ownSchedules(settings);
  return jobs.map(({ name, schedule, description }, index) => {
    const record = records[index];
    const next = turns.get(name);
    return {
      jobName: name,
      status: stateOf(name, pending, record),
      lastRun: record && toTimestamp(record.lastStartedAt),
      nextRun: next === undefined ? undefined : toTimestamp(next),
      runCount: record?.runs ?? 0,
      successCount: record?.successes ?? 0,
      failureCount: record?.failures ?? 0,
      lastError: record?.lastError ?? '',
      schedule: own[name] ?? schedule,
      description,
    };
  });
}

function stateOf(
  name: string,
  pending: readonly PendingRun[],
  record: JobRecord | undefined,
): JobState {
  const own = pending.filter(({ body }) => jobNameOf(body) === name);
  if (own.some(({ state }) => state === 'running')) return 'running';
  if (own.length > 0) return 'waiting';
  return record !== undefined && record.lastError !== '' ? 'failed' : 'idle';
}

function jobNameOf(body: string): unknown {
  return (JSON.parse(body) as { jobName?: unknown }).jobName;
}

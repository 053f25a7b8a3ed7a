/** Registers the table of jobs with BullMQ's scheduler, which keeps it in Redis for all connectors. */
import type { Queue } from 'bullmq';
import { gateway } from '#shared/contract/gateway.ts';
import { jobs, type JobRow } from '#shared/contract/jobs.ts';
import { jobOptions, type RunData, type Runs } from '#shared/runtime/runs/runs.ts';

const trigger = gateway.triggerJob;

/** Afterwards exactly the jobs of the table are scheduled, as the table says. */
export async function openSchedules(runs: Runs): Promise<void> {
  const queue = await runs.queueOf(trigger.topic);
  const known = await queue.getJobSchedulers();
  const gone = known.filter(({ key }) => !jobs.some((job) => job.name === key));
  for (const { key } of gone) await queue.removeJobScheduler(key);
  for (const job of jobs) {
    const scheduled = known.find(({ key }) => key === job.name);
    if (scheduled?.pattern === job.schedule && mayComeLate(job)) continue;
    await schedule(queue, job);
  }
}

/** Schedules again what Redis lost meanwhile; a job that is still scheduled is left as it is. */
export async function restoreSchedules(runs: Runs): Promise<void> {
  const queue = await runs.queueOf(trigger.topic);
  const known = await queue.getJobSchedulers();
  for (const job of jobs.filter(({ name }) => !known.some(({ key }) => key === name)))
    await schedule(queue, job);
}

/**
 * A call that was due while no connector ran is made at its start, since it still waits in Redis;
 * rescheduling drops it. Orders are not caught up: their time has passed.
 */
function mayComeLate({ work }: JobRow): boolean {
  return work.kind === 'task' || work.operation.effect !== 'trades';
}

async function schedule(queue: Queue<RunData>, job: JobRow): Promise<void> {
  const body = JSON.stringify({ jobName: job.name });
  const data: RunData = { run: '', operation: trigger.name, body, requestId: '' };
  await queue.upsertJobScheduler(
    job.name,
    { pattern: job.schedule, tz: 'UTC' },
    { name: trigger.rpc, data, opts: jobOptions(trigger) },
  );
}

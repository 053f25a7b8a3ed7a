/** Registers the table of jobs with BullMQ's scheduler, which keeps it in Redis for all connectors. */
import type { Queue } from 'bullmq';
import { nextTurn } from '#gateway/queue/next-turn.ts';
import { refused } from '#shared/kernel/failure.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { jobs, type JobRow } from '#shared/contract/jobs.ts';
import { comingTurns, forgetSchedule } from '#shared/runtime/runs/coming-turns.ts';
import { turnOptions, type RunData, type Runs } from '#shared/runtime/runs/runs.ts';

const trigger = gateway.triggerJob;

/** Schedules of the installation in place of the table's, by the job's name. */
export type OwnSchedules = Readonly<Record<string, string>>;

/** A turn of a session is kept for so long after its time, so that it is not moved before it has begun. */
const KEPT_MS = 60_000;

/** Afterwards exactly the jobs of the table are scheduled, as the table or the installation says. */
export async function openSchedules(runs: Runs, own: OwnSchedules = {}): Promise<void> {
  const queue = await runs.queueOf(trigger.topic);
  const [known, coming] = await Promise.all([queue.getJobSchedulers(), comingTurns(queue)]);
  const gone = known.filter(({ key }) => !jobs.some((job) => job.name === key));
  for (const { key } of gone) await queue.removeJobScheduler(key);
  for (const job of jobs) {
    const pattern = patternOf(job, own);
    const scheduled = known.find(({ key }) => key === job.name);
    // Turns that an earlier build scheduled are kept too long.
    const isBounded = scheduled?.template?.opts?.removeOnComplete === true;
    const isKept = scheduled?.pattern === pattern && isBounded && coming.has(job.name);
    if (isKept && mayComeLate(job)) continue;
    if (!coming.has(job.name)) await forgetSchedule(queue, job.name);
    await schedule(queue, job, pattern);
  }
}

/**
 * Schedules again what Redis lost meanwhile, if only the next turn, and the next session of a job that follows an exchange; any other
 * job that is still scheduled is left as it is.
 */
export async function restoreSchedules(runs: Runs, own: OwnSchedules = {}): Promise<void> {
  const queue = await runs.queueOf(trigger.topic);
  const [known, coming] = await Promise.all([queue.getJobSchedulers(), comingTurns(queue)]);
  for (const job of jobs) {
    const pattern = patternOf(job, own);
    const scheduled = known.find(({ key }) => key === job.name);
    const isOver = followsExchange(job, own) && scheduled?.pattern !== pattern;
    if (!coming.has(job.name)) await forgetSchedule(queue, job.name);
    if (!coming.has(job.name) || isOver) await schedule(queue, job, pattern);
  }
}

function followsExchange({ name, schedule: usual }: JobRow, own: OwnSchedules): boolean {
  return (own[name] ?? usual).startsWith('@');
}

/** Of a session the scheduler gets the next turn, as a pattern of that minute. */
function patternOf(job: JobRow, own: OwnSchedules): string {
  const text = own[job.name] ?? job.schedule;
  if (!followsExchange(job, own)) return text;
  const turn = nextTurn(Date.now() - KEPT_MS, { pattern: text });
  if (turn === undefined)
    throw refused(
      'job-schedule',
      `The job ${job.name} has no turn: ${text} names no exchange with a calendar, or the calendar has ended.`,
    );
  const at = new Date(turn);
  return `${at.getUTCMinutes()} ${at.getUTCHours()} ${at.getUTCDate()} ${at.getUTCMonth() + 1} *`;
}

/**
 * A call that was due while no connector ran is made at its start, since it still waits in Redis;
 * rescheduling drops it. Orders are not caught up: their time has passed.
 */
function mayComeLate({ work }: JobRow): boolean {
  return work.kind === 'task' || work.operation.effect !== 'trades';
}

async function schedule(queue: Queue<RunData>, job: JobRow, pattern: string): Promise<void> {
  const body = JSON.stringify({ jobName: job.name });
  const data: RunData = { run: '', operation: trigger.name, body, requestId: '' };
  await queue.upsertJobScheduler(
    job.name,
    { pattern, tz: 'UTC' },
    { name: trigger.rpc, data, opts: turnOptions(trigger) },
  );
}

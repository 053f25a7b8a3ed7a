/** Runs a job, and records its outcome. */
import { Failure } from '#shared/kernel/failure.ts';
import type { TaskName } from '#shared/contract/jobs.ts';
import type { Operation } from '#shared/contract/row.ts';
import type { Context } from '#shared/runtime/context.ts';
import { backUp } from './backup/back-up.ts';
import { JobStore } from './job-store.ts';
import type { JobRequest } from './job-work.ts';
import { maintain } from './maintain.ts';
import { sendNotices } from './notices/send-notices.ts';
import type { JobEnd } from './model/job-record.ts';

const tasks: Record<TaskName, (context: Context) => Promise<JobEnd>> = {
  backup: backUp,
  maintenance: maintain,
  notices: sendNotices,
};

/** @throws Failure of what the job called; it is recorded as the job's last error */
export async function runJob(context: Context, job: string, work: JobRequest): Promise<JobEnd> {
  const store = new JobStore(context.database);
  await store.started(job, context.run ?? '', context.now());
  try {
    const end = await executeWork(context, work);
    await store.ended(job, end, context.now());
    return end;
  } catch (thrown) {
    // A run that was only abandoned has not ended: resuming it records its end.
    if (wasGivenUp(context.signal)) throw thrown;
    const { message } = Failure.from(thrown);
    await store.ended(job, { ok: false, message }, context.now());
    throw thrown;
  }
}

function wasGivenUp({ aborted, reason }: AbortSignal): boolean {
  return aborted && (reason as Error).name !== 'TimeoutError';
}

function executeWork(context: Context, work: JobRequest): Promise<JobEnd> {
  return work.kind === 'task'
    ? tasks[work.task](context)
    : callThrough(context, work.operation, work.request);
}

/** Calls an operation under the run's own key, so that a run that is resumed calls it once. */
async function callThrough(
  { functions, run, callOptions }: Context,
  operation: Operation,
  request: object,
): Promise<JobEnd> {
  const options = callOptions(`${run ?? ''}-call`);
  if (!operation.streams)
    return endOf(operation, await functions.call(operation, request, options));
  let last: unknown = {};
  for await (const message of functions.stream(operation, request, options)) last = message;
  return endOf(operation, last);
}

function endOf(operation: Operation, answer: unknown): JobEnd {
  const { error, message } = answer as { error?: unknown; message?: unknown };
  if (typeof error === 'string' && error !== '') return { ok: false, message: error };
  if (typeof message === 'string' && message !== '') return { ok: true, message };
  return { ok: true, message: `${operation.name}: ${figures(answer as object) || 'done'}.` };
}

/** `synced 40, failed 0`: the numbers at the top of an answer. */
function figures(answer: object): string {
  return Object.entries(answer)
    .filter(([name, value]) => typeof value === 'number' && name !== 'progressPct')
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

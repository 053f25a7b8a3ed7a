/**
 * Triggers a job: called by a person or a program it queues a run and answers its id; called by the
 * connector it carries the run out. `force` ignores how fresh data is, where the job's operation
 * can. `parameters` override fields of the job's request, as text or JSON.
 */
import { gateway } from '#shared/contract/gateway.ts';
import { workOf } from '#shared/gateway/job-work.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { requireJob } from '#shared/contract/jobs.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.triggerJob, async (request, context) => {
  const { jobName, force, parameters } = request;
  const job = requireJob(jobName);
  const work = workOf(job, force, parameters);
  if (context.run !== undefined) {
    // Backups, notices and their kind are loaded only by a run.
    const { runJob } = await import('#shared/gateway/run-job.ts');
    const { ok, message } = await runJob(context, jobName, work);
    return { success: ok, message, runId: context.run };
  }
  const body = JSON.stringify({ jobName, force, parameters: Object.fromEntries(parameters) });
  const requested = `${jobName}-${shortHash(context.idempotencyKey)}`;
  const added = await context.runs.add(
    gateway.triggerJob,
    body,
    requested,
    context.requestId,
    context,
  );
  const message = added.joined ? 'The same run is under way already.' : `${jobName} is queued.`;
  return { success: true, message, runId: added.run };
});

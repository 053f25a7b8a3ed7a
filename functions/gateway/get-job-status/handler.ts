/** Answers the state of one job; `found` is false for a name that no job has. */
import { gateway } from '#shared/contract/gateway.ts';
import { jobStatuses } from '#shared/gateway/job-status.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.getJobStatus, async ({ jobName }, context) => {
  const jobs = await jobStatuses(context);
  const job = jobs.find((one) => one.jobName === jobName);
  return { found: job !== undefined, job };
});

/** Lists all jobs, or those in one state: idle, waiting, running or failed. */
import { gateway, jobStates } from '#shared/contract/gateway.ts';
import { jobStatuses } from '#shared/gateway/job-status.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { handle } from '#shared/runtime/handle.ts';

const states: readonly string[] = jobStates;

export default handle(gateway.listJobs, async ({ statusFilter }, context) => {
  if (statusFilter !== '' && !states.includes(statusFilter))
    throw invalidRequest({ field: 'statusFilter', message: `one of ${states.join(', ')}` });
  const jobs = await jobStatuses(context);
  return { jobs: jobs.filter(({ status }) => statusFilter === '' || status === statusFilter) };
});

/** Generated from the catalogue by `npm run generate`: the gateway service in one function. */
import getJobStatus from './get-job-status/handler.ts';
import getOverview from './get-overview/handler.ts';
import getServicesHealth from './get-services-health/handler.ts';
import getSystemStatus from './get-system-status/handler.ts';
import listJobs from './list-jobs/handler.ts';
import processDeposit from './process-deposit/handler.ts';
import triggerJob from './trigger-job/handler.ts';
import triggerTradingCycle from './trigger-trading-cycle/handler.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { pack } from '#shared/runtime/pack.ts';

export default pack('gateway', gateway, {
  getJobStatus,
  getOverview,
  getServicesHealth,
  getSystemStatus,
  listJobs,
  processDeposit,
  triggerJob,
  triggerTradingCycle,
});

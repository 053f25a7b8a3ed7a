/** Generated from the catalogue by `npm run generate`: the gateway service in one function. */
import answerProposal from './answer-proposal/handler.ts';
import approvePlan from './approve-plan/handler.ts';
import changePlan from './change-plan/handler.ts';
import createAnswerTokens from './create-answer-tokens/handler.ts';
import getDependencies from './get-dependencies/handler.ts';
import getJobStatus from './get-job-status/handler.ts';
import getMetrics from './get-metrics/handler.ts';
import getOverview from './get-overview/handler.ts';
import getReplay from './get-replay/handler.ts';
import getServicesHealth from './get-services-health/handler.ts';
import getSystemStatus from './get-system-status/handler.ts';
import getTrust from './get-trust/handler.ts';
import listAlerts from './list-alerts/handler.ts';
import listAudit from './list-audit/handler.ts';
import listJobs from './list-jobs/handler.ts';
import listNotices from './list-notices/handler.ts';
import listProposals from './list-proposals/handler.ts';
import processDeposit from './process-deposit/handler.ts';
import recordRefusals from './record-refusals/handler.ts';
import rejectPlan from './reject-plan/handler.ts';
import runReplay from './run-replay/handler.ts';
import setTrust from './set-trust/handler.ts';
import testNotices from './test-notices/handler.ts';
import triggerJob from './trigger-job/handler.ts';
import triggerTradingCycle from './trigger-trading-cycle/handler.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { pack } from '#shared/runtime/pack.ts';

export default pack('gateway', gateway, {
  answerProposal,
  approvePlan,
  changePlan,
  createAnswerTokens,
  getDependencies,
  getJobStatus,
  getMetrics,
  getOverview,
  getReplay,
  getServicesHealth,
  getSystemStatus,
  getTrust,
  listAlerts,
  listAudit,
  listJobs,
  listNotices,
  listProposals,
  processDeposit,
  recordRefusals,
  rejectPlan,
  runReplay,
  setTrust,
  testNotices,
  triggerJob,
  triggerTradingCycle,
});

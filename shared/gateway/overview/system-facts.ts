/** The system behind the account: services, boards, jobs, and the cycle that runs. */
import type { OverviewJob, OverviewRun, OverviewService } from '#protos/gen/overview.ts';
import type { GetTradingStateResponse } from '#protos/gen/trading.ts';
import type { JobStatus, ServiceHealth } from '#protos/gen/gateway.ts';
import { trading } from '#shared/contract/trading.ts';
import type { ServiceName } from '#shared/contract/names.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { allLocal, type Placement } from '#shared/placement/placement.ts';
import type { Context } from '#shared/runtime/context.ts';
import { CycleStore } from '../cycle-store.ts';
import { jobStatuses } from '../job-status.ts';
import { servicesHealth } from '../services-health.ts';

export interface SystemFacts {
  readonly services: readonly OverviewService[];
  readonly jobs: readonly OverviewJob[];
  readonly run: OverviewRun | undefined;
  /** Absent where its board does not answer. */
  readonly control: GetTradingStateResponse | undefined;
}

export async function loadSystem(context: Context): Promise<SystemFacts> {
  const [services, jobs, cycle, control] = await Promise.all([
    servicesHealth(context),
    jobStatuses(context),
    new CycleStore(context.database).running(),
    context.functions
      .call(trading.getTradingState, {}, context.callOptions())
      .catch(() => undefined),
  ]);
  return {
    services: services.map((one) => serviceMessage(context.placement, one)),
    jobs: jobs.map(jobMessage),
    run: cycle && {
      cycleId: cycle.id,
      startedAt: toTimestamp(cycle.startedAt),
      stepsDone: [...cycle.stepsDone],
      dryRun: cycle.dryRun,
    },
    control,
  };
}

function serviceMessage(placement: Placement, one: ServiceHealth): OverviewService {
  const { serviceName: name, healthy, status, latencyMs } = one;
  const place = placement.places[name as ServiceName];
  const here = placement === allLocal ? '' : placement.device;
  const remote = place.mode === 'remote';
  return { name, healthy, status, latencyMs, remote, board: remote ? place.device.name : here };
}

function jobMessage(job: JobStatus): OverviewJob {
  const { jobName: name, description, status, lastRun, nextRun, lastError } = job;
  const counts = { runs: job.runCount, failures: job.failureCount };
  return { name, description, status, lastRun, nextRun, lastError, ...counts };
}

/**
 * The whole system in figures that are measured now. `status` is `healthy`; `halted` or `reducing`
 * while trading is restricted; `degraded` when a service cannot work or a job's last run failed.
 * `complaints` say why in words. What cannot be asked is absent. Services and jobs are listed with
 * `include_details`.
 */
import { join } from 'node:path';
import { gateway } from '#shared/contract/gateway.ts';
import { newestBackup } from '#shared/gateway/backup/newest-backup.ts';
import { redisNotices } from '#shared/process/redis-notice.ts';
import { jobStatuses } from '#shared/gateway/job-status.ts';
import { servicesHealth } from '#shared/gateway/services-health.ts';
import { conditionOf } from '#shared/gateway/model/system-condition.ts';
import { durabilityOfState, writeRefusals } from '#shared/gateway/state-durability.ts';
import { hostMetrics } from '#shared/gateway/host-metrics.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { handle } from '#shared/runtime/handle.ts';
import { trading } from '#shared/contract/trading.ts';

export default handle(gateway.getSystemStatus, async ({ includeDetails }, context) => {
  const { functions, marketData, broker } = context;
  const options = context.callOptions();
  const { dataDir } = context.settings;
  const [
    services,
    jobs,
    signs,
    durability,
    replication,
    backups,
    notices,
    refusals,
    summary,
    trades,
    control,
  ] = await Promise.all([
    servicesHealth(context),
    jobStatuses(context),
    hostMetrics(context.signal),
    durabilityOfState(context.database),
    context.database.replication.state(),
    newestBackup(join(dataDir, 'backups')),
    redisNotices(dataDir),
    writeRefusals(context.database),
    functions.call(portfolio.getSummary, {}, options).catch(() => undefined),
    functions.call(trading.getTradeHistory, { limit: 1 }, options).catch(() => undefined),
    functions.call(trading.getTradingState, {}, options).catch(() => undefined),
  ]);
  const condition = conditionOf({
    ...{ services, jobs, durability, replication, summary, trades, control },
    notices: [...refusals, ...notices, ...backups.complaints],
  });
  return {
    status: condition.status,
    metrics: {
      uptimeSeconds: String(signs.uptimeSeconds),
      cpuUsagePct: signs.cpuUsagePct,
      memoryUsagePct: signs.memoryUsagePct,
      totalTrades: String(trades?.total ?? 0),
      activePositions: String(summary?.positionCount ?? 0),
      totalPortfolioValue: summary?.totalValue,
    },
    services: includeDetails ? services : [],
    jobs: includeDetails ? jobs : [],
    lastUpdated: toTimestamp(context.now()),
    version: context.build,
    marketData: marketData.name,
    broker: broker.name,
    simulated: marketData.simulated,
    tradingState: control?.state ?? '',
    complaints: [...condition.complaints],
    replication: replication.kind.toUpperCase(),
    newestBackup: backups.newestGood,
  };
});

/**
 * Lists the conditions that a person must know of and that hold now, the critical ones first; the same
 * as the rules for Prometheus, without their waiting times. `runbook` is a page of docs/runbooks.
 */
import { gateway } from '#shared/contract/gateway.ts';
import { firing } from '#shared/gateway/observe/firing-alerts.ts';
import { stateMetrics } from '#shared/gateway/observe/state-metrics.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.listAlerts, async (_request, context) => {
  const found = firing(await stateMetrics(context), context.now() / 1_000);
  const alerts = found.map(({ row: { name, severity, summary, runbook }, labels, value }) => ({
    ...{ name, severity, summary, runbook, value },
    labels: { ...labels },
  }));
  return { alerts: alerts.sort((a, b) => a.severity.localeCompare(b.severity)) };
});

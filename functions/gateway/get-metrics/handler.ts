/**
 * Answers the metrics of the state (docs/operate/metrics.md), each read now. What cannot be read is absent. The
 * gateway's `/metrics` and the connector's show them to Prometheus.
 */
import { gateway } from '#shared/contract/gateway.ts';
import { stateMetrics } from '#shared/gateway/observe/state-metrics.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.getMetrics, async (_request, context) => ({
  samples: (await stateMetrics(context)).map((one) => ({ ...one, labels: { ...one.labels } })),
}));

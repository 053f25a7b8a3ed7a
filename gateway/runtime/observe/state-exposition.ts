/** The metrics of the state in Prometheus' text format, asked of the function that reads them. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { MetricSample } from '#protos/gen/gateway.ts';
import type { CallOptions, FunctionsClient } from '#shared/clients/functions-client.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { metricTable, type MetricName, type MetricRow } from '#shared/contract/metric-table.ts';
import type { Log } from '#shared/process/log.ts';

/** Prometheus gives up after 10 s. */
const ANSWER_MS_MAX = 8_000;
const UP = { name: 'trader_state_up', help: '0 while the metrics of the state cannot be read.' };

/** @returns a source for the metrics endpoint; where the function does not answer, only `trader_state_up 0` */
export function stateExposition(functions: FunctionsClient, log: Log): () => Promise<string> {
  return async () => {
    const options: CallOptions = {
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      requestId: 'metrics',
      caller: 'metrics',
      isScrape: true,
    };
    const samples = await functions.call(gateway.getMetrics, {}, options).then(
      (answer) => answer.samples,
      (cause: unknown) => {
        log.warn('state-metrics-failed', { cause });
        return undefined;
      },
    );
    return expositionOf(samples);
  };
}

function expositionOf(samples: readonly MetricSample[] | undefined): Promise<string> {
  const registry = new Registry();
  new Gauge({ ...UP, registers: [registry] }).set(samples ? 1 : 0);
  for (const [name, row] of Object.entries<MetricRow>(metricTable))
    addMetric(registry, name as MetricName, row, samples ?? []);
  return registry.metrics();
}

function addMetric(
  registry: Registry,
  name: MetricName,
  { help, labels: labelNames = [] }: MetricRow,
  samples: readonly MetricSample[],
): void {
  const own = samples.filter((one) => one.name === name);
  if (own.length === 0) return;
  const options = { name, help, labelNames: [...labelNames], registers: [registry] };
  if (name.endsWith('_total')) {
    const counter = new Counter(options);
    for (const { labels, value } of own) counter.inc(labels, value);
    return;
  }
  const gauge = new Gauge(options);
  for (const { labels, value } of own) gauge.set(labels, value);
}

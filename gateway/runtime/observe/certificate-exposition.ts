/** When the certificate of this process ends, in Prometheus' text format; read anew at each scrape. */
import { Gauge, Registry } from 'prom-client';
import { metricTable } from '#shared/contract/metric-table.ts';
import { certificateEnd } from '#shared/runtime/board-figures.ts';
import type { MetricsSource } from './metrics-endpoint.ts';

const NAME = 'trader_certificate_expires_timestamp_seconds';

/** @param board that it belongs to @returns a source for the metrics endpoint */
export function certificateExposition(file: string, board: string): MetricsSource {
  return async () => {
    const registry = new Registry();
    const { help, labels } = metricTable[NAME];
    const gauge = new Gauge({ name: NAME, help, labelNames: labels, registers: [registry] });
    gauge.set({ board }, await certificateEnd(file));
    return registry.metrics();
  };
}

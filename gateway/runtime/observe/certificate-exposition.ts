/** When the certificate of this process ends, and whether its files can be used, in Prometheus' text format; read anew at each scrape. */
import { Gauge, Registry } from 'prom-client';
import { metricTable, type MetricName } from '#shared/contract/metric-table.ts';
import type { TlsFiles } from '#shared/process/tls-settings.ts';
import { certificateFigures } from '#shared/runtime/board-figures.ts';
import type { MetricsSource } from './metrics-endpoint.ts';

type Shown = Extract<MetricName, `trader_certificate_${string}`>;

/** @param board that it belongs to @returns a source for the metrics endpoint */
export function certificateExposition(files: TlsFiles, board: string): MetricsSource {
  return async () => {
    const registry = new Registry();
    const show = (name: Shown, value: number | boolean | undefined): void => {
      const { help, labels } = metricTable[name];
      const gauge = new Gauge({ name, help, labelNames: labels, registers: [registry] });
      if (value !== undefined) gauge.set({ board }, Number(value));
    };
    const { certificateExpires, certificateRefused } = await certificateFigures(files);
    show('trader_certificate_expires_timestamp_seconds', certificateExpires);
    show('trader_certificate_refused', certificateRefused);
    return registry.metrics();
  };
}

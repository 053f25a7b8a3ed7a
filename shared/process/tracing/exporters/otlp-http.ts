import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';

export function openOtlp(): OTLPTraceExporter {
  return new OTLPTraceExporter();
}

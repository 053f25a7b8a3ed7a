import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';

export function openOtlp(): OTLPTraceExporter {
  return new OTLPTraceExporter();
}

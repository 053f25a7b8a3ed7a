import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';

export function openOtlp(): OTLPTraceExporter {
  return new OTLPTraceExporter();
}

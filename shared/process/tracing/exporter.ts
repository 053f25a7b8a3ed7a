/** The exporter of the protocol that OTEL_EXPORTER_OTLP_PROTOCOL names; each reads its own variables. */
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';

export const protocols = ['http/protobuf', 'http/json', 'grpc'] as const;
export type Protocol = (typeof protocols)[number];

/** Each imports its package in a module of its own: of a CommonJS package that is imported late, a bundle has no names. */
const openers: Readonly<Record<Protocol, () => Promise<{ openOtlp(): SpanExporter }>>> = {
  grpc: () => import('./exporters/otlp-grpc.ts'),
  'http/json': () => import('./exporters/otlp-http.ts'),
  'http/protobuf': () => import('./exporters/otlp-proto.ts'),
};

export async function openExporter(protocol: Protocol): Promise<SpanExporter> {
  const { openOtlp } = await openers[protocol]();
  return openOtlp();
}

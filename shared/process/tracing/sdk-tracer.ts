/**
 * Spans through the processor and exporters of the official SDK. Loaded only by processes that export traces. Nothing is
 * registered globally, so libraries that know OpenTelemetry add no spans of their own, and there is no baggage.
 */
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { hostname } from 'node:os';
import { BUILD } from '../build-version.ts';
import { openExporter, type Protocol } from './exporter.ts';
import { RecordedSpan, traceIdIn, type SpanOwner } from './recorded-span.ts';
import { keptBy, type Sampling } from './sampler.ts';
import { SpanIds } from './span-ids.ts';
import type { SpanLimits } from './span-limits.ts';
import { isSampled, type Span, type SpanName, type Tracer } from './tracing.ts';

/** Name of the instrumentation scope. */
const SCOPE = 'arduino-trader';
/** Collectors that are away must not delay the end of a process. */
const CLOSE_MS_MAX = 2_000;

export interface SdkTracer extends Tracer {
  /** Sends what is not sent yet. */
  flush(): Promise<void>;
  /** Sends it, and ends. */
  close(): Promise<void>;
}

export interface TracedProcess {
  /** Where OTEL_SERVICE_NAME is not set. */
  readonly serviceName: string;
  readonly board: string | undefined;
}

export async function openSdkTracer(
  traced: TracedProcess,
  protocol: Protocol,
  sampling: Sampling,
  limits: SpanLimits,
): Promise<SdkTracer> {
  const processor = new BatchSpanProcessor(await openExporter(protocol));
  const owner: SpanOwner = {
    resource: resourceOf(traced),
    scope: { name: SCOPE, version: BUILD },
    limits,
    ended: (span) => void processor.onEnd(span),
  };
  return {
    start: starterOf(owner, sampling),
    flush: () => inTime(processor.forceFlush()),
    close: () => inTime(processor.shutdown()),
  };
}

function resourceOf({ serviceName, board }: TracedProcess): SpanOwner['resource'] {
  const own = resourceFromAttributes({
    'service.name': serviceName,
    'service.version': BUILD,
    'host.name': hostname(),
    ...(board !== undefined && { 'trader.board': board }),
  });
  const stated = detectResources({ detectors: [envDetector] });
  return defaultResource().merge(own).merge(stated);
}

/** @internal */
export function starterOf(owner: SpanOwner, sampling: Sampling): Tracer['start'] {
  const ids = new SpanIds();
  const keeps = keptBy(sampling);
  const { followsParent } = sampling;
  return (name, options, parent) => {
    if (parent !== undefined && followsParent && !isSampled(parent)) return undefined;
    const traceId = parent === undefined ? ids.traceId() : traceIdIn(parent);
    const isKept = parent !== undefined && followsParent ? true : keeps(traceId);
    const begun = `00-${traceId}-${ids.spanId()}-`;
    if (!isKept) return new UnsampledSpan(`${begun}00`);
    return new RecordedSpan(owner, textOf(name), options(), `${begun}01`, parent);
  };
}

function textOf(name: SpanName): string {
  return typeof name === 'string' ? name : name();
}

/** Of a trace that is not kept: it passes the decision on, and records nothing. */
class UnsampledSpan implements Span {
  readonly isRecorded = false;
  readonly traceparent: string;

  constructor(traceparent: string) {
    this.traceparent = traceparent;
  }

  set(): void {}

  link(): void {}

  fail(): void {}

  end(): void {}
}

async function inTime(closing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, CLOSE_MS_MAX)));
  await Promise.race([closing.catch(() => undefined), late]);
  clearTimeout(timer);
}

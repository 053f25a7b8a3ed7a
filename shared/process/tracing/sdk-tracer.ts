/**
 * Spans through the official SDK. Loaded only by processes that export traces. Nothing is registered
 * globally, so libraries that know OpenTelemetry add no spans of their own, and there is no baggage.
 */
import {
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Link,
  type Span as OtelSpan,
  type SpanContext,
  type Tracer as OtelTracer,
} from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { hostname } from 'node:os';
import { BUILD } from '../build-version.ts';
import { openExporter, type Protocol } from './exporter.ts';
import { openSampler, type Sampling } from './sampler.ts';
import { SpanIds } from './span-ids.ts';
import {
  isSampled,
  type Attributes,
  type Span,
  type SpanKind,
  type SpanName,
  type SpanOptions,
  type Tracer,
} from './tracing.ts';

const kinds: Readonly<Record<SpanKind, OtelKind>> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
};

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
  { serviceName, board }: TracedProcess,
  protocol: Protocol,
  sampling: Sampling,
): Promise<SdkTracer> {
  const exporter = await openExporter(protocol);
  const own = resourceFromAttributes({
    'service.name': serviceName,
    'service.version': BUILD,
    'host.name': hostname(),
    ...(board !== undefined && { 'trader.board': board }),
  });
  const stated = detectResources({ detectors: [envDetector] });
  const { sampler, keeps } = openSampler(sampling);
  const ids = new SpanIds();
  const provider = new BasicTracerProvider({
    sampler,
    idGenerator: ids,
    resource: defaultResource().merge(own).merge(stated),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer(SCOPE, BUILD);
  const { followsParent } = sampling;
  return {
    start: (name, options, parent) => {
      if (parent !== undefined && followsParent && !isSampled(parent)) return undefined;
      if (parent !== undefined) return startSpan(tracer, textOf(name), options(), parent);
      const traceId = ids.generateTraceId();
      if (!keeps(traceId)) return new UnsampledSpan(`00-${traceId}-${ids.generateSpanId()}-00`);
      ids.willTake(traceId);
      return startSpan(tracer, textOf(name), options());
    },
    flush: () => inTime(provider.forceFlush()),
    close: () => inTime(provider.shutdown()),
  };
}

function textOf(name: SpanName): string {
  return typeof name === 'string' ? name : name();
}

function startSpan(
  tracer: OtelTracer,
  name: string,
  { kind = 'internal', attributes = {}, links = [] }: SpanOptions,
  parent?: string,
): Span {
  const own = { kind: kinds[kind], attributes, links: links.flatMap(linkTo) };
  const isCalled = kind === 'server' || kind === 'consumer';
  const around = parent === undefined ? ROOT_CONTEXT : parentOf(parent, isCalled);
  const span = tracer.startSpan(name, own, around);
  const traceparent = traceparentOf(span.spanContext());
  if (!span.isRecording()) return new UnsampledSpan(traceparent);
  return new SdkSpan(span, traceparent);
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

class SdkSpan implements Span {
  readonly isRecorded = true;
  readonly traceparent: string;
  private readonly span: OtelSpan;
  private isOpen = true;

  constructor(span: OtelSpan, traceparent: string) {
    this.span = span;
    this.traceparent = traceparent;
  }

  set(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  link(traceparent: string | undefined): void {
    this.span.addLinks(linkTo(traceparent));
  }

  fail(type: string): void {
    this.span.setAttribute('error.type', type);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.span.end();
  }
}

/** @param isRemote whether it is that of a caller; other spans are within one of this process */
function parentOf(traceparent: string, isRemote: boolean): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { ...spanContextOf(traceparent), isRemote });
}

function linkTo(traceparent: string | undefined): Link[] {
  return traceparent === undefined ? [] : [{ context: spanContextOf(traceparent) }];
}

/** `00-<trace id>-<span id>-<flags>`, checked where it came in. */
function spanContextOf(traceparent: string): SpanContext {
  return {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: isSampled(traceparent) ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  const flags = (traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01';
  return `00-${traceId}-${spanId}-${flags}`;
}

async function inTime(closing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, CLOSE_MS_MAX)));
  await Promise.race([closing.catch(() => undefined), late]);
  clearTimeout(timer);
}

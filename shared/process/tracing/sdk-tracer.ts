/**
 * Spans through the official SDK. Loaded only by processes that export traces. Nothing is registered
 * globally, so libraries that know OpenTelemetry add no spans of their own, and there is no baggage.
 */
import {
  context,
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
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
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
import { traceRedis } from './redis-spans.ts';
import type { Attributes, Span, SpanKind, SpanOptions, Tracer } from './tracing.ts';

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

/** @param serviceName where OTEL_SERVICE_NAME is not set */
export async function openSdkTracer(serviceName: string, protocol: Protocol): Promise<SdkTracer> {
  const exporter = await openExporter(protocol);
  const contexts = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(contexts);
  const recording = new Recording(contexts);
  const own = resourceFromAttributes({
    'service.name': serviceName,
    'service.version': BUILD,
    'host.name': hostname(),
  });
  const stated = detectResources({ detectors: [envDetector] });
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(own).merge(stated),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer(SCOPE, BUILD);
  const followsParent = isParentBased(process.env['OTEL_TRACES_SAMPLER']);
  return {
    start: (name, options, parent) =>
      parent !== undefined && followsParent && !isSampled(parent)
        ? undefined
        : startSpan(tracer, recording, name, options(), parent),
    currentTraceparent: () => traceparentOf(trace.getSpanContext(context.active())),
    isRecording: () => trace.getSpan(context.active())?.isRecording() ?? false,
    outside: (work) => context.with(ROOT_CONTEXT, work),
    flush: () => inTime(provider.forceFlush()),
    close: async () => {
      recording.stop();
      await inTime(provider.shutdown());
      context.disable();
    },
  };
}

function startSpan(
  tracer: OtelTracer,
  recording: Recording,
  name: string,
  options: SpanOptions,
  parent: string | undefined,
): Span {
  const { kind = 'internal', attributes, links = [] } = options;
  const around = parent === undefined ? context.active() : parentOf(parent);
  const span = tracer.startSpan(
    name,
    {
      kind: kinds[kind],
      ...(attributes && { attributes: { ...attributes } }),
      links: links.flatMap(linkTo),
    },
    around,
  );
  const traceparent = traceparentOf(span.spanContext()) ?? '';
  if (!span.isRecording()) return unsampled(traceparent);
  recording.began();
  return new SdkSpan(span, traceparent, trace.setSpan(around, span), recording);
}

/**
 * What following a context through promises costs on Node 20, and the channels of Redis, is paid only while a
 * span is recorded: with a tenth of the traces sampled, the other calls are as fast as without.
 */
class Recording {
  private readonly contexts: AsyncLocalStorageContextManager;
  private open = 0;
  private untrace: (() => void) | undefined;

  constructor(contexts: AsyncLocalStorageContextManager) {
    this.contexts = contexts;
  }

  began(): void {
    this.open += 1;
    this.untrace ??= traceRedis();
  }

  ended(): void {
    this.open -= 1;
    if (this.open === 0) this.stop();
  }

  stop(): void {
    this.untrace?.();
    this.untrace = undefined;
    this.contexts.disable();
  }
}

/** Of a trace that is not kept: it passes the decision on, and records nothing. */
function unsampled(traceparent: string): Span {
  return {
    traceparent,
    isRecorded: false,
    set: nothing,
    link: nothing,
    fail: nothing,
    end: nothing,
    run: atOnce,
  };
}

function nothing(): void {}

function atOnce<T>(work: () => T): T {
  return work();
}

class SdkSpan implements Span {
  readonly isRecorded = true;
  readonly traceparent: string;
  private readonly span: OtelSpan;
  private readonly within: Context;
  private readonly recording: Recording;

  constructor(span: OtelSpan, traceparent: string, within: Context, recording: Recording) {
    this.span = span;
    this.traceparent = traceparent;
    this.within = within;
    this.recording = recording;
  }

  set(attributes: Attributes): void {
    this.span.setAttributes({ ...attributes });
  }

  link(traceparent: string | undefined): void {
    this.span.addLinks(linkTo(traceparent));
  }

  fail(type: string): void {
    this.span.setAttribute('error.type', type);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  run<T>(work: () => T): T {
    return context.with(this.within, work);
  }

  end(): void {
    if (!this.span.isRecording()) return;
    this.span.end();
    this.recording.ended();
  }
}

/** Whether the sampler keeps to what the caller has decided. */
function isParentBased(sampler = ''): boolean {
  return sampler.trim() === '' || sampler.trim().startsWith('parentbased_');
}

/** The lowest bit of the flags, with which a traceparent ends. */
function isSampled(traceparent: string): boolean {
  return (Number.parseInt(traceparent.slice(-1), 16) & TraceFlags.SAMPLED) !== 0;
}

function parentOf(traceparent: string): Context {
  const remote = spanContextOf(traceparent);
  return remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT;
}

function linkTo(traceparent: string | undefined): Link[] {
  const linked = traceparent === undefined ? undefined : spanContextOf(traceparent);
  return linked ? [{ context: linked }] : [];
}

/** `00-<trace id>-<span id>-<flags>`, checked where it came in. */
function spanContextOf(traceparent: string): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  const traceFlags = Number.parseInt(flags, 16);
  const found = { traceId, spanId, traceFlags, isRemote: true };
  return trace.isSpanContextValid(found) ? found : undefined;
}

function traceparentOf(found: SpanContext | undefined): string | undefined {
  if (!found || !trace.isSpanContextValid(found)) return undefined;
  const flags = (found.traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01';
  return `00-${found.traceId}-${found.spanId}-${flags}`;
}

async function inTime(closing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, CLOSE_MS_MAX)));
  await Promise.race([closing.catch(() => undefined), late]);
  clearTimeout(timer);
}

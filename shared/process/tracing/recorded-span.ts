/**
 * A span as a record of what it was given, which the SDK's processor and exporters read. The span of the SDK's own tracer
 * is built, checked and copied several times before it begins, which was half of what a recorded call cost.
 */
import {
  SpanKind as OtelKind,
  SpanStatusCode,
  TraceFlags,
  type HrTime,
  type Link,
  type SpanContext,
  type SpanStatus,
} from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { epochMsAt, hrTimeOf, laterBy } from './span-clock.ts';
import { limited, stated, type Limited, type SpanLimits } from './span-limits.ts';
import {
  isSampled,
  type Attributes,
  type Span,
  type SpanKind,
  type SpanOptions,
} from './tracing.ts';

/** What the spans of a process have in common. */
export interface SpanOwner {
  readonly resource: ReadableSpan['resource'];
  readonly scope: ReadableSpan['instrumentationScope'];
  readonly limits: SpanLimits;
  /** Takes a span that has ended. */
  ended(span: ReadableSpan): void;
}

const kinds: Readonly<Record<SpanKind, OtelKind>> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
};

const UNSET: SpanStatus = { code: SpanStatusCode.UNSET };
const FAILED: SpanStatus = { code: SpanStatusCode.ERROR };
const NO_ATTRIBUTES: Attributes = {};
const NO_EVENTS: ReadableSpan['events'] = [];
const TRACE_ID_START = 3;
const TRACE_ID_END = 35;
const SPAN_ID_START = 36;
const SPAN_ID_END = 52;

export class RecordedSpan implements Span, ReadableSpan {
  readonly isRecorded = true;
  readonly traceparent: string;
  readonly name: string;
  readonly kind: OtelKind;
  readonly parentSpanContext?: SpanContext;
  readonly links: Link[] = [];
  readonly events = NO_EVENTS;
  readonly droppedEventsCount = 0;
  droppedLinksCount = 0;
  status = UNSET;
  ended = false;
  private readonly owner: SpanOwner;
  private given: Attributes;
  private read: Limited | undefined;
  private context: SpanContext | undefined;
  private readonly startedAt: number;
  private readonly startMs: number;
  private durationMs = 0;

  /**
   * @param traceparent of the span itself
   * @param parent W3C traceparent of the caller, or of the span that it is in
   */
  constructor(
    owner: SpanOwner,
    name: string,
    options: SpanOptions,
    traceparent: string,
    parent: string | undefined,
  ) {
    const { kind = 'internal', attributes = NO_ATTRIBUTES, links } = options;
    this.owner = owner;
    this.name = name;
    this.kind = kinds[kind];
    this.given = attributes;
    this.traceparent = traceparent;
    // A caller is remote; other spans are within one of this process.
    const isCalled = kind === 'server' || kind === 'consumer';
    if (parent !== undefined) this.parentSpanContext = contextOf(parent, isCalled);
    if (links) for (const link of links) this.link(link);
    this.startedAt = performance.now();
    this.startMs = epochMsAt(this.startedAt);
  }

  set(attributes: Attributes): void {
    // What was given is often shared by many spans.
    if (!this.ended) this.given = { ...this.given, ...stated(attributes) };
  }

  link(traceparent: string | undefined): void {
    if (traceparent === undefined || this.ended) return;
    const { linksMax } = this.owner.limits;
    if (this.links.length >= linksMax) this.droppedLinksCount += 1;
    if (linksMax === 0) return;
    if (this.links.length >= linksMax) this.links.shift();
    this.links.push({ context: contextOf(traceparent, true) });
  }

  fail(type: string): void {
    if (this.ended) return;
    this.set({ 'error.type': type });
    this.status = FAILED;
  }

  end(): void {
    if (this.ended) return;
    this.durationMs = performance.now() - this.startedAt;
    this.ended = true;
    this.owner.ended(this);
  }

  spanContext(): SpanContext {
    return (this.context ??= contextOf(this.traceparent, false));
  }

  get attributes(): Limited['attributes'] {
    return this.limitedAttributes().attributes;
  }

  get droppedAttributesCount(): number {
    return this.limitedAttributes().droppedCount;
  }

  get startTime(): HrTime {
    return hrTimeOf(this.startMs);
  }

  get endTime(): HrTime {
    return laterBy(this.durationMs, this.startTime);
  }

  get duration(): HrTime {
    return hrTimeOf(this.durationMs);
  }

  get resource(): ReadableSpan['resource'] {
    return this.owner.resource;
  }

  get instrumentationScope(): ReadableSpan['instrumentationScope'] {
    return this.owner.scope;
  }

  private limitedAttributes(): Limited {
    if (!this.ended) return limited(this.given, this.owner.limits);
    return (this.read ??= limited(this.given, this.owner.limits));
  }
}

/** `00-<trace id>-<span id>-<flags>`, checked where it came in. */
function contextOf(traceparent: string, isRemote: boolean): SpanContext {
  return {
    traceId: traceIdIn(traceparent),
    spanId: traceparent.slice(SPAN_ID_START, SPAN_ID_END),
    traceFlags: isSampled(traceparent) ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote,
  };
}

export function traceIdIn(traceparent: string): string {
  return traceparent.slice(TRACE_ID_START, TRACE_ID_END);
}

/** What the exporters read of a span is what the SDK's own span says, given the same. */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Link } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { starterOf } from '#shared/process/tracing/sdk-tracer.ts';
import { spanLimitsOf } from '#shared/process/tracing/span-limits.ts';
import type { Attributes, Span, SpanOptions } from '#shared/process/tracing/tracing.ts';

const TRACE_ID = 'a'.repeat(32);
const LINKED = ['1', '2', '3'].map((digit) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`);
const resource = resourceFromAttributes({ 'service.name': 'tested' });

const attributes = {
  'faas.trigger': 'http',
  'trader.attempt': 2,
  'trader.run': undefined,
  'url.scheme': 'http',
} satisfies Attributes;
const more = { 'faas.trigger': 'other', 'trader.attempt': undefined, 'db.namespace': '0' };

const environments = [
  {},
  { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2', OTEL_ATTRIBUTE_COUNT_LIMIT: '1' },
  { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3' },
  { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '0', OTEL_SPAN_LINK_COUNT_LIMIT: '0' },
  { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1', OTEL_SPAN_LINK_COUNT_LIMIT: '2' },
];

/** What the exporters read, without ids and times of its own. */
function shown(span: ReadableSpan | undefined): unknown {
  if (!span) return undefined;
  const { name, kind, parentSpanContext, status, links, events, resource: of } = span;
  return {
    ...{ name, kind, parentSpanContext, status, links, events, resource: of.attributes },
    attributes: span.attributes,
    order: Object.keys(span.attributes),
    traceId: span.spanContext().traceId,
    flags: span.spanContext().traceFlags,
    scope: [span.instrumentationScope.name, span.instrumentationScope.version],
    dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
    ended: span.ended,
  };
}

function linkTo(traceparent: string): Link {
  const [, traceId = '', spanId = ''] = traceparent.split('-');
  return { context: { traceId, spanId, traceFlags: 1, isRemote: true } };
}

function bySdk(env: Readonly<Record<string, string>>, isRemote: boolean, kind: SpanKind) {
  const exporter = new InMemorySpanExporter();
  const before = { ...process.env };
  Object.assign(process.env, env);
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  process.env = before;
  const parent = { traceId: TRACE_ID, spanId: 'b'.repeat(16), traceFlags: 1, isRemote };
  const span = provider
    .getTracer('arduino-trader', '1')
    .startSpan(
      'work',
      { kind, attributes, links: LINKED.slice(0, 2).map(linkTo) },
      trace.setSpanContext(ROOT_CONTEXT, parent),
    );
  span.setAttributes(more);
  span.addLink(linkTo(LINKED[2] ?? ''));
  span.setAttribute('error.type', 'TIMEOUT');
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
  return shown(exporter.getFinishedSpans()[0]);
}

function recorder(env: Readonly<Record<string, string>> = {}, followsParent = true) {
  const spans: ReadableSpan[] = [];
  const owner = {
    resource,
    scope: { name: 'arduino-trader', version: '1' },
    limits: spanLimitsOf(env),
    ended: (span: ReadableSpan) => void spans.push(span),
  };
  return { spans, start: starterOf(owner, { root: 'traceidratio', keptRatio: 0, followsParent }) };
}

function recorded(env: Readonly<Record<string, string>>, kind: SpanOptions['kind']): unknown {
  const { spans, start } = recorder(env);
  const options = { kind, attributes, links: [...LINKED.slice(0, 2), undefined] } as SpanOptions;
  const span = start('work', () => options, `00-${TRACE_ID}-${'b'.repeat(16)}-01`);
  span?.set(more);
  span?.link(LINKED[2]);
  span?.fail('TIMEOUT');
  span?.end();
  changedLate(span);
  return shown(spans[0]);
}

/** What comes after its end is not in a span, and it ends once. */
function changedLate(span: Span | undefined): void {
  span?.set({ late: 'x' });
  span?.link(LINKED[0]);
  span?.fail('LATE');
  span?.end();
}

it.each(environments)('says what a span of the SDK says, with %j', (env) => {
  expect(recorded(env, 'server')).toEqual(bySdk(env, true, SpanKind.SERVER));
  expect(recorded(env, 'client')).toEqual(bySdk(env, false, SpanKind.CLIENT));
});

it('takes as long as it was open, from when it began', () => {
  const { spans, start } = recorder();
  const [before, from] = [Date.now(), performance.now()];
  start('work', () => ({}), `00-${TRACE_ID}-${'b'.repeat(16)}-01`)?.end();
  const lasted = performance.now() - from;
  const [span] = spans;
  const msOf = ([seconds, nanoseconds]: readonly [number, number]): number =>
    seconds * 1_000 + nanoseconds / 1e6;
  expect(msOf(span?.startTime ?? [0, 0])).toBeGreaterThanOrEqual(before - 2);
  expect(msOf(span?.endTime ?? [0, 0])).toBeLessThanOrEqual(Date.now() + 2);
  expect(msOf(span?.duration ?? [-1, 0])).toBeGreaterThanOrEqual(0);
  expect(msOf(span?.duration ?? [-1, 0])).toBeLessThanOrEqual(lasted);
});

it('follows a parent where the sampler says so, and asks by the trace id of the parent where not', () => {
  const sampled = `00-${TRACE_ID}-${'b'.repeat(16)}-01`;
  const options = () => ({});
  expect(recorder({}, true).start('work', options, sampled)?.isRecorded).toBe(true);
  expect(recorder({}, true).start('work', options, sampled.replace(/01$/, '00'))).toBeUndefined();
  const declined = recorder({}, false).start('work', options, sampled);
  expect(declined?.isRecorded).toBe(false);
  expect(declined?.traceparent).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
});

/**
 * Spans of OpenTelemetry, where a process exports them (docs/operate/traces.md); where it does not, each function
 * here is one comparison. The SDK is behind `Tracer`, so that nothing of it is loaded before it is needed.
 *
 * No span is current: which one work belongs to is handed on with the work, as the traceparent that travels with
 * each call. To follow it through promises instead costs every call of a process, also those that no span records.
 */

/** Values of the semantic conventions: names and counts, never money, names of securities, or texts of callers. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** W3C traceparents of spans that led to this one without being its parent. */
  readonly links?: readonly (string | undefined)[];
}

/** As a function it is asked only where the span may be recorded, like the options. */
export type SpanName = string | (() => string);

export interface Span {
  /** What is sent along with a call made within the span. */
  readonly traceparent: string;
  /** False: the first span of a trace that is not kept. It is there for its traceparent, which says so to others. */
  readonly isRecorded: boolean;
  set(attributes: Attributes): void;
  /** Adds a link to a span that became known later. */
  link(traceparent: string | undefined): void;
  /** Marks it as failed. @param type a code or class of the failure, never its text */
  fail(type: string): void;
  end(): void;
}

export interface Tracer {
  /** @returns undefined within a trace that is not kept: the traceparent of the caller is passed on as it came */
  start(name: SpanName, options: () => SpanOptions, parent: string | undefined): Span | undefined;
}

const ODD_DIGITS = '13579bdf';

let tracer: Tracer | undefined;

/** Called once, when the process begins to export; without an argument when it ends. */
export function useTracer(next?: Tracer): void {
  tracer = next;
}

/**
 * Begins a span that its caller ends.
 * @param options read only where the span may be recorded
 * @param parent W3C traceparent of the span that it is in, or of the caller; undefined: it begins a trace
 * @returns undefined where nothing is traced, and within a trace that is not kept
 */
export function startSpan(
  name: SpanName,
  options: () => SpanOptions,
  parent?: string,
): Span | undefined {
  return tracer?.start(name, options, parent);
}

/** Whether this process exports spans. */
export function isTracing(): boolean {
  return tracer !== undefined;
}

/** Whether what is done within that span has spans of its own: they are exported, and its trace is kept. */
export function isRecorded(traceparent: string | undefined): traceparent is string {
  return tracer !== undefined && traceparent !== undefined && isSampled(traceparent);
}

/** By the lowest bit of the flags, with which a traceparent ends. */
export function isSampled(traceparent: string): boolean {
  return ODD_DIGITS.includes(traceparent.charAt(traceparent.length - 1));
}

export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent?.split('-')[1];
}

/** Does the work within a span of its own. */
export function inSpan<T>(
  name: string,
  options: () => SpanOptions,
  work: (span: Span | undefined) => Promise<T>,
  parent?: string,
): Promise<T> {
  const span = startSpan(name, options, parent);
  return span?.isRecorded ? inRecordedSpan(span, work) : work(span);
}

async function inRecordedSpan<T>(
  span: Span,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  try {
    return await work(span);
  } catch (thrown) {
    span.fail(failureType(thrown));
    throw thrown;
  } finally {
    span.end();
  }
}

/** Yields what a generator yields, within a span that lasts as long as it is read. */
export async function* inSpanEach<T, R>(
  name: string,
  options: () => SpanOptions,
  work: (span: Span | undefined) => AsyncGenerator<T, R>,
  parent?: string,
): AsyncGenerator<T, R> {
  const span = startSpan(name, options, parent);
  if (!span?.isRecorded) return yield* work(span);
  try {
    return yield* work(span);
  } catch (thrown) {
    span.fail(failureType(thrown));
    throw thrown;
  } finally {
    span.end();
  }
}

/** The code of a failure, or the class of an error: few values, and no text. */
export function failureType(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown';
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name;
}

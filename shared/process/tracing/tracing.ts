/**
 * Spans of OpenTelemetry, where a process exports them (docs/operate/traces.md); where it does not, each function
 * here is one comparison. The SDK is behind `Tracer`, so that nothing of it is loaded before it is needed.
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
  /** Runs the work with this span as the current one. */
  run<T>(work: () => T): T;
  end(): void;
}

export interface Tracer {
  /** @returns undefined within a trace that is not kept: the traceparent of the caller is passed on as it came */
  start(name: string, options: () => SpanOptions, parent: string | undefined): Span | undefined;
  currentTraceparent(): string | undefined;
  /** Whether the current span is sampled. */
  isRecording(): boolean;
  /** Runs the work without a current span. */
  outside<T>(work: () => T): T;
}

let tracer: Tracer | undefined;

/** Called once, when the process begins to export; without an argument when it ends. */
export function useTracer(next?: Tracer): void {
  tracer = next;
}

/**
 * Begins a span that its caller ends.
 * @param options read only where the span may be recorded
 * @param parent W3C traceparent of the caller; undefined: the span that is current
 * @returns undefined where nothing is traced, and within a trace that is not kept
 */
export function startSpan(
  name: string,
  options: () => SpanOptions,
  parent?: string,
): Span | undefined {
  return tracer?.start(name, options, parent);
}

/** W3C traceparent of the current span, where there is one. */
export function currentTraceparent(): string | undefined {
  return tracer?.currentTraceparent();
}

/** Whether this process exports spans. */
export function isTracing(): boolean {
  return tracer !== undefined;
}

/** Whether there is a current span that is exported; work outside of one begins no trace of its own. */
export function isRecording(): boolean {
  return tracer?.isRecording() ?? false;
}

export function currentTraceId(): string | undefined {
  return tracer && traceIdOf(tracer.currentTraceparent());
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
    return await span.run(() => work(span));
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
    return yield* within(span, work(span));
  } catch (thrown) {
    span.fail(failureType(thrown));
    throw thrown;
  } finally {
    span.end();
  }
}

/** The same generator, each step of which runs with the span as the current one. */
export async function* within<T, R>(
  span: Span | undefined,
  messages: AsyncGenerator<T, R>,
): AsyncGenerator<T, R> {
  if (!span?.isRecorded) return yield* messages;
  try {
    for (;;) {
      const next = await span.run(() => messages.next());
      if (next.done) return next.value;
      yield next.value;
    }
  } finally {
    await span.run(() => messages.return(undefined as R));
  }
}

/** For work that a call only happens to set off, and that does not belong to it. */
export function outsideSpans<T>(work: () => T): T {
  return tracer ? tracer.outside(work) : work();
}

/** The code of a failure, or the class of an error: few values, and no text. */
export function failureType(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown';
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name;
}

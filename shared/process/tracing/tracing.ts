/** Which trace the work of this moment belongs to, where the process exports spans. */
export interface Tracer {
  /** W3C traceparent of the current span. */
  currentTraceparent(): string | undefined;
}

let tracer: Tracer | undefined;

/**
 * Called once, when the process begins to export; without an argument when it ends.
 * @internal
 */
export function useTracer(next?: Tracer): void {
  tracer = next;
}

export function currentTraceId(): string | undefined {
  return tracer && traceIdOf(tracer.currentTraceparent());
}

export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent?.split('-')[1];
}

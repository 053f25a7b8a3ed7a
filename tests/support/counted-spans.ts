/** A tracer that keeps what spans say in a list. It samples as their caller did, and all that begins here. */
import type { Attributes, Tracer } from '#shared/process/tracing/tracing.ts';

export interface CountedSpan {
  readonly name: string;
  readonly traceparent: string;
  readonly parent: string | undefined;
  attributes: Attributes;
  failed?: string;
  ended: number;
}

const TRACE_ID = 'a'.repeat(32);

/** The traceparent of a caller. */
export function callerOf(flags: '00' | '01'): string {
  return `00-${TRACE_ID}-${'b'.repeat(16)}-${flags}`;
}

export function countedSpans(): { readonly tracer: Tracer; readonly spans: CountedSpan[] } {
  const spans: CountedSpan[] = [];
  const tracer: Tracer = {
    start: (name, options, parent) => {
      if (parent?.endsWith('00')) return undefined;
      const id = String(spans.length + 1).padStart(16, '0');
      const traceparent = `00-${TRACE_ID}-${id}-01`;
      const { attributes = {} } = options();
      const text = typeof name === 'string' ? name : name();
      const span: CountedSpan = { name: text, traceparent, parent, attributes, ended: 0 };
      spans.push(span);
      return {
        traceparent,
        isRecorded: true,
        set: (more) => void (span.attributes = { ...span.attributes, ...more }),
        link: () => undefined,
        fail: (type) => void (span.failed = type),
        end: () => void (span.ended += 1),
      };
    },
  };
  return { tracer, spans };
}

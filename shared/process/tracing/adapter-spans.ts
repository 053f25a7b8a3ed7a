/** Calls of an adapter to the outside (broker, source of prices) as spans. */
import { failureType, startSpan, type Span } from './tracing.ts';

type Method = (...args: unknown[]) => unknown;

export interface TracedAdapter<T> {
  readonly adapter: T;
  /** First part of the span's name: `broker`, `market-data`. */
  readonly role: string;
  /** Which adapter it is: `paper`, `alpaca`. */
  readonly name: string;
  /** Parts of it that have spans of their own. */
  readonly parts?: Partial<T>;
  /** The adapter for work within a span; absent where it asks nobody who has spans. */
  readonly within?: ((traceparent: string) => T) | undefined;
}

/** @param traceparent of the span that the adapter is called in */
export function withSpans<T extends object>(traced: TracedAdapter<T>, traceparent: string): T {
  const { adapter, parts = {} } = traced;
  return new Proxy(adapter, {
    get: (target, key) => {
      if (key in parts) return Reflect.get(parts, key);
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => spanned(traced, key, args, traceparent);
    },
  });
}

/** Arguments and answers are left out: they are money and names of securities. */
function spanned<T extends object>(
  { adapter, role, name, within }: TracedAdapter<T>,
  key: string | symbol,
  args: readonly unknown[],
  traceparent: string,
): unknown {
  const attributes = { 'peer.service': name };
  const options = () => ({ kind: 'client', attributes }) as const;
  const span = startSpan(`${role} ${String(key)}`, options, traceparent);
  const called = span && within ? within(span.traceparent) : adapter;
  const answer = (Reflect.get(called, key) as Method).apply(called, [...args]);
  if (!span || !(answer instanceof Promise)) {
    span?.end();
    return answer;
  }
  return answer.then(
    (value: unknown) => ended(span, value),
    (thrown: unknown) => {
      span.fail(failureType(thrown));
      span.end();
      throw thrown;
    },
  );
}

function ended(span: Span, value: unknown): unknown {
  span.end();
  return value;
}

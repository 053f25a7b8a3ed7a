/** Calls of an adapter to the outside (broker, source of prices) as spans. */
import { failureType, isRecording, isTracing, startSpan, type Span } from './tracing.ts';

type Method = (...args: unknown[]) => unknown;

/**
 * @param role first part of the span's name: `broker`, `market-data`
 * @param name which adapter it is: `paper`, `alpaca`
 * @returns the adapter itself where nothing is traced
 */
export function withSpans<T extends object>(adapter: T, role: string, name: string): T {
  if (!isTracing()) return adapter;
  return new Proxy(adapter, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const work = (): unknown => (member as Method).apply(target, args);
        return isRecording() ? spanned(`${role} ${String(key)}`, name, work) : work();
      };
    },
  });
}

/** Arguments and answers are left out: they are money and names of securities. */
function spanned(name: string, adapter: string, work: () => unknown): unknown {
  const attributes = { 'peer.service': adapter };
  const span = startSpan(name, () => ({ kind: 'client', attributes }));
  const answer = span ? span.run(work) : work();
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

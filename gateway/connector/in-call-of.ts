/** The span of a call that the connector makes of a function; it ends when the answer begins. */
import { inSpan } from '#shared/process/tracing/tracing.ts';

type TraceHeaders = Readonly<Record<string, string>>;

/**
 * @param parent traceparent of the span that processes the message
 * @param call gets the header that is sent along, where there is one
 */
export function inCallOf<T extends { readonly status: number }>(
  functionName: string,
  parent: string | undefined,
  call: (sent: TraceHeaders) => Promise<T>,
): Promise<T> {
  return inSpan(
    functionName,
    () => ({ kind: 'client', attributes: { 'faas.invoked_name': functionName } }),
    async (span) => {
      const traceparent = span?.traceparent ?? parent;
      const answer = await call(traceparent === undefined ? {} : { traceparent });
      if (answer.status >= 500) span?.fail(String(answer.status));
      return answer;
    },
    parent,
  );
}

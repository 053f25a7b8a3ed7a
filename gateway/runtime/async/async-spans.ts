/** Spans of calls that nobody waits for: one sends a call into its queue, another processes it. */
import { processSpan, sendSpan } from '#shared/process/tracing/messaging-spans.ts';
import { inSpan } from '#shared/process/tracing/tracing.ts';
import { readTraceparent } from '#shared/runtime/traceparent.ts';
import type { FunctionResult } from '#template/function.ts';
import type { CallJob, QueuedCall } from './async-call.ts';

/** @param add gets the call with the span's traceparent among its headers */
export function inSend(
  queueName: string,
  call: QueuedCall,
  add: (sent: QueuedCall) => Promise<void>,
): Promise<void> {
  return inSpan(
    `send ${queueName}`,
    () => sendSpan(queueName),
    (span) => add(within(call, span?.traceparent)),
    parentOf(call),
  );
}

/** @param run gets the call with the span's traceparent among its headers */
export function inProcess(
  queueName: string,
  { id, data, attemptsStarted }: CallJob,
  run: (traced: QueuedCall) => Promise<FunctionResult>,
): Promise<FunctionResult> {
  const sender = parentOf(data);
  return inSpan(
    `process ${queueName}`,
    () => processSpan(queueName, id, [sender], { 'trader.attempt': attemptsStarted }),
    async (span) => {
      const result = await run(within(data, span?.traceparent));
      const { status = 200 } = result;
      if (status >= 500) span?.fail(String(status));
      return result;
    },
    sender,
  );
}

/** A header that a caller wrote while spans were off may be anything. */
function parentOf({ headers }: QueuedCall): string | undefined {
  return readTraceparent(headers['traceparent']);
}

function within(call: QueuedCall, traceparent: string | undefined): QueuedCall {
  return traceparent === undefined ? call : { ...call, headers: { ...call.headers, traceparent } };
}

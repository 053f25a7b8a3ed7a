/** Enforces a handler's time limit: a call without an answer by then is answered with 504. */
import { timerMs } from './durations.ts';
import { boundedChunks } from './bounded-chunks.ts';
import { Caller } from '../caller.ts';
import { callBy, inEnvironment, isChunks, whenLeft } from '../function.ts';
import type {
  FunctionContext,
  FunctionEvent,
  FunctionHandler,
  FunctionResult,
} from '../function.ts';

/** `X-OpenFaaS-Internal` marks an answer that the function did not give. */
export const OVERDUE_ANSWER = {
  status: 504,
  headers: { 'x-openfaas-internal': 'of-watchdog' },
} satisfies FunctionResult;

/** Called for each call that has a limit; returns what is called at its end. */
export type Watch = (limitMs: number) => () => void;

/**
 * @param limitMs 0: no limit
 * @param watch ends what holds the thread, so that the limit can be kept
 * @returns a handler whose signal aborts when the time is up; a stream is cut off at that moment
 */
export function inTime(
  handler: FunctionHandler,
  limitMs: number,
  watch: Watch = () => () => undefined,
): FunctionHandler {
  const timed: FunctionHandler = async (event, context) => {
    const ms = allowedMs(event, limitMs);
    return ms === 0 ? handler(event, context) : race(handler, event, context, ms, watch);
  };
  return Object.assign(timed, handler.ready && { ready: handler.ready.bind(handler) });
}

function withinCall(context: FunctionContext, host: Caller): FunctionContext {
  const { callId, detach, shared } = context;
  return inEnvironment(callBy(callId, host, detach), context, shared);
}

/** A caller may shorten its own time with `X-Timeout`, never lengthen it. */
function allowedMs(event: FunctionEvent, limitMs: number): number {
  const requested = timerMs(event.headers['x-timeout'] ?? '');
  if (!requested) return limitMs;
  return limitMs === 0 ? requested : Math.min(requested, limitMs);
}

async function race(
  handler: FunctionHandler,
  event: FunctionEvent,
  context: FunctionContext,
  ms: number,
  watch: Watch,
): Promise<FunctionResult> {
  // The handler's caller is this host, which cancels when the time is up or its own caller leaves.
  const host = new Caller();
  const end = whenLeft(context, () => host.leave(context.signal.reason));
  let timer: NodeJS.Timeout | undefined;
  const unwatched = watch(ms);
  const overdue = new Promise<typeof OVERDUE_ANSWER>((resolve) => {
    timer = setTimeout(() => {
      unwatched();
      resolve(OVERDUE_ANSWER);
      host.leave(new DOMException('The execution time limit was exceeded.', 'TimeoutError'));
    }, ms);
  });
  const over = (how?: string): void => {
    clearTimeout(timer);
    unwatched();
    end();
    if (how === 'left') host.leave();
  };
  try {
    const running = Promise.resolve(handler(event, withinCall(context, host)));
    const result: FunctionResult = await Promise.race([running, overdue]);
    // Errors a handler throws after its time limit are ignored.
    if (result === OVERDUE_ANSWER) running.catch(() => undefined);
    if (isChunks(result.body))
      return { ...result, body: boundedChunks(result.body, { timeUp: overdue, over }) };
    over();
    return result;
  } catch (thrown) {
    over();
    throw thrown;
  }
}

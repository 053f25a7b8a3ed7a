/** Holds a handler to its time: what is not answered in it is answered for it, with 504. */
import { durationMs } from './durations.ts';
import { isPieces } from './function.ts';
import type {
  FunctionContext,
  FunctionEvent,
  FunctionHandler,
  FunctionResult,
} from './function.ts';

/** Whoever reads `X-OpenFaaS-Internal` knows that the function did not say this. */
export const OVERDUE: FunctionResult = {
  status: 504,
  headers: { 'x-openfaas-internal': 'of-watchdog' },
};

/**
 * @param limitMs 0: no limit
 * @returns a handler whose signal aborts when the time is up; a stream is cut off at that moment
 */
export function inTime(handler: FunctionHandler, limitMs: number): FunctionHandler {
  const timed: FunctionHandler = async (event, context) => {
    const ms = allowedMs(event, limitMs);
    return ms === 0 ? handler(event, context) : race(handler, event, context, ms);
  };
  return Object.assign(timed, handler.ready && { ready: handler.ready.bind(handler) });
}

/** A caller may shorten its own time with `X-Timeout`, never lengthen it. */
function allowedMs(event: FunctionEvent, limitMs: number): number {
  const wanted = durationMs(event.headers['x-timeout'] ?? '');
  if (!wanted) return limitMs;
  return limitMs === 0 ? wanted : Math.min(wanted, limitMs);
}

async function race(
  handler: FunctionHandler,
  event: FunctionEvent,
  context: FunctionContext,
  ms: number,
): Promise<FunctionResult> {
  const stop = new AbortController();
  const leave = (): void => stop.abort(context.signal.reason);
  context.signal.addEventListener('abort', leave, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<typeof OVERDUE>((resolve) => {
    timer = setTimeout(() => {
      stop.abort(new DOMException('The execution time ran out.', 'TimeoutError'));
      resolve(OVERDUE);
    }, ms);
  });
  const end = (): void => {
    clearTimeout(timer);
    context.signal.removeEventListener('abort', leave);
  };
  try {
    const running = Promise.resolve(handler(event, { ...context, signal: stop.signal }));
    const result = await Promise.race([running, overdue]);
    if (!isPieces(result.body)) end();
    // What a handler throws after its time concerns nobody any more.
    if (result === OVERDUE) running.catch(() => undefined);
    return isPieces(result.body) ? { ...result, body: until(overdue, result.body, end) } : result;
  } catch (thrown) {
    end();
    throw thrown;
  }
}

/** Passes pieces on until the time is up; then it throws, which shows that the body is not whole. */
async function* until<T>(
  overdue: Promise<unknown>,
  pieces: AsyncIterable<T>,
  end: () => void,
): AsyncGenerator<T> {
  const source = pieces[Symbol.asyncIterator]();
  const late = overdue.then(() => Promise.reject(new Error('the execution time ran out')));
  late.catch(() => undefined);
  try {
    for (;;) {
      const next = await Promise.race([source.next(), late]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    end();
    // Not awaited: a source that hangs must not hold the connection.
    void source.return?.()?.catch(() => undefined);
  }
}

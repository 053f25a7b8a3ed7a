import { setMaxListeners } from 'node:events';

/**
 * One abort signal for one task: it aborts when the caller leaves or the time is up.
 * AbortSignal.any would do, but costs more than the rest of a short call, and Node 20 may collect
 * it while it is only awaited.
 */
export class Deadline {
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private readonly caller: AbortSignal | undefined;
  private readonly late: () => Error;
  private readonly timer: NodeJS.Timeout;
  private timeIsUp = false;

  /** @param late what the signal's reason is when the time is up */
  constructor(caller: AbortSignal | undefined, timeoutMs: number, late = timeoutError) {
    this.signal = this.controller.signal;
    // A call may make many others at once, each of which listens.
    setMaxListeners(0, this.signal);
    this.caller = caller;
    this.late = late;
    this.timer = setTimeout(this.runOut, Math.ceil(timeoutMs)).unref();
    caller?.addEventListener('abort', this.leave);
    if (caller?.aborted) this.leave();
  }

  get passed(): boolean {
    return this.timeIsUp;
  }

  /** The task has ended; the signal will not abort any more. */
  close(): void {
    clearTimeout(this.timer);
    this.caller?.removeEventListener('abort', this.leave);
  }

  private readonly runOut = (): void => {
    this.timeIsUp = true;
    this.controller.abort(this.late());
  };

  private readonly leave = (): void => this.controller.abort(this.caller?.reason);
}

function timeoutError(): Error {
  return new DOMException('The time limit of this call was exceeded.', 'TimeoutError');
}

/** The work's outcome, or the signal's reason once it aborts; the work may then still go on. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // Work that began too late fails as well, where nobody listens.
  if (signal.aborted) work.catch(() => undefined);
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Messages as they come, until the signal aborts. */
export async function* untilAbortedEach<T>(
  messages: AsyncGenerator<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  try {
    for (;;) {
      const next = await untilAborted(messages.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a handler that hangs must not block its caller.
    void messages.return(undefined).catch(() => undefined);
  }
}

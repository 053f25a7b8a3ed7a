import { Caller } from '#template/caller.ts';
import { limitTime, type TimeLimit } from '#template/limits/time-limits.ts';

/**
 * The end of one task: when the caller leaves or the time is up. Its signal is made when it is first asked for:
 * making one costs more than the rest of a short call. AbortSignal.any would cost more still, and Node 20 may
 * collect it while it is only awaited.
 */
export class Deadline {
  private readonly task = new Caller();
  private readonly caller: AbortSignal | Caller | undefined;
  private readonly late: () => Error;
  private readonly limit: TimeLimit;
  private timeIsUp = false;

  /**
   * @param caller a `Caller` is listened to by this task alone
   * @param late what the signal's reason is when the time is up
   */
  constructor(caller: AbortSignal | Caller | undefined, timeoutMs: number, late = timeoutError) {
    this.caller = caller;
    this.late = late;
    this.limit = limitTime(timeoutMs, this.runOut);
    if (caller instanceof Caller) caller.onLeave(this.leave);
    else if (caller?.aborted) this.leave();
    else caller?.addEventListener('abort', this.leave);
  }

  get signal(): AbortSignal {
    return this.task.signal;
  }

  /** What the signal reports of, for work that is done without one; `until` is of no use beside it. */
  get leaver(): Caller {
    return this.task;
  }

  /** Whether the caller has left or the time is up. */
  get isOver(): boolean {
    return this.task.hasLeft;
  }

  get passed(): boolean {
    return this.timeIsUp;
  }

  /** The task has ended; the signal will not abort any more. */
  close(): void {
    this.limit.end();
    const { caller } = this;
    if (caller instanceof Caller) caller.onLeave(undefined);
    else caller?.removeEventListener('abort', this.leave);
  }

  /** The work's outcome, or the signal's reason once it aborts; the work may then still go on. One at a time. */
  until<T>(work: Promise<T>): Promise<T> {
    const { task } = this;
    return new Promise<T>((resolve, reject) => {
      work.then(resolve, reject);
      task.onLeave(() => reject(task.signal.reason as Error));
    });
  }

  /** Messages as they come, until the signal aborts. */
  async *untilEach<T>(messages: AsyncGenerator<T>): AsyncGenerator<T> {
    try {
      for (;;) {
        const next = await this.until(messages.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      // Not awaited: a handler that hangs must not block its caller.
      void messages.return(undefined).catch(() => undefined);
    }
  }

  private readonly runOut = (): void => {
    this.timeIsUp = true;
    this.task.leave(this.late());
  };

  private readonly leave = (): void => {
    const { caller } = this;
    this.task.leave(caller instanceof Caller ? caller.signal.reason : caller?.reason);
  };
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

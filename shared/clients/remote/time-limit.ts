/** The time of one call, all its attempts together, and the end its caller may put to it. */
import { Failure } from '#shared/kernel/failure.ts';
import { Outage } from './outage.ts';

/**
 * One attempt. Throws a `Failure` that the board answered, or an `Outage`.
 * @param timeoutMs the time of the call as the other side is told it
 */
export type Attempt<T> = (signal: AbortSignal, timeoutMs: number) => Promise<T>;

/** So that the other board's own refusal, which says more, comes before ours. */
const GRACE_MS = 250;

/** Not `AbortSignal.any`: Node 20 may collect a joined signal while somebody waits for it. */
export class TimeLimit {
  private readonly callers: AbortSignal;
  readonly timeoutMs: number;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly leave = (): void => this.controller.abort(this.callers.reason);

  constructor(callers: AbortSignal, timeoutMs: number) {
    this.callers = callers;
    this.timeoutMs = timeoutMs;
    const late = new DOMException('The time for this call ran out.', 'TimeoutError');
    this.timer = setTimeout(() => this.controller.abort(late), timeoutMs + GRACE_MS);
    this.timer.unref();
    if (callers.aborted) this.leave();
    else callers.addEventListener('abort', this.leave, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(): void {
    clearTimeout(this.timer);
    this.callers.removeEventListener('abort', this.leave);
  }

  /** An attempt that ends when the limit does, even where the other side ignores that. */
  async within<T>(attempt: Attempt<T>): Promise<T> {
    const { signal, callers } = this;
    let stop = (): void => undefined;
    const stopped = new Promise<never>((_resolve, reject) => {
      stop = () => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      const running = attempt(signal, this.timeoutMs);
      running.catch(() => undefined);
      return await Promise.race([stopped, running]);
    } catch (thrown) {
      // Our own hanging up looks like a fault of the other side to whoever sees the socket.
      callers.throwIfAborted();
      if (signal.aborted && !(thrown instanceof Failure))
        throw new Outage('deadline', 'unknown', thrown);
      throw thrown;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

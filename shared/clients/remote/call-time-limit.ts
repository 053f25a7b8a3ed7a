/** The time limit of one call over all its attempts, combined with the caller's abort signal. */
import { Failure } from '#shared/kernel/failure.ts';
import { Deadline, untilAborted } from '#shared/process/deadline.ts';
import { Outage } from './outage.ts';

/**
 * One attempt. Throws a `Failure` that the board answered, or an `Outage`.
 * @param timeoutMs the time limit sent to the other side
 */
export type Attempt<T> = (signal: AbortSignal, timeoutMs: number) => Promise<T>;

/** So that the other board's own, more specific failure arrives before ours. */
const GRACE_MS = 250;

export class TimeLimit {
  readonly timeoutMs: number;
  private readonly callers: AbortSignal;
  private readonly deadline: Deadline;

  constructor(callers: AbortSignal, timeoutMs: number) {
    this.callers = callers;
    this.timeoutMs = timeoutMs;
    this.deadline = new Deadline(callers, timeoutMs + GRACE_MS);
  }

  get signal(): AbortSignal {
    return this.deadline.signal;
  }

  end(): void {
    this.deadline.close();
  }

  /** An attempt that ends when the limit does, even where the other side ignores that. */
  async within<T>(attempt: Attempt<T>): Promise<T> {
    const { signal, callers } = this;
    try {
      return await untilAborted(attempt(signal, this.timeoutMs), signal);
    } catch (thrown) {
      // On the socket, our own abort cannot be distinguished from a fault of the other side.
      callers.throwIfAborted();
      if (signal.aborted && !(thrown instanceof Failure))
        throw new Outage('deadline', 'unknown', thrown);
      throw thrown;
    }
  }
}

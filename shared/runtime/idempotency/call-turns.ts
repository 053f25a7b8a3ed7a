/**
 * How many calls of an operation one process works on at a time. One thread gains nothing from hundreds
 * begun at once: all of them would exceed their time together, and calls of other operations with them. The
 * others wait in order, for a while.
 */
import { Failure } from '#shared/kernel/failure.ts';

export interface TurnLimits {
  readonly atOnce: number;
  /** How long a call waits for its turn before it is refused. */
  readonly waitMs: number;
}

const LIMITS: TurnLimits = { atOnce: 16, waitMs: 3_000 };
const RETRY_AFTER_MS = 1_000;

export class CallTurns {
  private readonly limits: TurnLimits;
  private readonly waiting = new Set<() => void>();
  private running = 0;

  constructor(limits: TurnLimits = LIMITS) {
    this.limits = limits;
  }

  /**
   * @param caller whose signal ends the wait; it is asked for only by a call that waits
   * @throws Failure TOO_BUSY when no turn comes in time, or the signal's reason; the work has not begun then
   */
  async take<T>(caller: Pick<AbortController, 'signal'>, work: () => Promise<T>): Promise<T> {
    if (this.running < this.limits.atOnce) this.running += 1;
    else await this.turn(caller.signal);
    try {
      return await work();
    } finally {
      this.pass();
    }
  }

  /** The turn of a call that has ended goes to the one that has waited longest. */
  private pass(): void {
    const [next] = this.waiting;
    if (next) next();
    else this.running -= 1;
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
        this.waiting.delete(begin);
      };
      const begin = (): void => (end(), resolve());
      const leave = (): void => (end(), reject(signal.reason as Error));
      const refuse = (): void => (end(), reject(this.tooMany()));
      const timer = setTimeout(refuse, this.limits.waitMs).unref();
      this.waiting.add(begin);
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave);
    });
  }

  private tooMany(): Failure {
    const { atOnce } = this.limits;
    return new Failure(
      'TOO_BUSY',
      `Too many calls of this operation: ${atOnce} are worked on at a time, and no turn came. Nothing was changed.`,
      { rule: 'calls-at-once', retryAfterMs: RETRY_AFTER_MS },
    );
  }
}

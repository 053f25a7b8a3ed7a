/**
 * One signal for one call: it aborts when the caller leaves or the time is up. Joined platform
 * signals would do, but cost more than the rest of a short call, and Node 20 may collect one while a
 * story only waits for it.
 */
export class Deadline {
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private readonly caller: AbortSignal;
  private readonly timer: NodeJS.Timeout;
  private timeIsUp = false;

  constructor(caller: AbortSignal, timeoutMs: number) {
    this.signal = this.controller.signal;
    this.caller = caller;
    this.timer = setTimeout(this.runOut, Math.ceil(timeoutMs)).unref();
    caller.addEventListener('abort', this.leave);
    if (caller.aborted) this.leave();
  }

  get passed(): boolean {
    return this.timeIsUp;
  }

  /** The call has ended; what still waits for the signal waits in vain. */
  close(): void {
    clearTimeout(this.timer);
    this.caller.removeEventListener('abort', this.leave);
  }

  private readonly runOut = (): void => {
    this.timeIsUp = true;
    this.controller.abort(new DOMException('The time for this call ran out.', 'TimeoutError'));
  };

  private readonly leave = (): void => this.controller.abort(this.caller.reason);
}

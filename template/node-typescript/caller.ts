import { setMaxListeners } from 'node:events';

/**
 * The caller of a call, until it disconnects. The abort signal is created lazily: most calls end before it is
 * used, and creating it costs more than the rest of a short
 * call.
 */
export class Caller {
  private controller: AbortController | undefined;
  private left: { readonly reason: unknown } | undefined;
  private listener: (() => void) | undefined;

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      // A call may make many others at once, each of which listens.
      setMaxListeners(0, this.controller.signal);
      if (this.left) this.controller.abort(this.left.reason);
    }
    return this.controller.signal;
  }

  get hasLeft(): boolean {
    return this.left !== undefined;
  }

  /** @throws the reason why the caller has left, as its signal would */
  throwIfLeft(): void {
    if (this.left) this.signal.throwIfAborted();
  }

  /** The first reason counts. */
  leave(reason?: unknown): void {
    if (this.left) return;
    this.left = { reason };
    this.controller?.abort(reason);
    this.listener?.();
  }

  /** Calls one listener, at once if the caller has left already. */
  onLeave(listener: (() => void) | undefined): void {
    this.listener = listener;
    if (this.left) listener?.();
  }
}

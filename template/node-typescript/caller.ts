/**
 * Who waits for a call's answer, until it leaves. The signal that tells a function so is made when it
 * is first asked for: most calls are over before anybody looks, and a signal costs more than the rest
 * of a short call.
 */
export class Caller {
  private controller: AbortController | undefined;
  private left: { readonly reason: unknown } | undefined;
  private listener: (() => void) | undefined;

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.left) this.controller.abort(this.left.reason);
    }
    return this.controller.signal;
  }

  get hasLeft(): boolean {
    return this.left !== undefined;
  }

  /** The first reason counts. */
  leave(reason?: unknown): void {
    if (this.left) return;
    this.left = { reason };
    this.controller?.abort(reason);
    this.listener?.();
  }

  /** Tells one listener, at once if it is too late; without one, nobody. */
  onLeave(listener: (() => void) | undefined): void {
    this.listener = listener;
    if (this.left) listener?.();
  }
}

/**
 * What was recorded of a run in this process, for those who follow it in this process: they hear of it at once, and
 * read it. It says nothing by itself; followers of what another process records poll.
 */
const listeners = new Map<string, Set<RunNews>>();
/** How many connectors of this process work on a topic. */
const connectors = new Map<string, number>();

export class RunNews {
  private readonly run: string;
  private isUnread = false;
  private wake: (() => void) | undefined;

  constructor(run: string) {
    this.run = run;
    const others = listeners.get(run) ?? new Set();
    listeners.set(run, others.add(this));
  }

  /** A connector of this process works on a topic, so that most news of it will be heard. @returns its end */
  static connected(topic: string): () => void {
    const count = (by: number): void =>
      void connectors.set(topic, (connectors.get(topic) ?? 0) + by);
    count(1);
    return () => count(-1);
  }

  static isConnected(topic: string): boolean {
    return (connectors.get(topic) ?? 0) > 0;
  }

  /** Something was recorded. */
  static announce(run: string): void {
    for (const news of listeners.get(run) ?? []) news.hear();
  }

  /**
   * Waits for an announcement, and returns at once where there was one since it returned last.
   * @param msMax without one it returns then
   * @throws the signal's reason
   */
  async next(msMax: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.isUnread) await this.wait(msMax, signal);
    this.isUnread = false;
  }

  close(): void {
    const all = listeners.get(this.run);
    all?.delete(this);
    if (all?.size === 0) listeners.delete(this.run);
  }

  private hear(): void {
    this.isUnread = true;
    this.wake?.();
  }

  private wait(msMax: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
        this.wake = undefined;
      };
      const go = (): void => (end(), resolve());
      const leave = (): void => (end(), reject(signal.reason as Error));
      const timer = setTimeout(go, msMax);
      this.wake = go;
      signal.addEventListener('abort', leave);
    });
  }
}

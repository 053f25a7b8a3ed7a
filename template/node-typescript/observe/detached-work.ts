/** Work that continues after its call was answered: the process stops only when it has ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { log } from './call-log.ts';
import type { LoopWatch } from './loop-watch.ts';

export class DetachedWork {
  private readonly running = new Set<Promise<void>>();
  private readonly limitMs: number;
  private readonly watch: Pick<LoopWatch, 'begin'> | undefined;

  /** @param limitMs beyond which the thread may not be blocked; 0: no limit */
  constructor(limitMs: number, watch: Pick<LoopWatch, 'begin'> | undefined) {
    this.limitMs = limitMs;
    this.watch = watch;
  }

  readonly take = (work: Promise<void>): void => {
    const unwatch = this.watch?.begin(this.limitMs) ?? (() => undefined);
    // A thread that is idle then is not blocked, however long the work takes.
    const timer = setTimeout(unwatch, this.limitMs).unref();
    const ended = work
      .catch((cause: unknown) => log('error', 'detached-work-failed', { cause }))
      .finally(() => {
        clearTimeout(timer);
        unwatch();
        this.running.delete(ended);
      });
    this.running.add(ended);
  };

  /** @returns whether all of it ended by itself within the limit */
  async end(limitMs: number): Promise<boolean> {
    const left = new AbortController();
    const ended = Promise.all(this.running).then(() => true);
    const late = sleep(Math.max(0, limitMs), false, { signal: left.signal }).catch(() => false);
    const whole = this.running.size === 0 || (await Promise.race([ended, late]));
    left.abort();
    return whole;
  }
}

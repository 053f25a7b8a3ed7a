/**
 * Spaces calls, so that the rate limit of a service is never reached. `ProcessPace` is for one
 * process; `SharedPace` coordinates all processes of an installation through Redis.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

export interface Pace {
  /** Resolves when the next call may go out. @throws the signal's reason when it is aborted */
  turn(signal: AbortSignal): Promise<void>;
}

export class SharedPace implements Pace {
  private readonly redis: Database['redis'];
  private readonly key: string;
  private readonly spacingMs: number;

  constructor({ redis }: Database, broker: string, spacingMs: number) {
    this.redis = redis;
    this.key = keys.broker.turn(broker);
    this.spacingMs = spacingMs;
  }

  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while ((await this.redis.set(this.key, '1', 'PX', this.spacingMs, 'NX')) === null) {
      const leftMs = await this.redis.pttl(this.key);
      await sleep(Math.max(1, leftMs), undefined, { signal });
    }
  }
}

/** By a clock that nobody sets: one that is set back would keep every call waiting until it is where it was. */
export class ProcessPace implements Pace {
  private readonly spacingMs: number;
  /** How far calls may be ahead of their spacing. */
  private readonly aheadMs: number;
  private nextMs = Number.NEGATIVE_INFINITY;

  /** @param atOnce calls that go out without waiting after a pause that was long enough */
  constructor(spacingMs: number, atOnce = 1) {
    this.spacingMs = spacingMs;
    this.aheadMs = (atOnce - 1) * spacingMs;
  }

  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = performance.now();
    const at = this.nextMs - this.aheadMs;
    this.nextMs = Math.max(now, this.nextMs) + this.spacingMs;
    if (at <= now) return;
    try {
      await sleep(at - now, undefined, { signal });
    } catch (thrown) {
      // Given back: who waits no more must not let those after it wait longer.
      this.nextMs -= this.spacingMs;
      throw thrown;
    }
  }
}

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

export class ProcessPace implements Pace {
  private readonly spacingMs: number;
  private nextMs = Number.NEGATIVE_INFINITY;

  constructor(spacingMs: number) {
    this.spacingMs = spacingMs;
  }

  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = performance.now();
    const at = Math.max(now, this.nextMs);
    this.nextMs = at + this.spacingMs;
    if (at > now) await sleep(at - now, undefined, { signal });
  }
}

/**
 * A lease that one process holds by renewing it; it expires by Redis' clock when the process dies.
 */
import { releaseOwned, renewOwned } from '#shared/redis/owned-key.ts';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';

export class Claim {
  private readonly redis: Redis;
  private readonly key: string;
  private readonly leaseMs: number;
  private readonly owner = randomUUID();
  private renewal: NodeJS.Timeout | undefined;

  constructor(redis: Redis, key: string, leaseMs: number) {
    this.redis = redis;
    this.key = key;
    this.leaseMs = leaseMs;
  }

  async take(): Promise<boolean> {
    const taken = await this.redis.set(this.key, this.owner, 'PX', this.leaseMs, 'NX');
    if (taken === null) return false;
    this.renewal = setInterval(() => void this.renew(), this.leaseMs / 3);
    return true;
  }

  /** A claim that could not be released expires by itself. */
  async release(): Promise<void> {
    clearInterval(this.renewal);
    await releaseOwned(this.redis, this.key, this.owner).catch(() => undefined);
  }

  private async renew(): Promise<void> {
    await renewOwned(this.redis, this.key, this.owner, this.leaseMs).catch(() => undefined);
  }
}

/** A right that one process holds by renewing it; Redis' own clock ends the claim of a dead one. */
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

  /** A claim that could not be given back expires by itself. */
  async release(): Promise<void> {
    clearInterval(this.renewal);
    if (await this.isMine().catch(() => false))
      await this.redis.del(this.key).catch(() => undefined);
  }

  private async renew(): Promise<void> {
    if (await this.isMine().catch(() => false))
      await this.redis.pexpire(this.key, this.leaseMs).catch(() => undefined);
  }

  private async isMine(): Promise<boolean> {
    return (await this.redis.get(this.key)) === this.owner;
  }
}

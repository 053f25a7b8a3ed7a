/**
 * The subscribers of a queued run. The run is stopped when each of them has cancelled, and for no
 * other reason: a caller whose deadline passed, whose connection broke or whose process died still
 * subscribes, and may come back for the result.
 */
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { isClosed, joinSet, leaveSet } from '#shared/redis/subscriber-set.ts';

export class Subscribers {
  private readonly database: Database;
  private readonly keepMs: number;

  constructor(database: Database, keepMs: number) {
    this.database = database;
    this.keepMs = keepMs;
  }

  /**
   * In one step, and with it the run under the subscriber's name.
   * @returns `closed` for a run that everyone has cancelled: it will end and cannot be joined; `has-left` where the
   *   subscriber's leaving came first
   */
  async join(run: string, subscriber: string): Promise<'joined' | 'has-left' | 'closed'> {
    const { subscribers, subscriber: runOfSubscriber, left } = keys.runtime;
    const at = [subscribers(run), runOfSubscriber(subscriber), left(subscriber)] as const;
    return joinSet(this.database.redis, at, subscriber, run, this.keepMs);
  }

  /** The run that a caller who comes back has subscribed to. */
  async runOf(subscriber: string): Promise<string | undefined> {
    return (await this.database.redis.get(keys.runtime.subscriber(subscriber))) ?? undefined;
  }

  /**
   * May come before `join` of the same subscriber, which then says so.
   * @returns the run, if this was its last subscriber
   */
  async leave(subscriber: string): Promise<string | undefined> {
    const { redis } = this.database;
    await redis.set(keys.runtime.left(subscriber), '1', 'PX', this.keepMs);
    const run = await redis.get(keys.runtime.subscriber(subscriber));
    if (run === null) return undefined;
    const wasLast = await leaveSet(redis, keys.runtime.subscribers(run), subscriber, this.keepMs);
    return wasLast ? run : undefined;
  }

  /** Whether every subscriber of the run has cancelled. */
  async cancelled(run: string): Promise<boolean> {
    return isClosed(this.database.redis, keys.runtime.subscribers(run));
  }
}

/**
 * Who wants a queued run. It is stopped when everyone who asked for it has taken that back, and for
 * no other reason: a caller whose time ran out, whose connection broke or whose process died still
 * wants it, and may come back for it.
 */
import { z } from 'zod';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

const requestedSchema = z.object({ subscribers: z.array(z.string()), stops: z.boolean() });

export class Subscribers {
  private readonly database: Database;
  private readonly keepMs: number;

  constructor(database: Database, keepMs: number) {
    this.database = database;
    this.keepMs = keepMs;
  }

  /** @returns false for a run that everyone has cancelled: it will end, and is not to be had */
  async join(run: string, subscriber: string): Promise<boolean> {
    const joined = await this.change(run, (subscribers, stops) =>
      stops ? undefined : { subscribers: [...new Set([...subscribers, subscriber])], stops },
    );
    if (joined === undefined) return false;
    await this.database.redis.set(keys.runtime.subscriber(subscriber), run, 'PX', this.keepMs);
    return true;
  }

  /**
   * May come before `join` of the same follower, which then asks `hasLeft`.
   * @returns the run, where this was the last who wanted it
   */
  async leave(subscriber: string): Promise<string | undefined> {
    const { redis } = this.database;
    await redis.set(keys.runtime.left(subscriber), '1', 'PX', this.keepMs);
    const run = await redis.get(keys.runtime.subscriber(subscriber));
    if (run === null) return undefined;
    const now = await this.change(run, (subscribers, stops) => {
      if (stops || !subscribers.includes(subscriber)) return undefined;
      const others = subscribers.filter((other) => other !== subscriber);
      return { subscribers: others, stops: others.length === 0 };
    });
    return now?.stops === true ? run : undefined;
  }

  async hasLeft(subscriber: string): Promise<boolean> {
    return (await this.database.redis.exists(keys.runtime.left(subscriber))) === 1;
  }

  /** Whether everyone who asked for the run has taken that back. */
  async cancelled(run: string): Promise<boolean> {
    const found = await this.database.find(keys.runtime.subscribers(run), requestedSchema);
    return found?.value.stops === true;
  }

  /** @returns what stands after the change; undefined when nothing changed */
  private change(
    run: string,
    next: (subscribers: readonly string[], stops: boolean) => Requested | undefined,
  ): Promise<Requested | undefined> {
    const key = keys.runtime.subscribers(run);
    const write = [{ op: 'PEXPIRE', key, args: [String(this.keepMs)] } as const];
    return this.database.update(key, requestedSchema, (current) => {
      const value = next(current?.subscribers ?? [], current?.stops ?? false);
      return value ? { value, result: value, write } : { result: undefined };
    });
  }
}

type Requested = z.output<typeof requestedSchema>;

/**
 * Who wants a queued run. It is stopped when everyone who asked for it has taken that back, and for
 * no other reason: a caller whose time ran out, whose connection broke or whose process died still
 * wants it, and may come back for it.
 */
import { z } from 'zod';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

const wantedSchema = z.object({ followers: z.array(z.string()), stops: z.boolean() });

export class Followers {
  private readonly database: Database;
  private readonly keepMs: number;

  constructor(database: Database, keepMs: number) {
    this.database = database;
    this.keepMs = keepMs;
  }

  /** @returns false for a run that everyone has taken back: it will end, and is not to be had */
  async join(run: string, follower: string): Promise<boolean> {
    const joined = await this.change(run, (followers, stops) =>
      stops ? undefined : { followers: [...new Set([...followers, follower])], stops },
    );
    if (joined === undefined) return false;
    await this.database.redis.set(keys.runtime.follower(follower), run, 'PX', this.keepMs);
    return true;
  }

  /**
   * May come before `join` of the same follower, which then asks `hasLeft`.
   * @returns the run, where this was the last who wanted it
   */
  async leave(follower: string): Promise<string | undefined> {
    const { redis } = this.database;
    await redis.set(keys.runtime.left(follower), '1', 'PX', this.keepMs);
    const run = await redis.get(keys.runtime.follower(follower));
    if (run === null) return undefined;
    const now = await this.change(run, (followers, stops) => {
      if (stops || !followers.includes(follower)) return undefined;
      const others = followers.filter((other) => other !== follower);
      return { followers: others, stops: others.length === 0 };
    });
    return now?.stops === true ? run : undefined;
  }

  async hasLeft(follower: string): Promise<boolean> {
    return (await this.database.redis.exists(keys.runtime.left(follower))) === 1;
  }

  /** Whether everyone who asked for the run has taken that back. */
  async takenBack(run: string): Promise<boolean> {
    const found = await this.database.find(keys.runtime.followers(run), wantedSchema);
    return found?.value.stops === true;
  }

  /** @returns what stands after the change; undefined when nothing changed */
  private change(
    run: string,
    next: (followers: readonly string[], stops: boolean) => Wanted | undefined,
  ): Promise<Wanted | undefined> {
    const key = keys.runtime.followers(run);
    const write = [{ op: 'PEXPIRE', key, args: [String(this.keepMs)] } as const];
    return this.database.update(key, wantedSchema, (current) => {
      const value = next(current?.followers ?? [], current?.stops ?? false);
      return value ? { value, result: value, write } : { result: undefined };
    });
  }
}

type Wanted = z.output<typeof wantedSchema>;

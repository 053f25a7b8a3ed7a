/** Who changed what on the page, when and with what result. */
import { z } from 'zod';
import type { Instant } from '#shared/kernel/instant.ts';
import { decode, encode, storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

export interface AuditLine {
  readonly at: Instant;
  /** Role and device of the session; empty for a sign-in that failed. */
  readonly who: string;
  readonly address: string;
  /** Stable word: `halt`, `sign-in`, `sign-in-failed`, … */
  readonly action: string;
  /** What it was about, and how it ended, in words. */
  readonly detail: string;
  /** Idempotency key of the operation it called; empty where it called none. */
  readonly key: string;
}

const lineSchema: z.ZodType<AuditLine> = z.strictObject({
  at: storedInstant,
  who: z.string(),
  address: z.string(),
  action: z.string(),
  detail: z.string(),
  key: z.string(),
});

const LINES_MAX = 1_000;

export class AuditStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async add(line: AuditLine): Promise<void> {
    const { redis } = this.database;
    await redis.lpush(keys.page.audit(), encode(line));
    await redis.ltrim(keys.page.audit(), 0, LINES_MAX - 1);
  }

  /** Newest first. */
  async latest(count: number): Promise<readonly AuditLine[]> {
    const lines = await this.database.redis.lrange(keys.page.audit(), 0, count - 1);
    return lines.map((line) => decode(lineSchema, line, keys.page.audit()));
  }
}

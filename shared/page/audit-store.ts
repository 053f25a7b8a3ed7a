/** Who changed what on the page, when and with what result. */
import * as z from 'zod';
import type { Dependencies } from '#shared/runtime/context.ts';
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

/** What calls no operation, and is in the audit of the installation by this register alone. */
const withoutOperation = new Set([
  ...['sign-in', 'sign-in-failed', 'sign-in-locked', 'proof', 'sign-out'],
  ...['revoke', 'revoke-all', 'passkey-add', 'passkey-remove'],
]);

const events: Readonly<Record<string, 'refused' | 'locked'>> = {
  'sign-in-failed': 'refused',
  'sign-in-locked': 'locked',
};

export class AuditStore {
  private readonly database: Database;
  private readonly dependencies: Pick<Dependencies, 'audit' | 'newId'>;

  constructor(dependencies: Pick<Dependencies, 'database' | 'audit' | 'newId'>) {
    this.database = dependencies.database;
    this.dependencies = dependencies;
  }

  /** @param credential what was shown: `password`, `passkey`, or the name of a token */
  async add(line: AuditLine, credential = 'none'): Promise<void> {
    const { redis } = this.database;
    if (withoutOperation.has(line.action)) await this.addToTrail(line, credential);
    await redis.lpush(keys.page.audit(), encode(line));
    await redis.ltrim(keys.page.audit(), 0, LINES_MAX - 1);
  }

  private async addToTrail({ at, who, address, action }: AuditLine, token: string) {
    const { audit, newId } = this.dependencies;
    const event = events[action] ?? 'called';
    await audit?.add({
      ...{ at, event, address, token },
      operation: `page-${action.replace(/-(failed|locked)$/, '')}`,
      who: `page ${who}`,
      ...{ caller: 'page', account: '', requestId: newId(), run: '' },
      failureCode: event === 'called' ? '' : 'UNAUTHENTICATED',
    });
  }

  /** Newest first. */
  async latest(count: number): Promise<readonly AuditLine[]> {
    const lines = await this.database.redis.lrange(keys.page.audit(), 0, count - 1);
    return lines.map((line) => decode(lineSchema, line, keys.page.audit()));
  }
}

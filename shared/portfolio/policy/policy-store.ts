/**
 * Every version of an account's policy, in the order they were made. Versions are added, never
 * changed; the last one is in force.
 */
import * as z from 'zod';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { decode, encode, storedInstant } from '#shared/redis/codec.ts';
import { writeDocument, type Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

export interface PolicyVersion {
  /** From 1. */
  readonly version: number;
  /** As it was written. */
  readonly document: string;
  readonly changedAt: Instant;
  readonly source: 'operation' | 'file';
  readonly note: string;
  /** Of the file that was adopted last, by this version or one before. */
  readonly fileHash?: string | undefined;
  /** Idempotency key of the call that made it. */
  readonly madeBy?: string | undefined;
}

const versionRecord: z.ZodType<PolicyVersion> = z.strictObject({
  version: z.int().min(1),
  document: z.string(),
  changedAt: storedInstant,
  source: z.enum(['operation', 'file']),
  note: z.string(),
  fileHash: z.string().optional(),
  madeBy: z.string().optional(),
});

export class PolicyStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** The version in force; undefined where none is stored. */
  async current(account: AccountId): Promise<PolicyVersion | undefined> {
    return (await this.database.find(keys.portfolio.policy(account), versionRecord))?.value;
  }

  async version(account: AccountId, version: number): Promise<PolicyVersion | undefined> {
    const key = keys.portfolio.policyVersions(account);
    const json = await this.database.redis.lindex(key, version - 1);
    return json === null ? undefined : decode(versionRecord, json, key);
  }

  /** Newest first. */
  async versions(
    account: AccountId,
    { limit, offset }: { readonly limit: number; readonly offset: number },
  ): Promise<{ readonly versions: readonly PolicyVersion[]; readonly total: number }> {
    const key = keys.portfolio.policyVersions(account);
    const total = await this.database.redis.llen(key);
    const [from, to] = [total - offset - limit, total - offset - 1];
    const lines = to < 0 ? [] : await this.database.redis.lrange(key, Math.max(0, from), to);
    return { versions: lines.map((line) => decode(versionRecord, line, key)).reverse(), total };
  }

  /** @returns false when another version was stored meanwhile; then nothing is stored */
  add(account: AccountId, next: PolicyVersion): Promise<boolean> {
    const key = keys.portfolio.policy(account);
    const version = next.version - 1;
    return this.database.commit(
      [{ key, version }],
      [
        writeDocument(key, version, next),
        { op: 'RPUSH', key: keys.portfolio.policyVersions(account), args: [encode(next)] },
      ],
      'guarded',
    );
  }
}

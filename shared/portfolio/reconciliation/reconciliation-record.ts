/** Keeps what differs from the broker since the start; open as long as the document lists anything. */
import * as z from 'zod';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { storedDecimal, storedInstant } from '#shared/redis/codec.ts';
import { writeDocument, type Database } from '#shared/redis/database.ts';
import type { Expectation, Write } from '#shared/redis/change.ts';
import { keys } from '#shared/redis/keys.ts';
import {
  differenceKinds,
  digestOf,
  withOrders,
  type Difference,
  type Differences,
} from '../model/reconciliation/differences.ts';

const schema = z.object({
  foundAt: storedInstant,
  found: z.array(
    z.object({
      kind: z.enum(differenceKinds),
      subject: z.string(),
      change: storedDecimal,
      label: z.string(),
    }),
  ),
  /** The last differences that a person took over. */
  confirmed: z.object({ digest: z.string(), reason: z.string(), at: storedInstant }).optional(),
}) satisfies z.ZodType<Differences>;

export interface StoredDifferences extends Differences {
  readonly version: number;
}

/** Part of a commit that changes the differences together with something else. */
export interface DifferenceChange {
  readonly expect: Expectation;
  readonly write: Write;
}

export class ReconciliationRecord {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async read(account: AccountId): Promise<StoredDifferences> {
    const document = await this.database.find(keys.portfolio.differences(account), schema);
    return document
      ? { ...document.value, version: document.version }
      : { version: 0, foundAt: 0 as Instant, found: [] };
  }

  /** What a commit must still find, so that it is not made against a difference found meanwhile. */
  unchanged(account: AccountId, { version }: StoredDifferences): Expectation {
    return { key: keys.portfolio.differences(account), version };
  }

  change(
    account: AccountId,
    before: StoredDifferences,
    found: readonly Difference[],
    at: Instant,
  ): DifferenceChange {
    const expect = this.unchanged(account, before);
    const foundAt = before.found.length > 0 ? before.foundAt : at;
    return { expect, write: writeDocument(expect.key, before.version, { foundAt, found }) };
  }

  /** Replaces the orders among the differences. */
  putOrders(account: AccountId, orders: readonly Difference[], at: Instant): Promise<void> {
    return this.database.update(keys.portfolio.differences(account), schema, (current) => {
      const found = withOrders(current?.found ?? [], orders);
      if (found.length === 0 && (current?.found ?? []).length === 0) return { result: undefined };
      const foundAt = current && current.found.length > 0 ? current.foundAt : at;
      return { value: { foundAt, found: [...found] }, result: undefined };
    });
  }

  /** Takes the differences over. @returns false where they are others than were confirmed */
  confirm(account: AccountId, digest: string, reason: string, at: Instant): Promise<boolean> {
    return this.database.update(keys.portfolio.differences(account), schema, (current) => {
      if (!current || current.found.length === 0 || digestOf(current) !== digest)
        return { result: false };
      const value = { foundAt: at, found: [], confirmed: { digest, reason, at } };
      return { value, result: true };
    });
  }
}

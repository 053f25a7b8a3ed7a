/** Deposits that were announced here, by their id. */
import { z } from 'zod';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Money } from '#shared/kernel/money.ts';
import { decode, encode, storedInstant, storedMoney } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

export interface Deposit {
  readonly id: string;
  readonly amount: Money;
  /** Pending until the broker, which we cannot fund ourselves, shows the money. */
  readonly state: 'paid-in' | 'pending';
  readonly recordedAt: Instant;
}

const depositSchema: z.ZodType<Deposit> = z.object({
  id: z.string(),
  amount: storedMoney,
  state: z.enum(['paid-in', 'pending']),
  recordedAt: storedInstant,
});

export class DepositStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async find(account: AccountId, id: string): Promise<Deposit | undefined> {
    const key = keys.gateway.deposits(account);
    const json = await this.database.redis.hget(key, id);
    return json === null ? undefined : decode(depositSchema, json, `${key} ${id}`);
  }

  /** The first record of an id stands. */
  async record(account: AccountId, deposit: Deposit): Promise<void> {
    await this.database.redis.hsetnx(keys.gateway.deposits(account), deposit.id, encode(deposit));
  }
}

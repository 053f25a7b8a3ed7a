/** Reader of announced deposits. */
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { decode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { depositSchema, type Deposit } from './deposit-record.ts';

export class StoredDeposits {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Deposits paid from outside, whether received or not. */
  async announced(account: AccountId): Promise<readonly Deposit[]> {
    const key = keys.gateway.deposits(account);
    const stored = Object.values(await this.database.redis.hgetall(key));
    const deposits = stored.map((json) => decode(depositSchema, json, key));
    return deposits.filter(({ state }) => state === 'pending');
  }
}

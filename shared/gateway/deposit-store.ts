/** Deposits that were announced here, by their id. */
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { decode, encode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { depositSchema, type Deposit } from './deposit-record.ts';

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

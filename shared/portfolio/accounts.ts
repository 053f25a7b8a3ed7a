/**
 * The list of accounts. The default account always exists; every other one is opened explicitly by
 * an operation, never by being named in a request.
 */
import * as z from 'zod';
import type { Currency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT, type AccountId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { decode, encode, storedCurrency, storedId, storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

export interface Account {
  readonly id: AccountId;
  readonly name: string;
  readonly currency: Currency;
  /** Absent of the default account, and of those that were used before accounts were opened. */
  readonly openedAt?: Instant | undefined;
  /** Idempotency key of the call that opened it. */
  readonly openedBy?: string | undefined;
}

const accountSchema: z.ZodType<Account> = z.strictObject({
  id: storedId<AccountId>(),
  name: z.string(),
  currency: storedCurrency,
  openedAt: storedInstant.optional(),
  openedBy: z.string().optional(),
});

export class Accounts {
  private readonly database: Database;
  private readonly baseCurrency: Currency;

  constructor(database: Database, baseCurrency: Currency) {
    this.database = database;
    this.baseCurrency = baseCurrency;
  }

  async find(id: AccountId): Promise<Account | undefined> {
    if (id === DEFAULT_ACCOUNT) return this.plain(id);
    const json = await this.database.redis.hget(keys.portfolio.accounts(), id);
    if (json !== null) return decode(accountSchema, json, `account ${id}`);
    return this.adopt(id);
  }

  /** @throws Failure NOT_FOUND naming the field @param field of the request that names it */
  async require(id: AccountId, field = 'accountId'): Promise<Account> {
    const account = await this.find(id);
    if (account) return account;
    throw new Failure(
      'NOT_FOUND',
      `${field}: there is no account ${id}. OpenAccount opens one; ListAccounts names those there are.`,
      { kind: 'account', id, field },
    );
  }

  /** The default account first, then by id. */
  async list(): Promise<readonly Account[]> {
    const stored = await this.database.redis.hgetall(keys.portfolio.accounts());
    const opened = Object.entries(stored).map(([id, json]) =>
      decode(accountSchema, json, `account ${id}`),
    );
    return [this.plain(DEFAULT_ACCOUNT), ...opened.sort((a, b) => (a.id < b.id ? -1 : 1))];
  }

  async ids(): Promise<readonly AccountId[]> {
    return (await this.list()).map(({ id }) => id);
  }

  /** @returns the account as it is stored: this one, or the one that was there before */
  async add(account: Account): Promise<Account> {
    await this.database.redis.hsetnx(keys.portfolio.accounts(), account.id, encode(account));
    return (await this.find(account.id)) ?? account;
  }

  /** Accounts that have a book from before there was a list of them are put on the list. */
  private async adopt(id: AccountId): Promise<Account | undefined> {
    const isBooked = await this.database.redis.exists(keys.portfolio.book(id));
    return isBooked === 1 ? this.add(this.plain(id)) : undefined;
  }

  private plain(id: AccountId): Account {
    return { id, name: '', currency: this.baseCurrency };
  }
}

/** Reader of the stored orders. */
import type { AccountId, TradeId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import type { OrderRecord } from './model/order-record.ts';
import { orderSchema } from './order-schema.ts';
import { atVersion } from './order-versions.ts';
import type { OrderReader } from './order-reader.ts';

export class StoredOrders implements OrderReader {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async liveOrders(account: AccountId): Promise<readonly OrderRecord[]> {
    const ids = await this.database.redis.smembers(keys.trading.live(account));
    const records = await this.ofAccount(account, ids);
    return records.toSorted((a, b) => a.requestedAt - b.requestedAt || order(a.tradeId, b.tradeId));
  }

  async find(id: TradeId): Promise<OrderRecord | undefined> {
    const account = await this.database.redis.get(keys.trading.accountOf(id));
    if (account === null) return undefined;
    const [record] = await this.ofAccount(account as AccountId, [id]);
    return record;
  }

  async history(account: AccountId): Promise<readonly OrderRecord[]> {
    const ids = await this.database.redis.zrevrange(keys.trading.byTime(account), 0, -1);
    return this.ofAccount(account, ids);
  }

  /** Trades asked for at an instant or later, newest first. */
  async historySince(account: AccountId, since: Instant): Promise<readonly OrderRecord[]> {
    const index = keys.trading.byTime(account);
    return this.ofAccount(
      account,
      await this.database.redis.zrevrangebyscore(index, '+inf', since),
    );
  }

  async ofAccount(account: AccountId, ids: readonly string[]): Promise<OrderRecord[]> {
    const found = await Promise.all(
      ids.map((id) => this.database.find(keys.trading.trade(account, id), orderSchema)),
    );
    return found.flatMap((document) =>
      document ? [atVersion(document.value, document.version)] : [],
    );
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Writes orders. Every change is a compare-and-set on the version of the order's document: a
 * decision based on an older version writes nothing. This fences processes from each other.
 *
 * Admitting a new order also compares the account's `admissions` document, so that two orders
 * checked at the same time cannot both spend the same cash.
 */
import * as z from 'zod';
import { Failure } from '#shared/kernel/failure.ts';
import type { AccountId, TradeId } from '#shared/kernel/identifiers.ts';
import type { SteadyTime } from '#shared/kernel/instant.ts';
import { storedId } from '#shared/redis/codec.ts';
import { writeDocument, type Database } from '#shared/redis/database.ts';
import type { Expectation, Write } from '#shared/redis/change.ts';
import { CLIENT_ORDER_ID_BASE, idsBefore } from '#shared/redis/epoch.ts';
import { keys } from '#shared/redis/keys.ts';
import { stateLost } from '#shared/redis/state-epoch.ts';
import { stillCounted, type AdmittedOrder } from './model/day-window.ts';
import type { OrderRecord } from './model/order-record.ts';
import { isTerminal } from './model/order-state.ts';
import { orderSchema } from './order-schema.ts';
import { atVersion, versionOf } from './order-versions.ts';

/** An order as it was read, with the version that a change must still find. */
export interface StoredOrder {
  readonly order: OrderRecord;
  readonly version: number;
}

const admissionSchema = z.object({
  /** Written by earlier builds alone. */
  tradeId: z.string().optional(),
  counted: z
    .array(
      z.object({
        tradeId: storedId<TradeId>(),
        at: z.object({ boot: z.string(), ms: z.number() }),
      }),
    )
    .default([]),
});

/** The orders admitted so far that still count for the limits of a day. */
export interface Admissions {
  readonly version: number;
  readonly counted: readonly AdmittedOrder[];
}

/** Ids have ten digits, so none is a prefix of another; they stay below 2^31. */
const CLIENT_ORDER_ID_MAX = 2 ** 31 - 1;

export { tradeIdOf } from './model/trade-id.ts';

const ID_RANGE_EXHAUSTED =
  'No client order id is left; nothing was sent. Ids have ten digits below 2^31, and the broker knows the last of them.';

export class OrderStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async find(account: AccountId, id: TradeId): Promise<StoredOrder | undefined> {
    const document = await this.database.find(keys.trading.trade(account, id), orderSchema);
    return document && storedAt(document.value, document.version);
  }

  /** The account's admissions, to be read before the checks and given to `create`. */
  async admissions(account: AccountId, now: SteadyTime): Promise<Admissions> {
    const document = await this.database.find(keys.trading.admissions(account), admissionSchema);
    if (!document) return { version: 0, counted: [] };
    return { version: document.version, counted: stillCounted(document.value.counted, now) };
  }

  /**
   * Detects orders at the broker that this state does not know: their numbers were never issued
   * here, so Redis is older than the orders. The broker is queried first, so that a number issued meanwhile is
   * not mistaken for one.
   * @param seenMax highest client order id that the broker shows; 0 for none
   */
  async requireKnown(account: AccountId, seenMax: number): Promise<void> {
    const { generation } = await this.database.epoch.required();
    const given = Number(
      (await this.database.redis.get(keys.trading.clientOrderIds(account))) ?? 0,
    );
    const isLater = seenMax > idsBefore(generation) && seenMax > CLIENT_ORDER_ID_BASE + given;
    if (!isLater) return;
    const why = `the broker has an order with the number ${seenMax} that is not known here`;
    await this.database.epoch.raiseDoubt(why);
    throw stateLost(why);
  }

  /**
   * The next number for an order. A crash before the order is stored skips a number, no more. Each
   * generation has a block of numbers, so that none is used again after a declared beginning.
   * @param seenMax highest id the broker has shown
   */
  async nextClientOrderId(account: AccountId, seenMax: number): Promise<string> {
    const { generation } = await this.database.epoch.required();
    const above = Math.max(seenMax, idsBefore(generation));
    const key = keys.trading.clientOrderIds(account);
    let id = CLIENT_ORDER_ID_BASE + (await this.database.redis.incr(key));
    if (id <= above)
      id = CLIENT_ORDER_ID_BASE + (await this.database.redis.incrby(key, above - id + 1));
    if (id > CLIENT_ORDER_ID_MAX)
      throw new Failure('REFUSED', ID_RANGE_EXHAUSTED, {
        rule: 'client-order-ids-exhausted',
      });
    return String(id);
  }

  /**
   * Stores a new order with its place in the indexes.
   * @returns undefined when the order exists already or another order was admitted since
   */
  async create(
    order: OrderRecord,
    admissions: Admissions,
    at: SteadyTime,
  ): Promise<StoredOrder | undefined> {
    const { accountId, tradeId } = order;
    await this.database.epoch.required();
    // In a slot of its own, hence first: a dangling pointer is harmless.
    await this.database.redis.set(keys.trading.accountOf(tradeId), accountId);
    const key = keys.trading.trade(accountId, tradeId);
    const admissionsKey = keys.trading.admissions(accountId);
    const indexed: Write = {
      op: 'ZADD',
      key: keys.trading.byTime(accountId),
      args: [String(order.requestedAt), tradeId],
    };
    const { version, counted } = admissions;
    const isAdmitted = !isTerminal(order.state);
    const done = await this.database.commit(
      [{ key, version: 0 }, ...(isAdmitted ? [{ key: admissionsKey, version }] : [])],
      [
        writeDocument(key, 0, order),
        indexed,
        ...liveness(order),
        ...(isAdmitted
          ? [writeDocument(admissionsKey, version, { counted: [...counted, { tradeId, at }] })]
          : []),
      ],
      'guarded',
    );
    return done ? storedAt(order, 1) : undefined;
  }

  /**
   * Claiming an order for sending increments the sequence of the state's epoch, which is recorded before the order is
   * sent.
   * @param also further documents that must not have changed
   * @returns undefined when the stored order, or one of those, is not that version any more
   */
  async replace(
    stored: StoredOrder,
    order: OrderRecord,
    ...also: readonly Expectation[]
  ): Promise<StoredOrder | undefined> {
    const key = keys.trading.trade(order.accountId, order.tradeId);
    const { version } = stored;
    const done = await this.database.commit(
      [{ key, version }, ...also],
      [writeDocument(key, version, order), ...liveness(order)],
      order.state === 'SUBMITTING' ? 'advancing' : 'guarded',
    );
    return done ? storedAt(order, version + 1) : undefined;
  }

  /** Records outside Redis that an order is about to be sent. */
  putOnRecord(): Promise<void> {
    return this.database.epoch.putOnRecord();
  }

  /**
   * Applies `change` to the stored order, retrying on a conflict. A change that returns the same order
   * writes nothing.
   * @param order as it was read or written last: `change` is tried on it first, without reading it again
   */
  async change(
    order: OrderRecord,
    change: (current: OrderRecord) => OrderRecord,
  ): Promise<OrderRecord> {
    return (await this.changeKnown(order, change)) ?? this.changeStored(order, change);
  }

  /** @returns undefined where another version is stored, or what is stored must say whether anything changes */
  private async changeKnown(
    order: OrderRecord,
    change: (current: OrderRecord) => OrderRecord,
  ): Promise<OrderRecord | undefined> {
    const version = versionOf(order);
    if (version === undefined) return undefined;
    const next = change(order);
    if (next === order) return undefined;
    const key = keys.trading.trade(order.accountId, order.tradeId);
    const writes = [writeDocument(key, version, next), ...liveness(next)];
    const done = await this.database.commit([{ key, version }], writes);
    return done ? atVersion(next, version + 1) : undefined;
  }

  private async changeStored(
    { accountId, tradeId }: OrderRecord,
    change: (current: OrderRecord) => OrderRecord,
  ): Promise<OrderRecord> {
    const key = keys.trading.trade(accountId, tradeId);
    return this.database.update(key, orderSchema, (current) => {
      // It was stored before it was read, and orders are never deleted.
      if (!current) throw stateLost(`the order ${tradeId} is gone`);
      const next = change(current);
      return next === current
        ? { result: current }
        : { value: next, result: next, write: liveness(next) };
    });
  }
}

function storedAt(order: OrderRecord, version: number): StoredOrder {
  return { order: atVersion(order, version), version };
}

function liveness(order: OrderRecord): Write[] {
  const op = isTerminal(order.state) ? 'SREM' : 'SADD';
  return [{ op, key: keys.trading.live(order.accountId), args: [order.tradeId] }];
}

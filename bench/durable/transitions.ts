/** A transition of an order as the product stores it, and as three plain commands would. */
import type { Redis } from 'ioredis';
import { present } from '#shared/kernel/assert.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT, type TradeId } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { encode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import type { OrderRecord } from '#shared/trading/model/order-record.ts';
import { OrderStore } from '#shared/trading/order-store.ts';

/** One more transition of the order of this number. */
export type Transition = (order: number) => Promise<unknown>;

/** An order that works at the broker. @internal */
export function anOrder(number: number): OrderRecord {
  const zero = Money.zero(parseCurrency('EUR'));
  const now = instantOf(Date.UTC(2026, 0, 2));
  return {
    ...{ tradeId: `trade-${number}` as TradeId, accountId: DEFAULT_ACCOUNT },
    ...{ clientOrderId: String(1_000_000_000 + number), symbol: 'AAPL', side: 'BUY' },
    ...{ isin: parseIsin('US0378331005'), quantity: Decimal.of(2) },
    ...{ orderType: 'MARKET', timeInForce: 'DAY', state: 'ACCEPTED', message: 'working' },
    ...{ filledQuantity: Decimal.zero, commission: zero, fees: zero, settlement: zero },
    ...{ reserved: Money.parse('200.50', 'EUR'), fillIds: [], requestedAt: now, updatedAt: now },
    ...{ build: 'bench', bodyHash: 'x', value: zero, errors: [], fills: [], queries: 0 },
  };
}

/**
 * Decided on as it was stored last, and written with its index in one commit that must find that version; whoever else
 * had changed it would make it be read again.
 */
export async function ours(database: Database, count: number): Promise<Transition> {
  const store = new OrderStore(database);
  const clock = { boot: 'bench', ms: 0 };
  const orders: OrderRecord[] = [];
  for (let number = 0; number < count; number += 1) {
    const admissions = await store.admissions(DEFAULT_ACCOUNT, clock);
    const stored = await store.create(anOrder(number), admissions, clock);
    orders.push(present(stored, 'nobody else creates orders').order);
  }
  return async (number) => {
    const order = present(orders[number], 'one of those');
    orders[number] = await store.change(order, (current) => ({
      ...current,
      queries: current.queries + 1,
    }));
  };
}

/** The same document written blindly, then its index and a line of its history, each awaited. */
export function naive(redis: Redis): Transition {
  const orders = new Map<number, OrderRecord>();
  return async (number) => {
    const order = orders.get(number) ?? anOrder(number);
    const changed = { ...order, queries: order.queries + 1 };
    orders.set(number, changed);
    const json = encode(changed);
    await redis.hset(`naive:order:${number}`, 'version', '2', 'json', json);
    await redis.zadd('naive:orders', Date.now(), `trade-${number}`);
    await redis.lpush(`naive:history:${number}`, json);
  };
}

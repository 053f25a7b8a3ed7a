/**
 * Orders sent to a broker that accepts a second order with the same client order id. Each is
 * recorded before it is sent, so that it is sent at most once across restarts.
 */
import * as z from 'zod';
import { shortHash } from '#shared/kernel/hash.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { decode, encode, storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import type { OrderInstruction } from './broker.ts';

const sentSchema = z.object({
  fingerprint: z.string(),
  sentAt: storedInstant,
  brokerOrderId: z.string().optional(),
});
export type LinkedOrder = z.output<typeof sentSchema>;

export class OrderLinks {
  private readonly redis: Database['redis'];

  constructor({ redis }: Database) {
    this.redis = redis;
  }

  /**
   * @returns true if no one has sent this client order id before; the caller may then send it, once
   */
  async claim(order: OrderInstruction, at: Instant): Promise<boolean> {
    const sent = { fingerprint: fingerprintOf(order), sentAt: at };
    const key = keys.broker.sentOrders(order.accountId);
    return (await this.redis.hsetnx(key, order.clientOrderId, encode(sent))) === 1;
  }

  async find(account: AccountId, clientOrderId: string): Promise<LinkedOrder | undefined> {
    const key = keys.broker.sentOrders(account);
    const json = await this.redis.hget(key, clientOrderId);
    return json === null ? undefined : decode(sentSchema, json, `${key} ${clientOrderId}`);
  }

  /** Stores the broker's id of an order that was sent from here; ignores any other order. */
  async link(account: AccountId, clientOrderId: string, brokerOrderId: string): Promise<void> {
    const sent = await this.find(account, clientOrderId);
    if (!sent || sent.brokerOrderId === brokerOrderId) return;
    const value = encode({ ...sent, brokerOrderId });
    await this.redis.hset(keys.broker.sentOrders(account), clientOrderId, value);
  }

  /** Client order ids by the broker's. */
  async clientIds(account: AccountId): Promise<Map<string, string>> {
    const key = keys.broker.sentOrders(account);
    const links = new Map<string, string>();
    for (const [clientOrderId, json] of Object.entries(await this.redis.hgetall(key))) {
      const { brokerOrderId } = decode(sentSchema, json, `${key} ${clientOrderId}`);
      if (brokerOrderId !== undefined) links.set(brokerOrderId, clientOrderId);
    }
    return links;
  }
}

/** Whether an order is the one that was sent. */
export function isTheSame(sent: LinkedOrder, order: OrderInstruction): boolean {
  return sent.fingerprint === fingerprintOf(order);
}

function fingerprintOf(order: OrderInstruction): string {
  const { isin, symbol, side, type, timeInForce } = order;
  const amounts = [order.quantity.normalize(), order.limitPrice, order.stopPrice].map(String);
  return shortHash({ isin, symbol, side, type, timeInForce, amounts });
}

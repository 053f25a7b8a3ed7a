/** The id of an order (the contract's trade id). */
import { shortHash } from '#shared/kernel/hash.ts';
import type { AccountId, TradeId } from '#shared/kernel/identifiers.ts';

/** The same idempotency key of an account gives the same id. */
export function tradeIdOf(account: AccountId, idempotencyKey: string): TradeId {
  return `trade-${shortHash({ account, idempotencyKey })}` as TradeId;
}

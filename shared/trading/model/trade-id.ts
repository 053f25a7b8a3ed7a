/** How a trade is named. */
import { shortHash } from '#shared/kernel/hash.ts';
import type { AccountId, TradeId } from '#shared/kernel/identifiers.ts';

/** The same caller's key always names the same trade. */
export function tradeIdOf(account: AccountId, idempotencyKey: string): TradeId {
  return `trade-${shortHash({ account, idempotencyKey })}` as TradeId;
}

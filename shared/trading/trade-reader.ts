/** What every service may read of the orders. */
import type { AccountId, TradeId } from '#shared/kernel/identifiers.ts';
import type { Trade } from './model/trade.ts';

export interface TradeReader {
  /** Orders that are not yet in a final state, oldest first. */
  liveTrades(account: AccountId): Promise<readonly Trade[]>;
  find(trade: TradeId): Promise<Trade | undefined>;
  /** Newest first. */
  history(account: AccountId): Promise<readonly Trade[]>;
}

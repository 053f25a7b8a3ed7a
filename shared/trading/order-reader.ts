/** Read access to the orders for every service. */
import type { AccountId, TradeId } from '#shared/kernel/identifiers.ts';
import type { Order } from './model/order.ts';

export interface OrderReader {
  /** Orders that are not yet in a final state, oldest first. */
  liveOrders(account: AccountId): Promise<readonly Order[]>;
  find(id: TradeId): Promise<Order | undefined>;
  /** Newest first. */
  history(account: AccountId): Promise<readonly Order[]>;
}

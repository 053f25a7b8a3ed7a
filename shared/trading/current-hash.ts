/** The current portfolio hash, to check whether a plan is still valid. */
import type { AccountId, PortfolioHash } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Order } from './model/order.ts';
import { StoredOrders } from './stored-orders.ts';
import { portfolioHash, type LiveOrder } from '#shared/portfolio/model/portfolio-hash.ts';
import { lastPolicy } from '#shared/portfolio/policy/policy-in-force.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';

export async function currentPortfolioHash(
  sources: Pick<Dependencies, 'database' | 'baseCurrency' | 'settings' | 'now'>,
  account: AccountId,
): Promise<PortfolioHash> {
  const { database, baseCurrency } = sources;
  const [book, live, { written: policy, settings }] = await Promise.all([
    new StoredBook(database, baseCurrency).book(account),
    new StoredOrders(database).liveOrders(account),
    lastPolicy(sources, account),
  ]);
  return portfolioHash(book, live.map(liveOrder), { costs: settings, policy });
}

export function liveOrder(order: Order): LiveOrder {
  return { id: order.tradeId, remaining: order.quantity.subtract(order.filledQuantity) };
}

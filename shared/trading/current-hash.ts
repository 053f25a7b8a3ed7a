/** The current portfolio hash, to check whether a plan is still valid. */
import type { AccountId, PortfolioHash } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Trade } from './model/trade.ts';
import { StoredTrades } from './stored-trades.ts';
import { portfolioHash, type LiveOrder } from '#shared/portfolio/model/portfolio-hash.ts';
import { lastPolicy } from '#shared/portfolio/policy/policy-in-force.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';

export async function currentPortfolioHash(
  sources: Pick<Dependencies, 'database' | 'baseCurrency' | 'settings' | 'now'>,
  account: AccountId,
): Promise<PortfolioHash> {
  const { database, baseCurrency } = sources;
  const [book, live, { policy, settings }] = await Promise.all([
    new StoredBook(database, baseCurrency).book(account),
    new StoredTrades(database).liveTrades(account),
    lastPolicy(sources, account),
  ]);
  return portfolioHash(book, live.map(liveOrder), { costs: settings, policy });
}

export function liveOrder(trade: Trade): LiveOrder {
  return { id: trade.tradeId, remaining: trade.quantity.subtract(trade.filledQuantity) };
}

/** The current portfolio hash, to check whether a plan is still valid. */
import type { AccountId, PortfolioHash } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Trade } from './model/trade.ts';
import { StoredTrades } from './stored-trades.ts';
import { portfolioHash, type LiveOrder } from '#shared/portfolio/model/portfolio-hash.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';

export async function currentPortfolioHash(
  {
    database,
    baseCurrency,
    settings,
  }: Pick<Dependencies, 'database' | 'baseCurrency' | 'settings'>,
  account: AccountId,
): Promise<PortfolioHash> {
  const [book, live] = await Promise.all([
    new StoredBook(database, baseCurrency).book(account),
    new StoredTrades(database).liveTrades(account),
  ]);
  return portfolioHash(book, live.map(liveOrder), settings);
}

export function liveOrder(trade: Trade): LiveOrder {
  return { id: trade.tradeId, remaining: trade.quantity.subtract(trade.filledQuantity) };
}

/** The holding in one security, as GetPositions lists it; `found` only while shares are held. */
import { Accounts } from '#shared/portfolio/accounts.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { loadAccount } from '#shared/portfolio/account-view.ts';
import { positionsOf } from '#shared/portfolio/model/valuation.ts';
import { positionMessage } from '#shared/portfolio/messages/position-message.ts';
import { statedRates } from '#shared/portfolio/used-rates.ts';
import { handle } from '#shared/runtime/handle.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(portfolio.getPosition, async ({ accountId, isin }, context) => {
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const { book, quotes, rates } = await loadAccount(context, accountId);
  const value = positionsOf(book, quotes, false).find((position) => position.isin === isin);
  if (!value) return { found: false, position: undefined, rates: [], warnings: [] };

  const security = await new StoredMarket(context.database).security(isin);
  const rate = value.seen && rates.get(value.seen.price.currency);
  const today = context.marketData.today(context.now());
  return {
    ...statedRates(new Map(rate && [[rate.from, rate]]), today),
    found: true,
    position: positionMessage(value, security, accountId, book.syncedAt),
  };
});

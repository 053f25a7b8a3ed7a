/**
 * Lists the holdings by symbol, valued at the latest stored prices. Average price and cost basis are
 * those of the FIFO lots still held, fees included. A position without a stored price is shown at
 * what it cost (`priced_at_cost`); one whose cost nobody knows has no average price.
 */
import { Accounts } from '#shared/portfolio/accounts.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { loadAccount } from '#shared/portfolio/account-view.ts';
import { positionsOf } from '#shared/portfolio/model/valuation.ts';
import { positionMessage } from '#shared/portfolio/messages/position-message.ts';
import { handle } from '#shared/runtime/handle.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(portfolio.getPositions, async (request, context) => {
  const { accountId } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const { book, quotes } = await loadAccount(context, accountId);
  const securities = await new StoredMarket(context.database).securities();
  const byIsin = new Map(securities.map((security) => [security.isin, security]));

  const positions = positionsOf(book, quotes, request.includeClosed).map((value) =>
    positionMessage(value, byIsin.get(value.isin), accountId, book.syncedAt),
  );
  return { positions, totalPositions: positions.length };
});

import { Accounts } from '#shared/portfolio/accounts.ts';
import { DAY_MS, later } from '#shared/kernel/instant.ts';
import { handle } from '#shared/runtime/handle.ts';
import { trading } from '#shared/contract/trading.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { tradeExecutionOf } from '#shared/trading/trade-wire.ts';

/** Lists trades as stored, newest first; `days` 0 is all of them, `total` counts before paging. */
export default handle(trading.getTradeHistory, async (request, context) => {
  const { accountId, days, isin, side, limit, offset } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const trades = new StoredOrders(context.database);
  const recent =
    days === 0
      ? await trades.history(accountId)
      : await trades.historySince(accountId, later(context.now(), -days * DAY_MS));
  const requested = recent.filter(
    (trade) =>
      (isin === undefined || trade.isin === isin) &&
      (side === 'TRADE_SIDE_UNSPECIFIED' || trade.side === side),
  );
  const executions = requested.slice(offset, offset + limit).map(tradeExecutionOf);
  return { executions, total: requested.length };
});

/**
 * Totals of the account in its own currency. `total_value` includes cash, in other currencies too
 * (`other_cash_value`); `total_cost` is what was paid for the shares still held, and `total_pnl` their market
 * value less that. Allocations are fractions of the total value that sum to 1, with `Cash` as an entry of its
 * own; a region is a group of countries (`regionOf`), and what is not known is `Unknown`.
 *
 * A holding that has no stored price counts at what it cost (GetPositions marks it, `warnings` name it). An
 * account with a holding whose currency has no rate is not valued: REFUSED exchange-rate-missing.
 */
import { Accounts } from '#shared/portfolio/accounts.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { loadAccount, valueWarnings } from '#shared/portfolio/account-view.ts';
import { liveOrder } from '#shared/trading/current-hash.ts';
import { allocation, regionOf } from '#shared/portfolio/model/allocation.ts';
import { portfolioHash } from '#shared/portfolio/model/portfolio-hash.ts';
import { accountValue, weightOf } from '#shared/portfolio/model/valuation.ts';
import { lastPolicy } from '#shared/portfolio/policy/policy-in-force.ts';
import { usedRates } from '#shared/portfolio/used-rates.ts';
import { handle } from '#shared/runtime/handle.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(portfolio.getSummary, async ({ accountId }, context) => {
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const view = await loadAccount(context, accountId);
  const { book, quotes, rates } = view;
  const securities = await new StoredMarket(context.database).securities();
  const live = await new StoredOrders(context.database).liveOrders(accountId);
  const { written: policy } = await lastPolicy(context, accountId);

  const value = accountValue(book, quotes, rates);
  const byIsin = new Map(securities.map((security) => [security.isin, security]));
  return {
    portfolioHash: portfolioHash(book, live.map(liveOrder), { costs: context.settings, policy }),
    totalValue: value.total.toJSON(),
    totalCost: value.cost.toJSON(),
    totalPnl: value.gain.toJSON(),
    totalPnlPct: weightOf(value.gain, value.cost) * 100,
    cashBalance: value.cash.toJSON(),
    otherCashValue: value.foreignCash.toJSON(),
    positionCount: value.values.size,
    lastUpdated: book.syncedAt === undefined ? undefined : toTimestamp(book.syncedAt),
    sectorAllocation: allocation(value, (isin) => byIsin.get(isin)?.sector),
    regionAllocation: allocation(value, (isin) => regionOf(byIsin.get(isin)?.country)),
    accountId,
    simulated: context.marketData.simulated,
    rates: usedRates(rates.values()),
    warnings: valueWarnings(view, context.marketData.today(context.now())),
  };
});

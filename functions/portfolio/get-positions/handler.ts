/**
 * Lists the holdings by symbol, valued at the latest stored prices. Average price and cost basis are those of
 * the FIFO lots still held, fees included. A position without a stored price is shown at what it cost
 * (`priced_at_cost`); one whose cost nobody knows has no average price. `total_value` is all of them in the
 * account's currency, to the cent as in GetSummary; unset where a rate is missing, which `warnings` names.
 */
import { Accounts } from '#shared/portfolio/accounts.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { loadAccount, valueWarnings, type AccountView } from '#shared/portfolio/account-view.ts';
import { accountValue, positionsOf } from '#shared/portfolio/model/valuation.ts';
import { positionMessage } from '#shared/portfolio/messages/position-message.ts';
import { usedRates } from '#shared/portfolio/used-rates.ts';
import { handle } from '#shared/runtime/handle.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(portfolio.getPositions, async (request, context) => {
  const { accountId } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const view = await loadAccount(context, accountId);
  const { book, quotes, rates } = view;
  const securities = await new StoredMarket(context.database).securities();
  const byIsin = new Map(securities.map((security) => [security.isin, security]));

  const positions = positionsOf(book, quotes, request.includeClosed).map((value) =>
    positionMessage(value, byIsin.get(value.isin), accountId, book.syncedAt),
  );
  const missing = currenciesWithoutRate(view);
  const value = missing.length === 0 ? accountValue(book, quotes, rates) : undefined;
  return {
    ...{ positions, totalPositions: positions.length },
    totalValue: value?.total.subtract(value.cash).toJSON(),
    rates: usedRates(rates.values()),
    warnings: [
      ...missing.map((from) => `There is no exchange rate from ${from} to ${book.currency}.`),
      ...valueWarnings(view, context.marketData.today(context.now())),
    ],
  };
});

function currenciesWithoutRate({ book, quotes, rates }: AccountView): readonly Currency[] {
  const held = positionsOf(book, quotes, false).flatMap(({ seen }) => seen?.price.currency ?? []);
  return [...new Set(held)].filter((currency) => !rates.has(currency)).sort();
}

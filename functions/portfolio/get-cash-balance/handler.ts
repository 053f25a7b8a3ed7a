/**
 * Cash of the account, and what of it is free to trade: cash less what live orders hold back less the
 * policy's minimum (a share of the total value, or an amount where that is more), never below 0. Cash in other
 * currencies counts in that value and pays for no order. Without a value there is no minimum to keep: REFUSED
 * exchange-rate-missing. Pending movements are those that the broker states;
 * a deposit that was announced here and that it does not show yet counts, too.
 */
import { pendingDeposits } from '#shared/gateway/model/pending-deposits.ts';
import { StoredDeposits } from '#shared/gateway/stored-deposits.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import type { Book } from '#shared/portfolio/model/book.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { convertWith } from '#shared/kernel/exchange-rate.ts';
import { Money } from '#shared/kernel/money.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { loadAccount, valueWarnings, type AccountView } from '#shared/portfolio/account-view.ts';
import { accountValue } from '#shared/portfolio/model/valuation.ts';
import { cashReserveOf } from '#shared/portfolio/model/policy/policy-cash.ts';
import { lastPolicy } from '#shared/portfolio/policy/policy-in-force.ts';
import type { Context } from '#shared/runtime/context.ts';
import { usedRates } from '#shared/portfolio/used-rates.ts';
import { handle } from '#shared/runtime/handle.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';

export default handle(portfolio.getCashBalance, async ({ accountId }, context) => {
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const view = await loadAccount(context, accountId);
  const { book, quotes, rates } = view;
  const live = await new StoredOrders(context.database).liveOrders(accountId);

  const { total } = accountValue(book, quotes, rates);
  const reserved = Money.sum(
    live.map((trade) => trade.reserved),
    book.currency,
  );
  const { policy } = await lastPolicy(context, accountId);
  const minimumReserve = cashReserveOf(policy, total);
  const free = book.cash.subtract(reserved).subtract(minimumReserve);
  return {
    cashBalance: book.cash.toJSON(),
    pendingDeposits: larger(book.pendingDeposits, await announcedOf(context, accountId, book)),
    pendingWithdrawals: book.pendingWithdrawals.toJSON(),
    availableForTrading: (free.sign > 0 ? free : Money.zero(book.currency)).toJSON(),
    reserved: reserved.toJSON(),
    minimumReserve: minimumReserve.toJSON(),
    otherBalances: otherBalances(view),
    rates: usedRates(rates.values()),
    warnings: valueWarnings(view, context.marketData.today(context.now())),
  };
});

/** Announced deposits that the broker's statement has not shown; they are no cash yet. */
async function announcedOf({ database, now }: Context, accountId: AccountId, { currency }: Book) {
  const announced = await new StoredDeposits(database).announced(accountId);
  if (announced.length === 0) return Money.zero(currency);
  const ledger = await new StoredBook(database, currency).ledger(accountId);
  const came = ledger.filter(({ kind }) => kind === 'deposit' || kind === 'external-cash');
  return pendingDeposits(announced, came, currency, now());
}

/** What is announced and what the broker states may be the same deposit. */
function larger(one: Money, other: Money) {
  return (one.compare(other) < 0 ? other : one).toJSON();
}

function otherBalances({ book: { foreignCash = [] }, rates }: AccountView) {
  return foreignCash.map((cash) => ({
    cash: cash.toJSON(),
    value: rates.has(cash.currency) ? convertWith(cash, rates, 'half-even').toJSON() : undefined,
    rate: usedRates([rates.get(cash.currency) ?? []].flat())[0],
  }));
}

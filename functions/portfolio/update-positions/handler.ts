/**
 * Makes the book agree with the broker's statement: books every fill and flow it has not booked yet,
 * and what nobody here traded as external. Book, ledger and the day's valuation change together.
 *
 * The broker is not asked while the last query is younger than a minute, unless forced. `positions`
 * are the caller's statement of what the account holds: a simulated account adopts them by transfers;
 * on any other, a difference from the broker is REFUSED statement-differs. Running it twice books
 * nothing twice: lines are known by their ids, and a book changed meanwhile is read again.
 *
 * At a broker that keeps the account itself, what is external in the first sync of a process (or with
 * `start_up_check`) is a difference that stops trading; later syncs that take it back end it.
 */
import { Accounts } from '#shared/portfolio/accounts.ts';
import type { BrokerStatement } from '#shared/clients/broker/broker.ts';
import { conflict } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { MINUTE_MS } from '#shared/kernel/instant.ts';
import { loadPrices, type Prices } from '#shared/portfolio/account-view.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import type { Book } from '#shared/portfolio/model/book.ts';
import { reconcile } from '#shared/portfolio/model/reconciliation/reconcile.ts';
import type { Reconciliation } from '#shared/portfolio/model/reconciliation/reconcile.ts';
import { worthOf, valuationOn } from '#shared/portfolio/model/valuation.ts';
import { lastPolicy } from '#shared/portfolio/policy/policy-in-force.ts';
import { refreshOrderRules } from '#shared/portfolio/order-rules.ts';
import { ledgerToCompare } from '#shared/portfolio/reconciliation/ledger-to-compare.ts';
import { StartUpGate } from '#shared/portfolio/reconciliation/start-up-gate.ts';
import { PortfolioStore } from '#shared/portfolio/portfolio-store.ts';
import {
  requireAllNamed,
  requireSameHoldings,
  statedHoldings,
  type StatedHolding,
} from '#shared/portfolio/stated-holdings.ts';
import { syncMessage } from '#shared/portfolio/messages/sync-message.ts';
import type { Context } from '#shared/runtime/context.ts';
import { handle } from '#shared/runtime/handle.ts';

const FRESH_MS = MINUTE_MS;
const TRIES_MAX = 5;

export default handle(portfolio.updatePositions, async (request, context) => {
  const { accountId } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const stated = request.positions.length > 0 ? statedHoldings(request.positions) : undefined;
  const store = new PortfolioStore(context.database, context.baseCurrency);

  const { book } = await store.load(accountId);
  if (stated && context.broker.funding && !request.removeMissing) {
    const { holdings } = await context.broker.statement(accountId, context.signal);
    requireAllNamed(holdings, request.positions);
  }
  const gate = new StartUpGate(context, accountId, request.startUpCheck);
  if (!stated && !request.forceSync && !gate.isDue && isFresh(book, context))
    return syncMessage(book, unchanged(book), await gate.open());
  if (stated) await context.broker.funding?.adopt(accountId, stated, context.signal);

  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    const known = await gate.load();
    const loaded = await store.load(accountId);
    const { book: before } = loaded;
    // Taken after the book was read: the statement is never older than the book it corrects.
    const statement = await takeStatement(accountId, stated, context);
    const isins = isinsOf(before, statement);
    const prices = await loadPrices(context, isins, before);
    const worth = worthOf(prices.quotes, prices.rates);
    const { lotMethod } = (await lastPolicy(context, accountId)).settings;
    const ledger = await ledgerToCompare(context, accountId, statement, before, lotMethod);
    const next = reconcile(before, statement, worth, {
      recordedAt: context.now(),
      ...{ lotMethod, ledger },
      source: `broker:${context.broker.name}`,
    });
    const after = next.actionsBooked > 0 ? await loadPrices(context, isins, next.book) : prices;
    const valuation = valuationNow(next.book, after, context);
    const found = gate.after(known, before, next.entries);
    const change = found && gate.change(known, found);
    if (!(await store.save(loaded, next.book, next.entries, valuation, change))) continue;
    gate.passed(found);
    await refreshOrderRules(context);
    return syncMessage(before, next, found ?? known.found);
  }
  throw conflict('Someone else keeps changing this account.', { accountId });
});

function isFresh({ syncedAt }: Book, context: Context): boolean {
  // A sync of the future is of a clock that was set back since.
  return syncedAt !== undefined && Math.abs(context.now() - syncedAt) < FRESH_MS;
}

async function takeStatement(
  accountId: AccountId,
  stated: readonly StatedHolding[] | undefined,
  { broker, signal }: Context,
): Promise<BrokerStatement> {
  const statement = await broker.statement(accountId, signal);
  if (stated && !broker.funding) requireSameHoldings(stated, statement.holdings);
  return statement;
}

function isinsOf(book: Book, { holdings }: BrokerStatement) {
  return [...new Set([...book.holdings.keys(), ...holdings.map((holding) => holding.isin)])];
}

function valuationNow(book: Book, { quotes, rates }: Prices, context: Context) {
  const now = context.now();
  return valuationOn(context.marketData.today(now), book, quotes, rates, now);
}

function unchanged(book: Book): Reconciliation {
  const none = { fillsBooked: 0, flowsBooked: 0, actionsBooked: 0, externalBooked: 0 };
  return { book, entries: [], ...none, warnings: [] };
}

/**
 * Shows what a file of transactions would book, and with `apply` books it at a simulated broker: all of
 * it or none. Each row is booked once, by its own id or its content, so the same file again changes
 * nothing. Rows that cannot be placed are named with the reason, and never booked.
 *
 * @throws Failure INVALID_REQUEST for a file of no known format; REFUSED insufficient-cash where the
 * account would be short at the end, broker-books where the broker's money is real
 */
import { storedActions } from '#shared/clients/stored-actions.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { bookAtBroker } from '#shared/portfolio/book-at-broker.ts';
import { importMessage } from '#shared/portfolio/messages/import-message.ts';
import { importPlan, isinsIn } from '#shared/portfolio/import/import-plan.ts';
import { readImport } from '#shared/portfolio/import/read-import.ts';
import { ratesInto } from '#shared/portfolio/load-prices.ts';
import { actionsInForce } from '#shared/portfolio/model/undone-lines.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { handle } from '#shared/runtime/handle.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(portfolio.importTransactions, async (request, context) => {
  const { accountId, content, apply } = request;
  const { database, baseCurrency } = context;
  await new Accounts(database, baseCurrency).require(accountId);
  const stored = new StoredBook(database, baseCurrency);
  const [book, ledger, securities] = await Promise.all([
    stored.book(accountId),
    stored.ledger(accountId),
    new StoredMarket(database).securities(),
  ]);
  const bySymbol = new Map(securities.map((one) => [one.symbol.toUpperCase(), one.isin]));
  const file = readImport(content);
  const isinOf = (symbol: string) => bySymbol.get(symbol.toUpperCase());
  const lines = new Map(ledger.map((line) => [line.id, line]));
  const plan = importPlan(file, {
    ...{ book, isinOf, now: context.now() },
    lineOf: (id) => lines.get(id),
    bookedActions: actionsInForce(ledger),
    declared: await storedActions(database, isinsIn(file, isinOf)),
    rateOf: await ratesInto(new StoredMarket(database), baseCurrency, file.currencies),
  });
  const applies = apply && plan.movements.length + plan.actions.length > 0;
  if (applies) await bookAtBroker(context, accountId, plan);
  return importMessage(plan, book, applies);
});

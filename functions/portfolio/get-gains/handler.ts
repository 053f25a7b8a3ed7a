/**
 * Realised gains by lot, income, and the totals of each tax year under the rules of the account's policy
 * (`tax`). Income in another currency counts at the rate that the broker stated, else at its day's. The gains
 * are exact and come from the ledger; the tax is an estimate by those rules alone.
 */
import { portfolio } from '#shared/contract/portfolio.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { taxReport } from '#shared/portfolio/model/tax/tax-report.ts';
import { taxWarnings } from '#shared/portfolio/model/tax/tax-warnings.ts';
import { ledgerInBase } from '#shared/portfolio/other-cash.ts';
import { lastPolicy } from '#shared/portfolio/policy/policy-in-force.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { taxMessage } from '#shared/portfolio/messages/tax-message.ts';
import { handle } from '#shared/runtime/handle.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(portfolio.getGains, async ({ accountId, taxYear }, context) => {
  const { database, baseCurrency, marketData } = context;
  await new Accounts(database, baseCurrency).require(accountId);
  const books = new StoredBook(database, baseCurrency);
  const [book, ledger] = [await books.book(accountId), await books.ledger(accountId)];
  const { tax } = (await lastPolicy(context, accountId)).policy;
  const inBase = await ledgerInBase(new StoredMarket(database), ledger, book.currency);
  const report = taxReport(inBase.lines, book.currency, tax);
  const today = marketData.today(context.now());
  const warnings = taxWarnings(book, ledger, report.lots, tax, today);
  return taxMessage(report, taxYear, [...inBase.warnings, ...warnings.map(({ text }) => text)]);
});

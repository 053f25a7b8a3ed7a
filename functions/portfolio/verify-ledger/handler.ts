/**
 * Checks an account's ledger: each line against its hash and the line before, its postings against
 * zero, the book against all lines, and the broker's statement against the book. It names the first
 * line that is wrong, and changes nothing. What the broker executed since the last sync is no error.
 *
 * @throws Failure UNAVAILABLE while the broker does not answer, unless `without_broker` is set
 */
import { portfolio } from '#shared/contract/portfolio.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { checkLedger, statementFindings } from '#shared/portfolio/ledger-check.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(portfolio.verifyLedger, async ({ accountId, withoutBroker }, context) => {
  const { database, baseCurrency, broker, signal } = context;
  await new Accounts(database, baseCurrency).require(accountId);
  const reader = new StoredBook(database, baseCurrency);
  const [chain, book] = await Promise.all([reader.chain(accountId), reader.book(accountId)]);
  const { head, unchained, finding } = checkLedger(chain, book);
  const statement = withoutBroker ? undefined : await broker.statement(accountId, signal);
  const findings = [
    ...(finding ? [finding] : []),
    ...(statement ? statementFindings(book, statement) : []),
  ];
  return {
    correct: findings.length === 0,
    lines: chain.lines.length,
    headHash: head.hash,
    linesBeforeChain: unchained,
    findings,
  };
});

/**
 * Checks an account's ledger: each line against its hash and the line before, its postings against
 * zero, the book against all lines, the recorded values against their hashes, and the broker's statement against
 * the book. It names the first line that is wrong, and changes nothing. What the broker executed since the last sync is no error.
 *
 * @throws Failure UNAVAILABLE while the broker does not answer, unless `without_broker` is set
 */
import type { BrokerStatement } from '#shared/clients/broker/broker.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import {
  bookedOtherwise,
  checkLedger,
  statementFindings,
  valuationFinding,
  type LedgerFinding,
} from '#shared/portfolio/ledger-check.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(portfolio.verifyLedger, async ({ accountId, withoutBroker }, context) => {
  const { database, baseCurrency, broker, signal } = context;
  await new Accounts(database, baseCurrency).require(accountId);
  const reader = new StoredBook(database, baseCurrency);
  const chain = await reader.chain(accountId);
  const { head, unchained, posted, finding } = checkLedger(chain);
  const value = valuationFinding(await reader.valuationTexts(accountId));
  const isReadable = chain.unreadable === undefined;
  const statement =
    withoutBroker || !isReadable
      ? []
      : await statementChecked(
          () => broker.statement(accountId, signal),
          (stated) => [
            ...statementFindings(chain.book, stated),
            ...(broker.simulated ? bookedOtherwise(posted, stated) : []),
          ],
        );
  const findings = [...(finding ? [finding] : []), ...(value ? [value] : []), ...statement];
  return {
    correct: findings.length === 0,
    lines: chain.lines.length,
    headHash: head.hash,
    linesBeforeChain: unchained,
    findings,
  };
});

/** A simulated broker's record that cannot be read is a finding, as what it says is. */
async function statementChecked(
  read: () => Promise<BrokerStatement>,
  check: (statement: BrokerStatement) => readonly LedgerFinding[],
): Promise<readonly LedgerFinding[]> {
  try {
    return check(await read());
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    if (code !== 'DATA_CORRUPT') throw thrown;
    return [
      {
        ...{ check: 'statement', sequence: 0, lineId: '' },
        message: `the broker's statement cannot be read: ${message}`,
      },
    ];
  }
}

/**
 * The whole ledger in double entry: csv with a row a posting, or a journal for beancount or hledger,
 * which both check it. Shares are carried at cost, lot by lot.
 *
 * @throws Failure DATA_CORRUPT for a ledger that is not in order; VerifyLedger says where
 */
import { portfolio } from '#shared/contract/portfolio.ts';
import { dataCorrupt } from '#shared/kernel/failure.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { checkLedger } from '#shared/portfolio/ledger-check.ts';
import { beancountText } from '#shared/portfolio/model/export/beancount.ts';
import { csvText } from '#shared/portfolio/model/export/csv.ts';
import { hledgerText } from '#shared/portfolio/model/export/hledger.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { handle } from '#shared/runtime/handle.ts';

const writers = {
  csv: { write: csvText, extension: 'csv' },
  beancount: { write: beancountText, extension: 'beancount' },
  hledger: { write: hledgerText, extension: 'journal' },
};

export default handle(portfolio.exportLedger, async ({ accountId, format }, context) => {
  const { database, baseCurrency } = context;
  await new Accounts(database, baseCurrency).require(accountId);
  const reader = new StoredBook(database, baseCurrency);
  const [chain, book] = await Promise.all([reader.chain(accountId), reader.book(accountId)]);
  const { posted, finding } = checkLedger(chain);
  if (finding)
    throw dataCorrupt(`The ledger of ${accountId}`, `line ${finding.sequence}: ${finding.message}`);
  const { write, extension } = writers[format];
  return {
    content: write(posted, book),
    lines: posted.length,
    fileName: `ledger-${accountId}.${extension}`,
  };
});

/**
 * A year of an account, entered by the operations on the days it happened, and once more by hand as a beancount
 * journal that knows nothing of them: every balance and every gain is the same.
 */
import exportLedger from '../../../functions/portfolio/export-ledger/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import {
  beancountErrors,
  hledgerBalances,
  hledgerErrors,
  missingBeancount,
  missingHledger,
} from '../../support/brokers/ledger-programs.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import { testNeeding } from '../../support/needing.ts';
import { expectJournal } from './journal-by-hand.ts';
import { ask, openAccount } from './portfolio-fixture.ts';
import {
  act,
  eur,
  live,
  move,
  pays,
  ratio,
  trade,
  transfer,
  undoDeposit,
  type Event,
} from './year-steps.ts';

/** ALPHA under its new ISIN, and what BETA spins off. */
const [RENAMED, SPUN] = [parseIsin('DE0005190003'), parseIsin('US5949181045')];

const months = ['03', '04', '05', '06', '07', '08', '09', '10', '11', '12'];

const events: readonly Event[] = [
  ['2024-03-05', move('deposit', '500')],
  ['2024-03-06', trade('buy', ALPHA, 10, '100 EUR', '-1001.00', '1.00')],
  ['2024-03-07', trade('buy', BETA, 50, '20 USD', '-905.00', '5.00')],
  ['2024-03-11', move('deposit', '50000')],
  ['2024-03-12', undoDeposit('50000')],
  ['2024-03-13', move('deposit', '5000')],
  ['2024-03-14', move('fee', '4.90')],
  ['2024-03-18', move('interest', '1.23')],
  ['2024-03-20', trade('buy', ALPHA, 5, '104 EUR', '-520.50', '0.50')],
  ['2024-03-22', act('dividend', BETA, pays('0.20', 'USD', '0.15'))],
  ['2024-04-02', trade('sell', ALPHA, 4, '110 EUR', '439.00', '1.00')],
  ['2024-04-10', trade('buy', BETA, 50, '22 USD', '-995.00', '5.00')],
  ['2024-04-15', move('interest', '-0.80')],
  ['2024-05-02', transfer('transfer-in', GAMMA, 20, eur('6'))],
  ['2024-05-06', act('split', ALPHA, ratio('4', '1'))],
  ['2024-05-10', trade('sell', ALPHA, 10, '27.5 EUR', '274.00', '1.00')],
  ['2024-05-20', act('dividend', ALPHA, pays('0.40', 'EUR', '0.25'))],
  ['2024-06-10', trade('buy', ALPHA, 16, '28 EUR', '-449.00', '1.00')],
  ['2024-06-17', move('withdrawal', '200')],
  ['2024-07-01', act('rename', ALPHA, { newIsin: RENAMED, newSymbol: 'RENAMED' })],
  ['2024-07-08', trade('sell', RENAMED, 24, '30 EUR', '719.00', '1.00')],
  ['2024-08-01', act('dividend', RENAMED, pays('0.30', 'EUR', '0.25'))],
  ['2024-08-05', trade('buy', BETA, 20, '25 USD', '-455.00', '5.00')],
  ['2024-09-02', act('split', BETA, ratio('1', '10'))],
  ['2024-09-10', trade('sell', BETA, 6, '260 USD', '1399.00', '5.00')],
  ['2024-09-16', move('interest', '2.10')],
  [
    '2024-10-01',
    act('spin-off', BETA, {
      ...ratio('1', '2'),
      ...{ newIsin: SPUN, newSymbol: 'SPUN', costRatio: Decimal.parse('0.2') },
    }),
  ],
  ['2024-10-07', trade('sell', SPUN, 1, '120 USD', '107.00', '1.00')],
  ['2024-10-15', act('dividend', BETA, pays('1.00', 'USD', '0.15'))],
  ['2024-11-04', transfer('transfer-out', GAMMA, 5)],
  ['2024-11-05', move('dividend', '3.30', { isin: GAMMA })],
  ['2024-11-06', move('tax', '0.33', { isin: GAMMA })],
  ['2024-12-02', trade('sell', GAMMA, 10, '6 GBP', '71.00', '1.00')],
  ...months.map((month): Event => [`2024-${month}-25`, move('deposit', '100')]),
  ...months.map((month): Event => [`2024-${month}-26`, move('fee', '0.99')]),
  ['2025-02-03', trade('sell', RENAMED, 10, '31 EUR', '309.00', '1.00')],
  ['2025-02-10', trade('sell', BETA, 1, '300 USD', '265.00', '5.00')],
  ['2025-02-14', move('tax', '-1.00', { isin: BETA })],
  ['2025-03-03', move('withdrawal', '750')],
].toSorted(([a], [b]) => (a < b ? -1 : 1)) as readonly Event[];

const monthly = months
  .map(
    (month) => `2024-${month}-25 * "savings"
  Assets:Cash  100 EUR
  Equity:Deposits
2024-${month}-26 * "custody"
  Expenses:Fees  0.99 EUR
  Assets:Cash
`,
  )
  .join('');

/** By hand, from the same year's papers. Lots are taken first in, first out. */
const byHand = `option "operating_currency" "EUR"
2024-01-01 open Assets:Cash EUR
2024-01-01 open Assets:Alpha ALPHA "FIFO"
2024-01-01 open Assets:Renamed RENAMED "FIFO"
2024-01-01 open Assets:Beta BETA "FIFO"
2024-01-01 open Assets:Gamma GAMMA "FIFO"
2024-01-01 open Assets:Spun SPUN "FIFO"
2024-01-01 open Equity:Deposits
2024-01-01 open Equity:Transfers
2024-01-01 open Income:Dividends
2024-01-01 open Income:Interest
2024-01-01 open Income:Gains
2024-01-01 open Expenses:Fees
2024-01-01 open Expenses:Tax
2024-03-04 * "opened with"
  Assets:Cash  10000 EUR
  Equity:Deposits
2024-03-05 * "deposit"
  Assets:Cash  500 EUR
  Equity:Deposits
2024-03-06 * "10 ALPHA at 100, fee 1"
  Assets:Alpha  10 ALPHA {100.10 EUR}
  Assets:Cash  -1001.00 EUR
2024-03-07 * "50 BETA at USD 20, 0.9, fee 5"
  Assets:Beta  50 BETA {18.10 EUR}
  Assets:Cash  -905.00 EUR
2024-03-13 * "deposit"
  Assets:Cash  5000 EUR
  Equity:Deposits
2024-03-14 * "fee"
  Expenses:Fees  4.90 EUR
  Assets:Cash
2024-03-18 * "interest"
  Assets:Cash  1.23 EUR
  Income:Interest
2024-03-20 * "5 ALPHA at 104, fee 0.50"
  Assets:Alpha  5 ALPHA {104.10 EUR}
  Assets:Cash  -520.50 EUR
2024-03-22 * "USD 0.20 on 50 BETA, 15 % withheld"
  Income:Dividends  -9.00 EUR
  Expenses:Tax  1.35 EUR
  Assets:Cash
2024-04-02 * "sold 4 ALPHA"
  Assets:Alpha  -4 ALPHA {}
  Assets:Cash  439.00 EUR
  Income:Gains
2024-04-10 * "50 BETA at USD 22"
  Assets:Beta  50 BETA {19.90 EUR}
  Assets:Cash  -995.00 EUR
2024-04-15 * "debit interest"
  Income:Interest  0.80 EUR
  Assets:Cash
2024-05-02 * "20 GAMMA delivered at 6"
  Assets:Gamma  20 GAMMA {6.00 EUR}
  Equity:Transfers
2024-05-06 * "4:1"
  Assets:Alpha  -6 ALPHA {100.10 EUR}
  Assets:Alpha  -5 ALPHA {104.10 EUR}
  Assets:Alpha  24 ALPHA {25.025 EUR, 2024-03-06}
  Assets:Alpha  20 ALPHA {26.025 EUR, 2024-03-20}
2024-05-10 * "sold 10 ALPHA"
  Assets:Alpha  -10 ALPHA {}
  Assets:Cash  274.00 EUR
  Income:Gains
2024-05-20 * "0.40 on 34 ALPHA, a quarter withheld"
  Income:Dividends  -13.60 EUR
  Expenses:Tax  3.40 EUR
  Assets:Cash
2024-06-10 * "16 ALPHA at 28"
  Assets:Alpha  16 ALPHA {28.0625 EUR}
  Assets:Cash  -449.00 EUR
2024-06-17 * "withdrawal"
  Equity:Deposits  200 EUR
  Assets:Cash
2024-07-01 * "a new ISIN"
  Assets:Alpha  -14 ALPHA {25.025 EUR}
  Assets:Alpha  -20 ALPHA {26.025 EUR}
  Assets:Alpha  -16 ALPHA {28.0625 EUR}
  Assets:Renamed  14 RENAMED {25.025 EUR, 2024-03-06}
  Assets:Renamed  20 RENAMED {26.025 EUR, 2024-03-20}
  Assets:Renamed  16 RENAMED {28.0625 EUR, 2024-06-10}
2024-07-08 * "sold 24"
  Assets:Renamed  -24 RENAMED {}
  Assets:Cash  719.00 EUR
  Income:Gains
2024-08-01 * "0.30 on 26, a quarter withheld"
  Income:Dividends  -7.80 EUR
  Expenses:Tax  1.95 EUR
  Assets:Cash
2024-08-05 * "20 BETA at USD 25"
  Assets:Beta  20 BETA {22.75 EUR}
  Assets:Cash  -455.00 EUR
2024-09-02 * "1:10"
  Assets:Beta  -50 BETA {18.10 EUR}
  Assets:Beta  -50 BETA {19.90 EUR}
  Assets:Beta  -20 BETA {22.75 EUR}
  Assets:Beta  5 BETA {181.00 EUR, 2024-03-07}
  Assets:Beta  5 BETA {199.00 EUR, 2024-04-10}
  Assets:Beta  2 BETA {227.50 EUR, 2024-08-05}
2024-09-10 * "sold 6 BETA"
  Assets:Beta  -6 BETA {}
  Assets:Cash  1399.00 EUR
  Income:Gains
2024-09-16 * "interest"
  Assets:Cash  2.10 EUR
  Income:Interest
2024-10-01 * "one SPUN for two BETA, a fifth of the cost"
  Assets:Beta  -4 BETA {199.00 EUR}
  Assets:Beta  -2 BETA {227.50 EUR}
  Assets:Beta  4 BETA {159.20 EUR, 2024-04-10}
  Assets:Beta  2 BETA {182.00 EUR, 2024-08-05}
  Assets:Spun  2 SPUN {79.60 EUR, 2024-04-10}
  Assets:Spun  1 SPUN {91.00 EUR, 2024-08-05}
2024-10-07 * "sold 1 SPUN"
  Assets:Spun  -1 SPUN {}
  Assets:Cash  107.00 EUR
  Income:Gains
2024-10-15 * "USD 1 on 6 BETA, 15 % withheld"
  Income:Dividends  -5.40 EUR
  Expenses:Tax  0.81 EUR
  Assets:Cash
2024-11-04 * "5 GAMMA delivered out"
  Assets:Gamma  -5 GAMMA {}
  Equity:Transfers
2024-11-05 * "dividend"
  Assets:Cash  3.30 EUR
  Income:Dividends
2024-11-06 * "withheld"
  Expenses:Tax  0.33 EUR
  Assets:Cash
2024-12-02 * "sold 10 GAMMA"
  Assets:Gamma  -10 GAMMA {}
  Assets:Cash  71.00 EUR
  Income:Gains
${monthly}2025-02-03 * "sold 10"
  Assets:Renamed  -10 RENAMED {}
  Assets:Cash  309.00 EUR
  Income:Gains
2025-02-10 * "sold 1 BETA"
  Assets:Beta  -1 BETA {}
  Assets:Cash  265.00 EUR
  Income:Gains
2025-02-14 * "tax refunded"
  Assets:Cash  1.00 EUR
  Expenses:Tax
2025-03-03 * "withdrawal"
  Equity:Deposits  750 EUR
  Assets:Cash
`;

const holdings = {
  [RENAMED]: 'Assets:Renamed',
  [BETA]: 'Assets:Beta',
  [GAMMA]: 'Assets:Gamma',
  [SPUN]: 'Assets:Spun',
} as const;

describe('a year of an account', () => {
  let redis: TestRedis;
  let on: PaperFixture;
  const reader = () => new StoredBook(on.dependencies.database, on.dependencies.baseCurrency);
  const exported = async (format: string) =>
    ((await ask(exportLedger, on, { format })).body as { content: string }).content;

  beforeAll(async () => {
    redis = await startTestRedis();
    on = await openAccount(redis, { PAPER_OPENING_CASH: '10000' });
    await live(on, events);
  });
  afterAll(async () => {
    await on.dependencies.close();
    await redis.stop();
  });

  it('has at least sixty events, and its ledger is in order', async () => {
    const { body } = await ask(verifyLedger, on);
    expect(body).toMatchObject({ correct: true, findings: [] });
    expect(body.lines).toBeGreaterThanOrEqual(60);
  });

  testNeeding(missingBeancount, 'has the balances and gains of the journal by hand', async () => {
    await expectJournal(on, byHand, holdings);
  });

  testNeeding(missingBeancount, 'is exported in order for beancount, actions and all', async () => {
    expect(await beancountErrors(await exported('beancount'))).toBe('');
  });

  testNeeding(
    missingHledger,
    'is exported in order for hledger, which finds the same cash',
    async () => {
      const journal = await exported('hledger');
      expect(await hledgerErrors(journal)).toBe('');
      const { cash } = await reader().book(DEFAULT_ACCOUNT);
      expect(await hledgerBalances(journal)).toContain(`"assets:cash","${cash.amount} EUR"`);
    },
  );
});

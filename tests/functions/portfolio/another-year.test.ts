/**
 * Another year of an account: two currencies, fractions that stay and fractions that are paid, a merger for
 * shares and cash, one whose cash lowers the cost, a taxable stock dividend, a delisting. By the operations,
 * and by hand for beancount.
 */
import getGains from '../../../functions/portfolio/get-gains/handler.ts';
import exportLedger from '../../../functions/portfolio/export-ledger/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { Price } from '#shared/kernel/price.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import {
  beancountErrors,
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

const [SPUN, FUSED] = [parseIsin('US5949181045'), parseIsin('US0231351067')];
const [NEWG, BETA2] = [parseIsin('GB00BH4HKS39'), parseIsin('US02079K3059')];

const price = (amount: string, currency: string) => Price.parse(amount, currency);
const months = ['03', '04', '05', '06', '07', '08', '09', '10', '11', '12'];

const events: readonly Event[] = [
  ['2024-03-05', move('deposit', '800')],
  ['2024-03-06', trade('buy', ALPHA, 13, '89.5 EUR', '-1170.00', '6.50')],
  ['2024-03-07', trade('buy', ALPHA, 4, '104 EUR', '-420.00', '4.00')],
  ['2024-03-11', move('deposit', '7000')],
  ['2024-03-12', undoDeposit('7000')],
  ['2024-03-13', trade('buy', BETA, 30, '40 USD', '-1080.00', '0.00')],
  ['2024-03-14', trade('buy', GAMMA, 100, '5 GBP', '-630.00', '30.00')],
  ['2024-03-15', trade('buy', BETA, 10, '50 USD', '-455.00', '5.00')],
  ['2024-04-02', act('split', ALPHA, ratio('3', '2'))],
  ['2024-04-03', act('dividend', GAMMA, pays('0.10', 'GBP', '0.2'))],
  ['2024-04-10', trade('sell', ALPHA, 7.5, '70 EUR', '524.00', '1.00')],
  ['2024-04-15', act('dividend', BETA, pays('0.50', 'USD', '0.15'))],
  ['2024-05-02', transfer('transfer-in', GAMMA, 20, eur('7'))],
  ['2024-05-06', act('split', ALPHA, { ...ratio('1', '5'), fractionPrice: price('340', 'EUR') })],
  ['2024-05-20', trade('sell', BETA, 2, '60 USD', '105.00', '3.00')],
  [
    '2024-06-03',
    act('spin-off', BETA, {
      ...{ ...ratio('1', '4'), newIsin: SPUN, newSymbol: 'SPUN' },
      ...{ costRatio: Decimal.parse('0.25'), fractionPrice: price('30', 'USD') },
    }),
  ],
  ['2024-06-10', trade('sell', SPUN, 6.5, '50 EUR', '324.00', '1.00')],
  [
    '2024-07-01',
    act('merger', GAMMA, {
      ...{ ...ratio('1', '4'), newIsin: NEWG, newSymbol: 'NEWG' },
      ...{ amount: price('1.50', 'GBP'), costRatio: Decimal.parse('0.2') },
    }),
  ],
  [
    '2024-07-08',
    act('merger', SPUN, {
      ...{ ...ratio('2', '1'), newIsin: FUSED, newSymbol: 'FUSED' },
      amount: price('2', 'USD'),
    }),
  ],
  ['2024-07-15', trade('sell', FUSED, 3, '25 EUR', '74.00', '1.00')],
  ['2024-08-01', act('delisting', FUSED)],
  ['2024-08-05', act('stock-dividend', NEWG, { ...ratio('1', '10'), amount: price('20', 'EUR') })],
  ['2024-09-02', act('rename', BETA, { newIsin: BETA2, newSymbol: 'BETA2' })],
  ['2024-09-10', act('dividend', NEWG, pays('0.30', 'GBP', '0.25'))],
  ['2024-09-16', move('interest', '-3.33')],
  ['2024-10-01', transfer('transfer-out', NEWG, 5)],
  ['2024-10-07', trade('sell', BETA2, 30, '45 USD', '1212.50', '2.50')],
  ['2024-11-05', move('tax', '12.34', { isin: BETA2 })],
  ['2024-12-02', move('withdrawal', '300')],
  ...months.map((month): Event => [`2024-${month}-25`, move('deposit', '50.05')]),
  ...months.map((month): Event => [`2024-${month}-26`, move('fee', '1.95')]),
  ...months.map((month): Event => [`2024-${month}-27`, move('interest', '0.07')]),
  ['2025-01-10', trade('sell', ALPHA, 2, '310 EUR', '615.00', '5.00')],
].toSorted(([a], [b]) => (a < b ? -1 : 1)) as readonly Event[];

const monthly = months
  .map(
    (month) => `2024-${month}-25 * "savings"
  Assets:Cash  50.05 EUR
  Equity:Deposits
2024-${month}-26 * "custody"
  Expenses:Fees  1.95 EUR
  Assets:Cash
2024-${month}-27 * "interest"
  Assets:Cash  0.07 EUR
  Income:Interest
`,
  )
  .join('');

/** By hand. Lots are taken first in, first out; what a fraction is paid is a sale of it. */
const byHand = `option "operating_currency" "EUR"
2024-01-01 open Assets:Cash EUR
2024-01-01 open Assets:Alpha ALPHA "FIFO"
2024-01-01 open Assets:Beta BETA "FIFO"
2024-01-01 open Assets:Betb BETB "FIFO"
2024-01-01 open Assets:Gamma GAMMA "FIFO"
2024-01-01 open Assets:Newg NEWG "FIFO"
2024-01-01 open Assets:Spun SPUN "FIFO"
2024-01-01 open Assets:Fused FUSED "FIFO"
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
  Assets:Cash  800 EUR
  Equity:Deposits
2024-03-06 * "13 ALPHA for 1163.50 and 6.50"
  Assets:Alpha  13 ALPHA {90.00 EUR}
  Assets:Cash  -1170.00 EUR
2024-03-07 * "4 ALPHA for 416 and 4"
  Assets:Alpha  4 ALPHA {105.00 EUR}
  Assets:Cash  -420.00 EUR
2024-03-13 * "30 BETA at USD 40, 0.9"
  Assets:Beta  30 BETA {36.00 EUR}
  Assets:Cash  -1080.00 EUR
2024-03-14 * "100 GAMMA at GBP 5, 1.2, and 30"
  Assets:Gamma  100 GAMMA {6.30 EUR}
  Assets:Cash  -630.00 EUR
2024-03-15 * "10 BETA at USD 50, 0.9, and 5"
  Assets:Beta  10 BETA {45.50 EUR}
  Assets:Cash  -455.00 EUR
2024-04-02 * "3:2, half a share stays"
  Assets:Alpha  -13 ALPHA {90.00 EUR}
  Assets:Alpha  -4 ALPHA {105.00 EUR}
  Assets:Alpha  19.5 ALPHA {60.00 EUR, 2024-03-06}
  Assets:Alpha  6 ALPHA {70.00 EUR, 2024-03-07}
2024-04-03 * "GBP 0.10 on 100 GAMMA, a fifth withheld"
  Income:Dividends  -12.00 EUR
  Expenses:Tax  2.40 EUR
  Assets:Cash
2024-04-10 * "sold 7.5 ALPHA at 70"
  Assets:Alpha  -7.5 ALPHA {}
  Assets:Cash  524.00 EUR
  Income:Gains
2024-04-15 * "USD 0.50 on 40 BETA, 15 % withheld"
  Income:Dividends  -18.00 EUR
  Expenses:Tax  2.70 EUR
  Assets:Cash
2024-05-02 * "20 GAMMA delivered at 7"
  Assets:Gamma  20 GAMMA {7.00 EUR}
  Equity:Transfers
2024-05-06 * "1:5, 18 make 3.6, and 0.6 are paid at 340"
  Assets:Alpha  -12 ALPHA {60.00 EUR}
  Assets:Alpha  -6 ALPHA {70.00 EUR}
  Assets:Alpha  2.4 ALPHA {300.00 EUR, 2024-03-06}
  Assets:Alpha  1.2 ALPHA {350.00 EUR, 2024-03-07}
2024-05-06 * "the fraction"
  Assets:Alpha  -0.6 ALPHA {}
  Assets:Cash  204.00 EUR
  Income:Gains
2024-05-20 * "sold 2 BETA at USD 60"
  Assets:Beta  -2 BETA {}
  Assets:Cash  105.00 EUR
  Income:Gains
2024-06-03 * "one SPUN for four BETA, a quarter of the cost"
  Assets:Beta  -28 BETA {36.00 EUR}
  Assets:Beta  -10 BETA {45.50 EUR}
  Assets:Beta  28 BETA {27.00 EUR, 2024-03-13}
  Assets:Beta  10 BETA {34.125 EUR, 2024-03-15}
  Assets:Spun  7 SPUN {36.00 EUR, 2024-03-13}
  Assets:Spun  2.5 SPUN {45.50 EUR, 2024-03-15}
2024-06-03 * "half a SPUN is paid at USD 30"
  Assets:Spun  -0.5 SPUN {}
  Assets:Cash  13.50 EUR
  Income:Gains
2024-06-10 * "sold 6.5 SPUN at 50"
  Assets:Spun  -6.5 SPUN {}
  Assets:Cash  324.00 EUR
  Income:Gains
2024-07-01 * "one NEWG for four GAMMA, and GBP 1.50 each, against a fifth of the cost"
  Assets:Gamma  -100 GAMMA {6.30 EUR}
  Assets:Gamma  -20 GAMMA {7.00 EUR}
  Assets:Newg  25 NEWG {20.16 EUR, 2024-03-14}
  Assets:Newg  5 NEWG {22.40 EUR, 2024-05-02}
  Assets:Cash  216.00 EUR
  Income:Gains
2024-07-08 * "two FUSED for each SPUN, and USD 2 each, which lower the cost"
  Assets:Spun  -2.5 SPUN {45.50 EUR}
  Assets:Fused  5 FUSED {21.85 EUR, 2024-03-15}
  Assets:Cash  4.50 EUR
2024-07-15 * "sold 3 FUSED at 25"
  Assets:Fused  -3 FUSED {}
  Assets:Cash  74.00 EUR
  Income:Gains
2024-08-01 * "delisted for nothing"
  Assets:Fused  -2 FUSED {}
  Income:Gains
2024-08-05 * "one NEWG for each ten, worth 20"
  Assets:Newg  3 NEWG {20.00 EUR}
  Income:Dividends
2024-09-02 * "a new ISIN"
  Assets:Beta  -28 BETA {27.00 EUR}
  Assets:Beta  -10 BETA {34.125 EUR}
  Assets:Betb  28 BETB {27.00 EUR, 2024-03-13}
  Assets:Betb  10 BETB {34.125 EUR, 2024-03-15}
2024-09-10 * "GBP 0.30 on 33 NEWG, a quarter withheld"
  Income:Dividends  -11.88 EUR
  Expenses:Tax  2.97 EUR
  Assets:Cash
2024-09-16 * "debit interest"
  Income:Interest  3.33 EUR
  Assets:Cash
2024-10-01 * "5 NEWG delivered out"
  Assets:Newg  -5 NEWG {}
  Equity:Transfers
2024-10-07 * "sold 30 BETB at USD 45"
  Assets:Betb  -28 BETB {27.00 EUR}
  Assets:Betb  -2 BETB {34.125 EUR}
  Assets:Cash  1212.50 EUR
  Income:Gains
2024-11-05 * "tax"
  Expenses:Tax  12.34 EUR
  Assets:Cash
2024-12-02 * "withdrawal"
  Equity:Deposits  300 EUR
  Assets:Cash
${monthly}2025-01-10 * "sold 2 ALPHA at 310"
  Assets:Alpha  -2 ALPHA {}
  Assets:Cash  615.00 EUR
  Income:Gains
`;

const holdings = {
  [ALPHA]: 'Assets:Alpha',
  [BETA2]: 'Assets:Betb',
  [NEWG]: 'Assets:Newg',
} as const;

describe('another year of an account', () => {
  let redis: TestRedis;
  let on: PaperFixture;
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

  it('has its ledger in order', async () => {
    const { body } = await ask(verifyLedger, on);
    expect(body).toMatchObject({ correct: true, findings: [] });
    expect(body.lines).toBeGreaterThanOrEqual(60);
  });

  it('counts only the stated part of the cost against the cash of a merger', async () => {
    const { lots } = (await ask(getGains, on)).body as { lots: Record<string, unknown>[] };
    expect(lots.filter(({ isin }) => isin === GAMMA)).toMatchObject([
      { proceeds: eur('180.00'), cost: eur('126.00'), gain: eur('54.00') },
      { proceeds: eur('36.00'), cost: eur('28.00'), gain: eur('8.00') },
    ]);
  });

  testNeeding(missingBeancount, 'has the balances and gains of the journal by hand', async () => {
    await expectJournal(on, byHand, holdings);
  });

  testNeeding(missingBeancount, 'is exported in order for beancount', async () => {
    expect(await beancountErrors(await exported('beancount'))).toBe('');
  });

  testNeeding(missingHledger, 'is exported in order for hledger', async () => {
    expect(await hledgerErrors(await exported('hledger'))).toBe('');
  });
});

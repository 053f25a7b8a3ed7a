/**
 * Whole exports with all that brokers write beside trades: card payments and their refunds, cashback, gifts, interest,
 * corrections of a tax, exchanges of currencies, cancelled rows. The cash afterwards is the balance that the export
 * itself ends with, whatever its rows are called; it is shown, booked, repeated, undone, booked again and verified.
 */
import importTransactions from '../../../functions/portfolio/import-transactions/handler.ts';
import reverseMovement from '../../../functions/portfolio/reverse-movement/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { ask, openAccount, sync } from './portfolio-fixture.ts';

interface Export {
  readonly content: string;
  /** Sum of what the rows moved, exchanges at EUR 0.90 a dollar; the account was opened with EUR 1000. */
  readonly change: string;
  /** Lines that are left out, each with its reason. */
  readonly left: Readonly<Record<number, string>>;
}

const T212 =
  'Action,Time,ISIN,Ticker,Name,Notes,ID,No. of shares,Price / share,Currency (Price / share),Exchange rate,Result,Currency (Result),Total,Currency (Total),Withholding tax,Currency (Withholding tax),Currency conversion from amount,Currency (Currency conversion from amount),Currency conversion to amount,Currency (Currency conversion to amount),Merchant name,Merchant category';
const t212 = (action: string, id: string, cells: Readonly<Record<string, string>>): string => {
  const all: Record<string, string> = {
    ...{ Action: action, Time: '2024-01-05 10:00:00+00:00', ID: id, ...cells },
  };
  return T212.split(',')
    .map((name) => all[name] ?? '')
    .join(',');
};
const money = (total: string, currency = 'EUR', more = {}) => ({
  ...{ Total: total, 'Currency (Total)': currency, ...more },
});
const shop = { 'Merchant name': 'Railways', 'Merchant category': 'TRANSPORT' };

const TRADE_REPUBLIC =
  '"datetime","date","account_type","category","type","asset_class","name","symbol","shares","price","amount","fee","tax","currency","original_amount","original_currency","fx_rate","description","transaction_id","counterparty_name","counterparty_iban","payment_reference","mcc_code"';
let rows = 0;
const republic = (type: string, amount: string, more: Readonly<Record<string, string>> = {}) => {
  const all: Record<string, string> = {
    ...{ datetime: '2024-01-05T10:20:05.865Z', date: '2024-01-05', account_type: 'DEFAULT' },
    ...{ category: 'CASH', type, amount, currency: 'EUR', transaction_id: `t-${(rows += 1)}` },
    ...more,
  };
  return TRADE_REPUBLIC.split(',')
    .map((name) => `"${all[name.slice(1, -1)] ?? ''}"`)
    .join(',');
};
const apple = { name: 'Apple', symbol: BETA, asset_class: 'STOCK' };

const files: Readonly<Record<string, Export>> = {
  'Trading 212, with a card and two currencies': {
    content: [
      T212,
      t212('Deposit', 'a1', money('500.00', 'EUR', { Notes: 'Bank Transfer' })),
      t212('Card debit', 'a2', money('-22.39', 'EUR', shop)),
      t212('Card credit', 'a3', money('2.39', 'EUR', shop)),
      t212('Spending cashback', 'a4', money('0.06')),
      t212('New card cost', 'a5', money('-4.99')),
      t212('Interest on cash', 'a6', money('0.32')),
      t212('Lending interest', 'a7', money('0.05')),
      t212('Currency conversion', 'a8', {
        ...{
          'Currency conversion from amount': '90.50',
          'Currency conversion to amount': '100.00',
        },
        'Currency (Currency conversion from amount)': 'EUR',
        'Currency (Currency conversion to amount)': 'USD',
      }),
      t212('Market buy', 'a9', {
        ...{ ISIN: BETA, Ticker: 'BETA', 'No. of shares': '0.5', 'Price / share': '200.00' },
        ...{ 'Currency (Price / share)': 'USD', ...money('100.00', 'USD') },
      }),
      t212('Free shares promotion', 'a10', {
        ...{ ISIN: BETA, Ticker: 'BETA', 'No. of shares': '0.1', 'Price / share': '0E-10' },
        'Currency (Price / share)': 'USD',
      }),
      t212('Withdrawal', 'a11', money('-50.00')),
      t212('Result adjustment', 'a12', money('1.00')),
    ].join('\n'),
    // 500 - 22.39 + 2.39 + 0.06 - 4.99 + 0.32 + 0.05 - 90.50 + 90 - 90 - 50
    change: '334.94',
    left: { 13: 'to be entered by trader deposit' },
  },
  'Trade Republic, with a card, gifts and corrections': {
    content: [
      TRADE_REPUBLIC,
      republic('TRANSFER_INSTANT_INBOUND', '1000.000000'),
      republic('CARD_TRANSACTION', '-9.104000', { counterparty_name: 'Shop', mcc_code: '5411' }),
      republic('CARD_TRANSACTION_INTERNATIONAL', '-20.00', { original_currency: 'USD' }),
      republic('CARD_TRANSACTION', '5.00', { description: 'Refund' }),
      republic('CARD_ORDERING_FEE', '', { fee: '-5.00' }),
      republic('BENEFITS_SAVEBACK', '1.50'),
      republic('BUY', '-1.50', {
        ...{ ...apple, category: 'TRADING', shares: '0.0083333333', price: '180.00' },
      }),
      republic('STOCKPERK', '10.00'),
      republic('INTEREST_PAYMENT', '1.23', { tax: '-0.32' }),
      republic('TAX_OPTIMIZATION', '', { tax: '0.40' }),
      republic('DIVIDEND', '0.90', { ...apple, tax: '-0.14' }),
      republic('DIVIDEND', '-0.90', { ...apple, tax: '0.14' }),
      republic('MIGRATION', '', { ...apple, category: 'DELIVERY', shares: '0.005' }),
      republic('MIGRATION', '', { ...apple, category: 'DELIVERY', shares: '-0.005' }),
      republic('TRANSFER_OUTBOUND', '-100.00', { fee: '-1.00' }),
      republic('SOMETHING_NEW', '-3.00'),
    ].join('\n'),
    // 1000 - 9.10 - 20 + 5 - 5 + 1.50 - 1.50 + 10 + 0.91 + 0.40 + 0.76 - 0.76 - 101
    change: '881.21',
    left: { 17: 'to be entered by trader withdraw' },
  },
  'Scalable, with a delivery, a bonus and a distribution that is taken back': {
    content: `date;time;status;reference;description;assetType;type;isin;shares;price;amount;fee;tax;currency
2024-01-09;10:00:00;Executed;"s9";"Apple";Security;Security transfer;${BETA};1;180,00;180,00;0,00;0,00;EUR
2024-01-08;10:00:00;Executed;"s8";"PRIME";Cash;Fee;;;;-4,99;0,00;0,00;EUR
2024-01-07;10:00:00;Executed;"s7";"Apple";Cash;Distribution;${BETA};;;-0,37;0,00;-0,06;EUR
2024-01-06;10:00:00;Executed;"s6";"Apple";Cash;Distribution;${BETA};;;0,37;0,00;0,06;EUR
2024-01-05;10:00:00;Executed;"s5";"Zinsen";Cash;Interest;;;;1,10;0,00;0,29;EUR
2024-01-04;10:00:00;Expired;"s4";"Apple";Security;Buy;${BETA};2;172,18;-344,36;0,99;;EUR
2024-01-03;10:00:00;Executed;"s3";"Freunde werben";Cash;Bonus;;;;25,00;0,00;0,00;EUR
2024-01-02;10:00:00;Executed;"s2";"";Cash;Withdrawal;;;;-1.100,00;0,00;;EUR
2024-01-01;10:00:00;Executed;"s1";"";Cash;Deposit;;;;1.500,00;0,00;;EUR
`,
    change: '421.11',
    left: { 7: 'it changed nothing' },
  },
  'the account of DEGIRO, with an exchange of a dividend’s currency': {
    content: `Datum,Tijd,Valutadatum,Product,ISIN,Omschrijving,FX,Mutatie,,Saldo,,Order Id
09-01-2024,09:00,08-01-2024,,,Valuta Creditering,,EUR,"0,38",EUR,"1493,28",
09-01-2024,09:00,08-01-2024,,,Valuta Debitering,"1,1111",USD,"-0,43",USD,"0,00",
08-01-2024,08:05,06-01-2024,APPLE INC,${BETA},Dividendbelasting,,USD,"-0,07",USD,"0,43",
08-01-2024,08:05,06-01-2024,APPLE INC,${BETA},Dividend,,USD,"0,50",USD,"0,50",
07-01-2024,10:00,07-01-2024,,,DEGIRO Aansluitingskosten 2024 (Euronext Amsterdam),,EUR,"-2,50",EUR,"1492,90",
06-01-2024,10:00,06-01-2024,,,Inkomsten uit Securities Lending,,EUR,"0,40",EUR,"1495,40",
05-01-2024,10:00,05-01-2024,,,flatex terugstorting,,EUR,"-5,00",EUR,"1495,00",
04-01-2024,09:10,04-01-2024,APPLE INC,${BETA},Valuta Debitering,,EUR,"-180,00",EUR,"1320,00",0a1b2c3d-0000-4000-8000-000000000001
03-01-2024,10:00,03-01-2024,,,iDEAL storting,,EUR,"1.500,00",EUR,"1500,00",
`,
    // What the exchange brought is EUR 0.38 for dollars worth 0.387, which is booked as 0.39.
    change: '1493.28',
    left: { 9: 'import the file Transactions' },
  },
  'a Flex query of Interactive Brokers, with an exchange and its fee': {
    content: `<FlexQueryResponse queryName="all" type="AF"><FlexStatements count="1"><FlexStatement accountId="U0000000">
<AccountInformation accountId="U0000000" currency="EUR" />
<Trades><Trade accountId="U0000000" currency="USD" fxRateToBase="0.9" assetCategory="CASH" symbol="EUR.USD" tradeID="9" dateTime="20240105;100000" buySell="SELL" quantity="-91" tradePrice="1.0989" proceeds="100" ibCommission="-2" ibCommissionCurrency="EUR" levelOfDetail="EXECUTION" /></Trades>
<CashTransactions><CashTransaction accountId="U0000000" currency="EUR" fxRateToBase="1" description="CASH RECEIPTS" dateTime="20240102" amount="500" type="Deposits/Withdrawals" transactionID="1" levelOfDetail="DETAIL" />
<CashTransaction accountId="U0000000" currency="EUR" fxRateToBase="1" description="DISBURSEMENT" dateTime="20240103" amount="-40" type="Deposits &amp; Withdrawals" transactionID="2" levelOfDetail="DETAIL" />
<CashTransaction accountId="U0000000" currency="USD" fxRateToBase="0.9" symbol="BETA" isin="${BETA}" description="TAX" dateTime="20240104;202000" amount="-1" type="Withholding Tax" transactionID="3" levelOfDetail="DETAIL" />
<CashTransaction accountId="U0000000" currency="USD" fxRateToBase="0.9" symbol="BETA" isin="${BETA}" description="TAX, CORRECTED" dateTime="20240104;202000" amount="1" type="Withholding Tax" transactionID="4" levelOfDetail="DETAIL" />
<CashTransaction accountId="U0000000" currency="EUR" fxRateToBase="1" description="VAT" dateTime="20240104;202000" amount="-0.21" type="Other Fees" transactionID="5" levelOfDetail="DETAIL" />
<CashTransaction accountId="U0000000" currency="EUR" fxRateToBase="1" description="LOAN OF SHARES" dateTime="20240104;202000" amount="0.70" type="Other Income" transactionID="6" levelOfDetail="DETAIL" /></CashTransactions>
</FlexStatement></FlexStatements></FlexQueryResponse>`,
    // 500 - 40 - 91 + 90 - 2 - 0.90 + 0.90 - 0.21 + 0.70
    change: '457.49',
    left: {},
  },
  'the transaction history of Interactive Brokers, which ends in the base currency': {
    content: `Statement,Header,Field Name,Field Value
Summary,Header,Field Name,Field Value
Summary,Data,Base Currency,EUR
Transaction History,Header,Date,Account,Description,Transaction Type,Symbol,Quantity,Price,Price Currency,Gross Amount ,Commission,Net Amount
Transaction History,Data,2024-01-02,U***00000,Electronic Fund Transfer,Deposit,-,-,-,-,732.0,-,732.0
Transaction History,Data,2024-01-05,U***00000,BETA INC,Buy,BETA,1.0,200,USD,-180,-0.86,-180.86
Transaction History,Data,2024-01-05,U***00000,Net Amount in Base from Forex Trade,Forex Trade Component,EUR.USD,-180,1.1,USD,-1.72,-,-1.72
Transaction History,Data,2024-01-06,U***00000,FX Translations P&L,Adjustment,-,-,-,-,0.02,-,0.02
Transaction History,Data,2024-01-07,U***00000,BETA(${BETA}) Cash Dividend,Payment in Lieu,BETA,-,-,-,0.40,-,0.40
Transaction History,Data,2024-01-08,U***00000,EUR Credit Interest,Credit Interest,-,-,-,-,0.11,-,0.11
Transaction History,Data,2024-01-09,U***00000,Sales tax,Sales Tax,-,-,-,-,-0.05,-,-0.05
Transaction History,Data,2024-01-10,U***00000,A grant,Grant,-,-,-,-,3,-,3
`,
    change: '549.90',
    left: { 12: 'to be entered by trader deposit' },
  },
  'an activity statement of Interactive Brokers, with an exchange': {
    content: `Statement,Header,Field Name,Field Value
Statement,Data,BrokerName,Interactive Brokers
Account Information,Header,Field Name,Field Value
Account Information,Data,Base Currency,EUR
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,,Proceeds,Comm in EUR,,,MTM in EUR,Code
Trades,Data,Order,Forex,USD,EUR.USD,"2024-01-05, 10:00:00",-91,1.0989,,100,-1.8,,,0,
Deposits & Withdrawals,Header,Currency,Settle Date,Description,Amount
Deposits & Withdrawals,Data,EUR,2024-01-02,Electronic Fund Transfer,500
Deposits & Withdrawals,Data,EUR,2024-01-03,Disbursement,-100
`,
    change: '397.20',
    left: {},
  },
  'the statement of Freedom24, with an exchange and a gift': {
    content: JSON.stringify({
      date_start: '2024-01-01',
      trades: {
        detailed: [
          {
            ...{ trade_id: 1, date: '2024-01-05 10:00:00', instr_nm: 'USD/EUR', instr_type: 6 },
            ...{ operation: 'buy', q: 100, p: 0.91, summ: 91, curr_c: 'EUR' },
            ...{ commission: 0.5, commission_currency: 'EUR' },
          },
        ],
      },
      cash_in_outs: [
        ['bank', 500],
        ['card', -20],
        ['bank_out', -30],
        ['interest', 0.4],
        ['promo_award', 5],
        ['strange', -1],
      ].map(([type_id, amount], i) => ({
        ...{ id: `c${i}`, type_id, amount, currency: 'EUR', datetime: '2024-01-04 10:00:00' },
      })),
      corporate_actions: {
        detailed: [
          {
            ...{ corporate_action_id: 'd1', date: '2024-01-05', type_id: 'dividend', amount: 10 },
            ...{
              ticker: 'BETA.US',
              isin: BETA,
              currency: 'EUR',
              tax_amount: '-',
              external_tax: 1.5,
            },
          },
        ],
      },
    }),
    // -91 + 90 - 0.50 + 500 - 20 - 30 + 0.40 + 5 + 8.50
    change: '462.40',
    left: { 8: 'to be entered by trader withdraw' },
  },
  'Portfolio Performance, with cash between accounts of two currencies': {
    content: `Date,Type,Value,Transaction Currency,Gross Amount,Currency Gross Amount,Exchange Rate,Fees,Taxes,Shares,ISIN,WKN,Ticker Symbol,Security Name,Note
2024-01-02T00:00,Deposit,500.00,EUR,,,,,,,,,,,Salary
2024-01-03T00:00,Transfer (Outbound),-91.00,EUR,,,,,,,,,,,
2024-01-03T00:00,Transfer (Inbound),100.00,USD,,,,,,,,,,,
2024-01-04T00:00,Transfer (Outbound),-30.00,EUR,,,,,,,,,,,To another bank
2024-01-05T00:00,Interest Charge,-1.10,EUR,,,,,,,,,,,
2024-01-06T00:00,Fees Refund,0.90,EUR,,,,,,,,,,,
2024-01-07T00:00,Tax Refund,0.70,EUR,,,,,,,,,,,
2024-01-08T00:00,Delivery (Inbound),200.00,USD,,,,,,1,${BETA},,,,
`,
    change: '469.50',
    left: {},
  },
  'the plain file, with an exchange and a tax that is given back': {
    content: `date,kind,isin,amount,currency,tax,id,note
2024-01-02,deposit,,500,EUR,,p1,
2024-01-03,conversion,,-91,EUR,,p2,
2024-01-03,conversion,,100,USD,,p3,
2024-01-04,dividend,${BETA},-0.76,EUR,-0.14,p4,
2024-01-05,withdrawal,,-9.10,EUR,,p5,card of the bank
`,
    // 500 - 91 + 90 - 0.76 - 9.10
    change: '489.14',
    left: {},
  },
};

let redis: TestRedis;
let on: PaperFixture;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await openAccount(redis, { PAPER_OPENING_CASH: '1000' });
  on.market.setRate('USD', 'EUR', '2024-01-01', 0.9);
  await seedMarket(on.dependencies, 0.3, ({ isin }) => isin === ALPHA || isin === BETA);
  await sync(on);
});
afterEach(() => on.dependencies.close());

interface Answer {
  readonly importId: string;
  readonly newMovements: number;
  readonly leftRows: readonly { readonly line: number; readonly reason: string }[];
  readonly cashAfter: { readonly amount: string };
}

const imported = async (content: string, apply: boolean) =>
  (await ask(importTransactions, on, { content, apply })).body as Answer;

async function requireVerified(): Promise<void> {
  await sync(on);
  expect((await ask(verifyLedger, on)).body).toMatchObject({ correct: true, findings: [] });
}

describe.each(Object.entries(files))('%s', (_name, { content, change, left }) => {
  it('leaves the account with the cash of the export, and none of it twice', async () => {
    const shown = await imported(content, false);
    const cash = (1000 + Number(change)).toFixed(2);
    expect(shown.leftRows.map(({ line }) => line)).toEqual(Object.keys(left).map(Number));
    for (const { line, reason } of shown.leftRows) expect(reason).toContain(left[line]);
    const booked = await imported(content, true);
    expect([shown, booked].map(({ cashAfter }) => cashAfter.amount)).toEqual([cash, cash]);
    await requireVerified();
    const again = await imported(content, true);
    expect([again.newMovements, again.cashAfter.amount]).toEqual([0, cash]);
    const undone = await ask(reverseMovement, on, { lineId: booked.importId, reason: 'wrong' });
    expect(undone.body).toMatchObject({ success: true, cashBalance: { amount: '1000.00' } });
    await requireVerified();
    expect((await imported(content, true)).cashAfter.amount).toBe(cash);
    await requireVerified();
  });
});

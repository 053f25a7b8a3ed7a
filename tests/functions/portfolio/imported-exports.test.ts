/**
 * A whole export in each format: a deposit, purchases, a partial sale, a split, a dividend with its tax,
 * fees, interest, rows that are no transactions, and what odd programs leave around them. It is shown,
 * booked, imported again, undone, and booked once more, with the ledger verified after each.
 */
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import importTransactions from '../../../functions/portfolio/import-transactions/handler.ts';
import reverseMovement from '../../../functions/portfolio/reverse-movement/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { ask, openAccount } from './portfolio-fixture.ts';

interface Export {
  readonly format: string;
  readonly content: string;
  /** At the end; the account was opened with EUR 1000. */
  readonly cash: string;
  readonly shares: Readonly<Record<string, number>>;
  /** Lines that are no transaction, or not ours. */
  readonly left: readonly number[];
}

const flexTrade = (
  id: string,
  day: string,
  side: string,
  quantity: string,
  price: string,
  proceeds: string,
) =>
  `<Trade accountId="U0000000" currency="USD" fxRateToBase="0.9" assetCategory="STK" symbol="BETA" conid="265598" isin="${BETA}" multiplier="1" tradeID="${id}" transactionID="2${id}" dateTime="${day};103000" tradeDate="${day}" transactionType="ExchTrade" buySell="${side}" quantity="${quantity}" tradePrice="${price}" proceeds="${proceeds}" taxes="0" ibCommission="-1" ibCommissionCurrency="USD" netCash="0" levelOfDetail="EXECUTION" cusip="" notes="" />`;

const files: Readonly<Record<string, Export>> = {
  'Trading 212, with a blank line at the end and pence': {
    format: 'trading212',
    content: `\uFEFFAction,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Result,Currency (Result),Total,Currency (Total),Withholding tax,Currency (Withholding tax),Notes,ID,Currency conversion fee,Currency (Currency conversion fee)
Deposit,2024-01-02 08:00:00,,,,,,,,,,500.00,"EUR",,,"Bank Transfer",D-1,,
Market buy,2024-01-05 14:30:05.123,${BETA},BETA,"Apple, Inc.",2.5000000000,400.00,USD,1.11111,,"EUR",900.00,"EUR",,,,EOF1,0.00,"EUR"
Limit sell,2024-01-09 15:00:00,${BETA},BETA,"Apple, Inc.",0.5000000000,400.00,USD,1.11111,0.00,"EUR",180.00,"EUR",,,,EOF2,,
Dividend (Ordinary),2024-02-12 09:32:51,${BETA},BETA,"Apple, Inc.",2.0000000000,0.22,USD,Not available,,,0.34,"EUR",0.07,USD,,,,
Interest on cash,2024-02-13 02:00:00,,,,,,,,,,0.11,"EUR",,,"Interest on cash",I-1,,
Stock split close,2024-02-20 04:30:05,${BETA},BETA,"Apple, Inc.",2.0000000000,400.00,USD,1.11,,"EUR",720.00,"EUR",,,,S-1,,
Stock split open,2024-02-20 04:30:05,${BETA},BETA,"Apple, Inc.",8.0000000000,100.00,USD,1.11,,"EUR",720.00,"EUR",,,,S-2,,
Currency conversion,2024-02-21 10:00:00,,,,,,,,,,0.00,"EUR",,,,C-1,,
Market sell,2024-02-22 15:00:00,${BETA},BETA,"Apple, Inc.",3.0000000000,100.00,USD,1.11111,0.00,"EUR",270.00,"EUR",,,,EOF3,,

`,
    cash: '1050.45',
    shares: { [BETA]: 5 },
    left: [],
  },
  'DEGIRO in Dutch, newest first, with an order id in the last cell': {
    format: 'degiro-transactions',
    content: `Datum,Tijd,Product,ISIN,Beurs,Uitvoeringsplaats,Aantal,Koers,,Lokale waarde,,Waarde EUR,Wisselkoers,AutoFX Kosten,Transactiekosten EUR,Totaal EUR,Order ID,
22-02-2024,15:30,APPLE INC. - COMMON ST,${BETA},NDQ,XNAS,-3,"100,0000",USD,"300,00",USD,"270,00","1,1111","-0,67","-2,00","267,33",,0a1b2c3d-0000-4000-8000-000000000003
20-02-2024,00:00,APPLE INC. - COMMON ST,${BETA},NDQ,XNAS,8,"100,0000",USD,"-800,00",USD,"-720,00","1,1111","0,00",,"-720,00",,
20-02-2024,00:00,APPLE INC. - COMMON ST,${BETA},NDQ,XNAS,-2,"400,0000",USD,"800,00",USD,"720,00","1,1111","0,00",,"720,00",,
08-01-2024,09:04,SAP SE,${ALPHA},XET,XETA,1,"100,0000",EUR,"-100,00",EUR,"-100,00",,"0,00","-4,90","-104,90",,0a1b2c3d-0000-4000-8000-000000000002
05-01-2024,15:30,APPLE INC. - COMMON ST,${BETA},NDQ,XNAS,1,"400,0000",USD,"-400,00",USD,"-360,00","1,1111","-0,90","-1,00","-361,90",,0a1b2c3d-0000-4000-8000-000000000001
05-01-2024,15:30,APPLE INC. - COMMON ST,${BETA},NDQ,XNAS,1,"400,0000",USD,"-400,00",USD,"-360,00","1,1111","-0,90","-1,00","-361,90",,0a1b2c3d-0000-4000-8000-000000000001
`,
    cash: '438.63',
    shares: { [ALPHA]: 1, [BETA]: 5 },
    left: [],
  },
  'Interactive Brokers, an activity statement with sums and empty sections': {
    format: 'interactive-brokers-activity',
    content: `Statement,Header,Field Name,Field Value
Statement,Data,BrokerName,Interactive Brokers
Account Information,Header,Field Name,Field Value
Account Information,Data,Base Currency,EUR
Net Asset Value,Header,Asset Class,Prior Total,Current Long,Current Short,Current Total,Change
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,C. Price,Proceeds,Comm/Fee,Basis,Realized P/L,MTM P/L,Code
Trades,Data,Order,Stocks,USD,BETA,"2024-01-05, 10:30:00",2,400,400,-800,-1,801,0,0,O
Trades,Data,Order,Stocks,USD,BETA,"2024-02-22, 10:30:00",-3,100,100,300,-1,-300.375,-1.375,0,C
Trades,SubTotal,,Stocks,USD,BETA,,-1,,,-500,-2,500.625,-1.375,0,
Trades,Total,,Stocks,USD,,,,,,-500,-2,500.625,-1.375,0,
Deposits & Withdrawals,Header,Currency,Settle Date,Description,Amount
Deposits & Withdrawals,Data,EUR,2024-01-02,Electronic Fund Transfer,500
Deposits & Withdrawals,Data,Total,,,500
Fees,Header,Subtitle,Currency,Date,Description,Amount
Fees,Data,Other Fees,USD,2024-02-05,Snapshot of prices,-1
Fees,Data,Total,,,,-1
Dividends,Header,Currency,Date,Description,Amount
Dividends,Data,USD,2024-02-12,BETA(${BETA}) Cash Dividend USD 0.50 per Share (Ordinary Dividend),1
Dividends,Data,Total,,,1
Withholding Tax,Header,Currency,Date,Description,Amount,Code
Withholding Tax,Data,USD,2024-02-12,BETA(${BETA}) Cash Dividend USD 0.50 per Share - US Tax,-0.15,
Interest,Header,Currency,Date,Description,Amount
Corporate Actions,Header,Asset Category,Currency,Report Date,Date/Time,Description,Quantity,Proceeds,Value,Realized P/L,Code
Corporate Actions,Data,Stocks,USD,2024-02-20,"2024-02-19, 20:25:00","BETA(${BETA}) Split 4 for 1 (BETA, BETA INC, ${BETA})",6,0,0,0,
Corporate Actions,Data,Total,,,,,,0,0,0,
Financial Instrument Information,Header,Asset Category,Symbol,Description,Conid,Security ID,Listing Exch,Multiplier,Type,Code
Financial Instrument Information,Data,Stocks,BETA,BETA INC,265598,${BETA},NASDAQ,1,COMMON,
Codes,Header,Code,Meaning
Codes,Data,O,Opening Trade
`,
    cash: '1048.06',
    shares: { [BETA]: 5 },
    left: [],
  },
  'Interactive Brokers, a Flex query with summaries and an exchange of currencies': {
    format: 'interactive-brokers-flex',
    content: `<FlexQueryResponse queryName="all" type="AF"><FlexStatements count="1"><FlexStatement accountId="U0000000" fromDate="20240101" toDate="20240229" period="" whenGenerated="20240301;060000">
<Trades>${flexTrade('1', '20240105', 'BUY', '2', '400', '-800')}
<Trade accountId="U0000000" currency="USD" assetCategory="CASH" symbol="EUR.USD" tradeID="9" dateTime="20240105;100000" buySell="SELL" quantity="-100" tradePrice="1.1" proceeds="110" levelOfDetail="EXECUTION" />
<Trade accountId="U0000000" currency="USD" assetCategory="STK" symbol="BETA" isin="${BETA}" buySell="BUY" quantity="2" tradePrice="400" proceeds="-800" levelOfDetail="ORDER" />
${flexTrade('2', '20240222', 'SELL', '-3', '100', '300')}</Trades>
<CashTransactions><CashTransaction accountId="U0000000" currency="USD" fxRateToBase="0.9" symbol="BETA" isin="${BETA}" description="BETA CASH DIVIDEND" dateTime="20240212;202000" amount="1" type="Dividends" transactionID="21" levelOfDetail="DETAIL" />
<CashTransaction accountId="U0000000" currency="USD" fxRateToBase="0.9" symbol="BETA" isin="${BETA}" description="BETA - US TAX" dateTime="20240212;202000" amount="-0.15" type="Withholding Tax" transactionID="22" levelOfDetail="DETAIL" />
<CashTransaction accountId="U0000000" currency="EUR" fxRateToBase="1" description="CASH RECEIPTS" dateTime="20240102" amount="500" type="Deposits/Withdrawals" transactionID="23" levelOfDetail="DETAIL" /></CashTransactions>
<CorporateActions><CorporateAction accountId="U0000000" currency="USD" fxRateToBase="0.9" assetCategory="STK" symbol="BETA" isin="${BETA}" type="FS" actionDescription="BETA(${BETA}) SPLIT 4 FOR 1 (BETA, BETA INC, ${BETA})" dateTime="20240219;202500" quantity="6" proceeds="0" value="0" transactionID="31" /></CorporateActions>
<OpenPositions /></FlexStatement></FlexStatements></FlexQueryResponse>`,
    cash: '1047.96',
    shares: { [BETA]: 5 },
    left: [],
  },
  'Trade Republic, with card payments and a correction': {
    format: 'trade-republic',
    content: `"datetime","date","account_type","category","type","asset_class","name","symbol","shares","price","amount","fee","tax","currency","original_amount","original_currency","fx_rate","description","transaction_id","counterparty_name"
"2024-01-02T10:20:05.865Z","2024-01-02","DEFAULT","CASH","CUSTOMER_INBOUND","","","","","","500.00","","","EUR","","","","Einzahlung","t-1",""
"2024-01-05T10:20:05.865Z","2024-01-05","DEFAULT","TRADING","BUY","STOCK","Apple","${BETA}","2.0000000000","360.0000000000","-720.00","-1.00","","EUR","","","","Kauf","t-2",""
"2024-01-07T10:20:05.865Z","2024-01-07","DEFAULT","CASH","CARD_TRANSACTION","","","","","","-9.10","","","EUR","","","","Shop","t-3",""
"2024-02-12T12:43:11.375Z","2024-02-12","DEFAULT","CASH","DIVIDEND","STOCK","Apple","${BETA}","2.0000000000","","0.90","","-0.14","EUR","1.00","USD","0.9","Dividende","t-4",""
"2024-02-13T12:43:11.375Z","2024-02-13","DEFAULT","CASH","DIVIDEND","STOCK","Apple","${BETA}","2.0000000000","","-0.90","","0.14","EUR","-1.00","USD","0.9","Korrektur","t-5",""
"2024-02-14T12:43:11.375Z","2024-02-14","DEFAULT","CASH","INTEREST_PAYMENT","","","","","","1.23","","-0.32","EUR","","","","Zinsen","t-6",""
"2024-02-20T00:00:11.375Z","2024-02-20","DEFAULT","CORPORATE_ACTION","SPLIT","STOCK","Apple","${BETA}","6.0000000000","","","","","EUR","","","","Split","t-7",""
"2024-02-22T10:20:05.865Z","2024-02-22","DEFAULT","TRADING","SELL","STOCK","Apple","${BETA}","-3.0000000000","90.0000000000","270.00","-1.00","","EUR","","","","Verkauf","t-8",""
`,
    cash: '1039.81',
    shares: { [BETA]: 5 },
    left: [],
  },
  'Scalable, with cancelled and pending rows': {
    format: 'scalable',
    content: `date;time;status;reference;description;assetType;type;isin;shares;price;amount;fee;tax;currency
2024-02-22;13:10:35;Executed;"S6";"Apple";Security;Sell;${BETA};-3;90,00;270,00;0,99;0,00;EUR
2024-02-20;02:00:00;Executed;"S5";"Apple";Security;Corporate action;${BETA};8;;0,00;0,00;0,00;EUR
2024-02-20;02:00:00;Executed;"S4";"Apple";Security;Corporate action;${BETA};-2;;0,00;0,00;0,00;EUR
2024-02-12;02:00:00;Executed;"S3";"Apple";Cash;Distribution;${BETA};;;0,76;0,00;0,14;EUR
2024-01-08;09:00:00;Pending;"S9";"Apple";Security;Buy;${BETA};1;360,00;-360,00;0,99;;EUR
2024-01-05;13:10:35;Executed;"S2";"Apple";Security;Savings plan;${BETA};2;360,00;-720,00;0,00;0,00;EUR
2024-01-02;00:00:00;Executed;"S1";"";Cash;Deposit;;;;1.500,00;0,00;;EUR
`,
    cash: '2049.77',
    shares: { [BETA]: 5 },
    left: [6],
  },
  'Ghostfolio, which counts in the shares of today': {
    format: 'ghostfolio',
    content: JSON.stringify({
      meta: { date: '2024-03-01T00:00:00.000Z', version: '3.58.0' },
      accounts: [{ id: 'x', name: 'Depot', currency: 'EUR', balances: [] }],
      assetProfiles: [{ symbol: 'AAPL', isin: BETA, dataSource: 'YAHOO' }],
      activities: [
        ['BUY', '2024-01-05', 8, 90, 1.25],
        ['DIVIDEND', '2024-02-12', 8, 0.125, 0],
        ['SELL', '2024-02-22', 3, 90, 1],
        ['LIABILITY', '2024-02-23', 1, 5, 0],
      ].map(([type, day, quantity, unitPrice, fee], i) => ({
        ...{ id: `g-${i}`, type, date: `${day}T00:00:00.000Z`, quantity, unitPrice, fee },
        ...{ symbol: 'AAPL', currency: 'EUR', dataSource: 'YAHOO', accountId: 'x', comment: null },
      })),
    }),
    cash: '548.75',
    shares: { [BETA]: 5 },
    left: [4],
  },
  'Portfolio Performance in German, signed, with commas': {
    format: 'portfolio-performance',
    content: `Datum;Typ;Wert;Buchungswährung;Bruttobetrag;Währung Bruttobetrag;Wechselkurs;Gebühren;Steuern;Stück;ISIN;WKN;Ticker-Symbol;Wertpapiername;Notiz\r
2024-01-02T00:00;Einlage;1.500,00;EUR;;;;;;;;;;;\r
2024-01-05T00:00;Kauf;-721,25;EUR;;;;1,25;;8;${BETA};865985;AAPL;Apple Inc.;\r
2024-02-12T00:00;Dividende;0,76;EUR;1,00;USD;0,9;;0,14;8;${BETA};865985;AAPL;Apple Inc.;"Zeile mit ; darin"\r
2024-02-22T00:00;Verkauf;269,00;EUR;;;;1,00;;3;${BETA};865985;AAPL;Apple Inc.;\r
2024-02-23T00:00;Gebühren;-4,90;EUR;;;;;;;;;;;\r
2024-02-24T00:00;Unbekannt;-4,90;EUR;;;;;;;;;;;\r
`,
    cash: '2043.61',
    shares: { [BETA]: 5 },
    left: [7],
  },
  'the plain file, with every kind': {
    format: 'plain',
    content: `date,kind,isin,symbol,quantity,price,price_currency,amount,currency,fee,tax,id,ratio,new_isin,new_symbol,cost_ratio
2024-01-02,deposit,,,,,,500,EUR,,,p-1,,,,
2024-01-03,transfer-in,${ALPHA},,3,80,EUR,0,EUR,,,p-2,,,,
2024-01-05,buy,,BETA,2,400,USD,-721.00,EUR,1.00,,p-3,,,,
2024-02-12,dividend,${BETA},,,,,0.76,EUR,,0.14,p-4,,,,
2024-02-13,interest,,,,,,-0.20,EUR,,,p-5,,,,
2024-02-14,fee,,,,,,-4.90,EUR,,,p-6,,,,
2024-02-15,tax,,,,,,-1.00,EUR,,,p-7,,,,
2024-02-20,split,${BETA},,8,,,0,EUR,,,p-8,4:1,,,
2024-02-22,sell,${BETA},,3,100,USD,269.00,EUR,1.00,,p-9,,,,
2024-02-23,transfer-out,${ALPHA},,1,,,0,EUR,,,p-10,,,,
2024-02-24,withdrawal,,,,,,-50,EUR,,,p-11,,,,
`,
    cash: '992.66',
    shares: { [ALPHA]: 2, [BETA]: 5 },
    left: [],
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
  on.market.setRate('USD', 'EUR', '2024-01-02', 0.9);
  await seedMarket(on.dependencies, 0.3, ({ isin }) => isin === ALPHA || isin === BETA);
  await ask(updatePositions, on, { forceSync: true });
});
afterEach(() => on.dependencies.close());

const post = async (content: string, apply: boolean) =>
  (await ask(importTransactions, on, { content, apply })).body;

async function requireSound(): Promise<void> {
  const synced = (await ask(updatePositions, on, { forceSync: true })).body;
  expect(synced).toMatchObject({ externalBooked: 0 });
  expect((await ask(verifyLedger, on)).body).toMatchObject({ correct: true, findings: [] });
}

async function shares(): Promise<Record<string, number>> {
  const { positions } = (await ask(getPositions, on)).body;
  const held = positions as { isin: string; quantity: number }[];
  return Object.fromEntries(held.map(({ isin, quantity }) => [isin, quantity]));
}

describe.each(Object.entries(files))('an export of %s', (_name, one) => {
  it('is shown, booked, known again, undone and booked anew', async () => {
    const shown = await post(one.content, false);
    const left = (shown.leftRows as { line: number }[]).map(({ line }) => line);
    expect([shown.format, shown.leftRows, left]).toEqual([one.format, shown.leftRows, one.left]);
    const booked = await post(one.content, true);
    expect(booked).toMatchObject({ applied: true, cashAfter: { amount: one.cash } });
    expect(await shares()).toEqual(one.shares);
    await requireSound();
    const again = await post(one.content, true);
    expect(again).toMatchObject({
      applied: false,
      newMovements: 0,
      cashBefore: { amount: one.cash },
    });
    const undone = await ask(reverseMovement, on, { lineId: booked.importId, reason: 'again' });
    expect(undone.body).toMatchObject({ success: true, cashBalance: { amount: '1000.00' } });
    expect(await shares()).toEqual({});
    await requireSound();
    expect(await post(one.content, true)).toMatchObject({ cashAfter: { amount: one.cash } });
    expect(await shares()).toEqual(one.shares);
    await requireSound();
  });
});

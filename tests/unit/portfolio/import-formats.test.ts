import { bookEntries } from '#shared/portfolio/model/booking.ts';
import { flowLine } from '#shared/portfolio/model/ledger-lines.ts';
import type { ImportPlan } from '#shared/portfolio/import/import-plan.ts';
import { AAPL, empty, planOf, reasons, shortly } from './imported.ts';

describe('the activity statement of Interactive Brokers', () => {
  const file = `Statement,Header,Field Name,Field Value
Statement,Data,BrokerName,Interactive Brokers
Account Information,Header,Field Name,Field Value
Account Information,Data,Base Currency,EUR
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,C. Price,Proceeds,Comm/Fee,Basis,Realized P/L,MTM P/L,Code
Trades,Data,Order,Stocks,USD,AAPL,"2024-01-05, 10:30:00","1,000",189.4,189.4,"-189,400",-5.5,189405.5,0,0,O
Trades,Data,Execution,Stocks,USD,AAPL,"2024-01-05, 10:30:00","1,000",189.4,189.4,"-189,400",-5.5,189405.5,0,0,O
Trades,Data,ClosedLot,Stocks,USD,AAPL,2024-01-05,10,189.4,,,,1894,0,,
Trades,SubTotal,,Stocks,USD,AAPL,,1000,,,-189400,-5.5,189405.5,0,0,
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,,Proceeds,Comm in EUR,,,MTM in EUR,Code
Trades,Data,Order,Forex,USD,EUR.USD,"2024-01-05, 10:00:00",-1000,1.1,,1100,-1.8,,,0,
Trades,Data,Order,Equity and Index Options,USD,AAPL 19JAN24 200 C,"2024-01-06, 10:30:00",1,2,2,-200,-1,201,0,0,O
Dividends,Header,Currency,Date,Description,Amount
Dividends,Data,USD,2024-02-12,AAPL(US0378331005) Cash Dividend USD 0.24 per Share (Ordinary Dividend),240
Dividends,Data,Total,,,240
Withholding Tax,Header,Currency,Date,Description,Amount,Code
Withholding Tax,Data,USD,2024-02-12,AAPL(US0378331005) Cash Dividend USD 0.24 per Share - US Tax,-36,
Deposits & Withdrawals,Header,Currency,Settle Date,Description,Amount
Deposits & Withdrawals,Data,EUR,2024-01-02,Electronic Fund Transfer,200000
Deposits & Withdrawals,Data,EUR,2024-03-02,Disbursement,-100
Interest,Header,Currency,Date,Description,Amount
Interest,Data,EUR,2024-03-04,EUR Debit Interest for Feb-2024,-1.23
Corporate Actions,Header,Asset Category,Currency,Report Date,Date/Time,Description,Quantity,Proceeds,Value,Realized P/L,Code
Corporate Actions,Data,Stocks,USD,2024-06-10,"2024-06-07, 20:25:00",AAPL(US0378331005) Split 4 for 1,3000,0,0,0,
Financial Instrument Information,Header,Asset Category,Symbol,Description,Conid,Security ID,Listing Exch,Multiplier,Type,Code
Financial Instrument Information,Data,Stocks,"AAPL, AAPL.OLD",APPLE INC,265598,US0378331005,NASDAQ,1,COMMON,
`;

  test('books orders once, in the account’s currency, with their costs', () => {
    expect(shortly(planOf(file))).toEqual([
      'deposit 200000.00',
      ...['conversion -1000.00', 'conversion 990.00', 'fee -1.80'],
      `buy ${AAPL} 1000 -170464.95 (4.95)`,
      `dividend ${AAPL} 216.00`,
      `tax ${AAPL} -32.40`,
      'withdrawal -100.00',
      'interest -1.23',
    ]);
  });

  test('names each row that it does not book', () => {
    expect(reasons(planOf(file))).toEqual([
      '12: Equity and Index Options of AAPL 19JAN24 200 C are not booked',
    ]);
  });

  test('reads the transaction history as well', () => {
    const history = `Statement,Header,Field Name,Field Value
Summary,Header,Field Name,Field Value
Summary,Data,Base Currency,EUR
Transaction History,Header,Date,Account,Description,Transaction Type,Symbol,Quantity,Price,Gross Amount ,Commission,Net Amount
Transaction History,Data,2024-01-05,U***00000,APPLE INC,Buy,AAPL,2.0,189.4,-344.36,-0.9,-345.26
Transaction History,Data,2024-02-12,U***00000,AAPL(US0378331005) Cash Dividend USD 0.22 per Share,Dividend,AAPL,-,-,0.40,-,0.40
Transaction History,Data,2024-02-12,U***00000,Net amount in base from Forex trade,Forex Trade Component,EUR.USD,-,-,0.01,-,0.01
`;
    const plan = planOf(history);
    expect(shortly(plan)).toEqual([
      ...[`buy ${AAPL} 2 -345.26 (0.90)`, `dividend ${AAPL} 0.40`, 'conversion 0.01'],
    ]);
    expect(reasons(plan)).toEqual([]);
  });
});

describe('a Flex query of Interactive Brokers', () => {
  const trade = { currency: 'USD', rate: '0.909', quantity: '2', price: '189.4' };
  const xml = `<?xml version="1.0"?>
<FlexQueryResponse queryName="mine" type="AF"><FlexStatements count="1"><FlexStatement accountId="U0000000">
<Trades><Trade accountId="U0000000" currency="${trade.currency}" fxRateToBase="${trade.rate}" assetCategory="STK" symbol="AAPL" isin="${AAPL}" tradeID="100000001" dateTime="20240105;093001" buySell="BUY" quantity="${trade.quantity}" tradePrice="${trade.price}" proceeds="-378.8" taxes="0" ibCommission="-1" ibCommissionCurrency="USD" netCash="-379.8" levelOfDetail="EXECUTION" />
<Trade currency="USD" fxRateToBase="0.909" assetCategory="STK" symbol="AAPL" isin="${AAPL}" tradeID="" dateTime="20240105;093001" buySell="BUY" quantity="2" tradePrice="189.4" proceeds="-378.8" ibCommission="-1" levelOfDetail="ORDER" />
<Trade currency="USD" fxRateToBase="0.909" assetCategory="CASH" symbol="EUR.USD" tradeID="100000002" dateTime="20240105;093001" buySell="SELL" quantity="-400" tradePrice="1.1" proceeds="440" ibCommission="-2" ibCommissionCurrency="EUR" levelOfDetail="EXECUTION" />
</Trades>
<CashTransactions><CashTransaction currency="USD" fxRateToBase="0.91" symbol="AAPL" isin="${AAPL}" description="AAPL CASH DIVIDEND" dateTime="20240212;202000" amount="0.44" type="Dividends" transactionID="200000002" />
<CashTransaction currency="USD" fxRateToBase="0.91" symbol="AAPL" isin="${AAPL}" description="AAPL - US TAX" dateTime="20240212;202000" amount="-0.07" type="Withholding Tax" transactionID="200000003" />
<CashTransaction currency="EUR" fxRateToBase="1" description="CASH RECEIPTS" dateTime="20240102" amount="500" type="Deposits/Withdrawals" transactionID="200000004" />
</CashTransactions></FlexStatement></FlexStatements></FlexQueryResponse>`;
  const csv = `"ClientAccountID","CurrencyPrimary","FXRateToBase","AssetClass","Symbol","ISIN","TradeID","DateTime","Buy/Sell","Quantity","TradePrice","Proceeds","Taxes","IBCommission","IBCommissionCurrency","LevelOfDetail"
"U0000000","USD","0.909","STK","AAPL","${AAPL}","100000001","20240105;093001","BUY","2","189.4","-378.8","0","-1","USD","EXECUTION"
"ClientAccountID","CurrencyPrimary","FXRateToBase","Symbol","ISIN","Description","DateTime","Amount","Type","TransactionID"
"U0000000","USD","0.91","AAPL","${AAPL}","AAPL CASH DIVIDEND","20240212;202000","0.44","Dividends","200000002"
`;

  test('books executions and cash by their own rate', () => {
    const plan = planOf(xml);
    expect(shortly(plan)).toEqual([
      'deposit 500.00',
      `buy ${AAPL} 2 -345.24 (0.91)`,
      ...['conversion -400.00', 'conversion 399.96', 'fee -2.00'],
      `dividend ${AAPL} 0.40`,
      `tax ${AAPL} -0.06`,
    ]);
    expect(reasons(plan)).toEqual([]);
  });

  test('is the same rows as csv, so that both are booked once', () => {
    expect(shortly(planOf(csv))).toEqual([`buy ${AAPL} 2 -345.24 (0.91)`, `dividend ${AAPL} 0.40`]);
    const ids = (plan: ImportPlan) => new Set(plan.movements.map(({ flowId }) => flowId));
    const [fromXml, fromCsv] = [ids(planOf(xml)), ids(planOf(csv))];
    expect([...fromCsv].every((id) => fromXml.has(id))).toBe(true);
  });
});

describe('the account file of DEGIRO', () => {
  const headers = {
    English: 'Date,Time,Value date,Product,ISIN,Description,FX,Change,,Balance,,Order Id',
    Dutch: 'Datum,Tijd,Valutadatum,Product,ISIN,Omschrijving,FX,Mutatie,,Saldo,,Order Id',
    German: 'Datum,Uhrzeit,Valutadatum,Produkt,ISIN,Beschreibung,FX,Änderung,,Saldo,,Order-ID',
    French: 'Date,Heure,Date de valeur,Produit,ISIN,Description,FX,Mouvements,,Solde,,ID Ordre',
  };
  const words = {
    English: [
      'Dividend',
      'Dividend Tax',
      'flatex Deposit',
      'Buy 1 APPLE INC@170 USD (US0378331005)',
    ],
    Dutch: ['Dividend', 'Dividendbelasting', 'iDEAL storting', 'Koop 1 @ 170 USD'],
    German: ['Dividende', 'Dividendensteuer', 'SOFORT Einzahlung', 'Kauf 1 zu je 170 USD'],
    French: ['Dividende', 'Impôts sur dividende', 'Dépôt', 'Achat 1 @ 170 USD'],
  };

  test.each(Object.keys(headers) as (keyof typeof headers)[])('is read in %s', (language) => {
    const [dividend, tax, deposit, trade] = words[language];
    const plan = planOf(`${headers[language]}
16-02-2024,08:05,13-02-2024,APPLE INC. - COMMON ST,${AAPL},${dividend},,USD,"0,50",USD,"0,43",
16-02-2024,08:05,13-02-2024,APPLE INC. - COMMON ST,${AAPL},${tax},,USD,"-0,07",USD,"-0,07",
10-01-2024,09:00,10-01-2024,,,${deposit},,EUR,"1.500,00",EUR,"1.500,00",
09-01-2024,09:00,09-01-2024,APPLE INC. - COMMON ST,${AAPL},${trade},,USD,"-170,00",USD,"-170,00",0a1b
09-01-2024,09:00,09-01-2024,,,Something new,,EUR,"1,00",EUR,"1,00",
`);
    expect(shortly(plan)).toEqual([
      'deposit 1500.00',
      `dividend ${AAPL} 0.45`,
      `tax ${AAPL} -0.06`,
    ]);
    expect(reasons(plan)).toEqual([
      `5: a trade: import the file Transactions: ${trade}`,
      '6: "Something new" is not booked: it moves 1 EUR, to be entered by trader deposit where it is money of yours',
    ]);
  });
});

describe('the transactions of DEGIRO', () => {
  test('have a split as a sale and a purchase of one minute', () => {
    const plan =
      planOf(`Datum,Tijd,Product,ISIN,Beurs,Uitvoeringsplaats,Aantal,Koers,,Lokale waarde,,Waarde EUR,Wisselkoers,AutoFX Kosten,Transactiekosten EUR,Totaal EUR,Order ID,
10-06-2024,00:00,APPLE INC,${AAPL},NDQ,XNAS,-2,"400,0000",USD,"800,00",USD,"720,00","1,1111","0,00",,"720,00",,
10-06-2024,00:00,APPLE INC,${AAPL},NDQ,XNAS,8,"100,0000",USD,"-800,00",USD,"-720,00","1,1111","0,00",,"-720,00",,
05-01-2024,15:30,APPLE INC,${AAPL},NDQ,XNAS,2,"189,4000",USD,"-378,80",USD,"-344,36","1,1000","-0,86","-2,00","-347,22",,0a1b2c3d-0000-4000-8000-000000000001
`);
    expect(shortly(plan)).toEqual([`buy ${AAPL} 2 -347.22 (2.86)`]);
    expect(plan.left).toEqual([]);
    expect(plan.actions).toMatchObject([{ kind: 'split', isin: AAPL }]);
    expect(plan.actions[0]?.sharesChange?.toString()).toBe('6');
  });
});

describe('Portfolio Performance', () => {
  const english = `Date,Type,Value,Transaction Currency,Gross Amount,Currency Gross Amount,Exchange Rate,Fees,Taxes,Shares,ISIN,WKN,Ticker Symbol,Security Name,Note
2024-01-02T00:00,Deposit,"5,000.00",EUR,,,,,,,,,,,
2024-01-05T10:00,Buy,"-1,004.99",EUR,,,,4.99,,10,${AAPL},,AAPL,Apple,
2024-02-05T00:00,Dividend,20.00,EUR,,,,,5.28,10,${AAPL},,AAPL,Apple,
2024-03-05T00:00,Sell,515.00,EUR,,,,5.00,,5,${AAPL},,AAPL,Apple,
2024-03-06T00:00,Fees,3.00,EUR,,,,,,,,,,,
2024-03-07T00:00,Security Transfer,3.00,EUR,,,,,,,,,,,
`;
  const german = `Datum;Typ;Wert;Buchungswährung;Bruttobetrag;Währung Bruttobetrag;Wechselkurs;Gebühren;Steuern;Stück;ISIN;WKN;Ticker-Symbol;Wertpapiername;Notiz\r
2024-01-02T00:00;Einlage;5.000,00;EUR;;;;;;;;;;;\r
05.01.2024;Kauf;1.004,99;EUR;;;;4,99;;10;${AAPL};;AAPL;Apple;\r
05.02.2024;Dividende;20,00;EUR;;;;;5,28;10;${AAPL};;AAPL;Apple;\r
05.03.2024;Verkauf;515,00;EUR;;;;5,00;;5;${AAPL};;AAPL;Apple;\r
06.03.2024;Gebühren;3,00;EUR;;;;;;;;;;;\r
07.03.2024;Umtausch;3,00;EUR;;;;;;;;;;;\r
`;
  const booked = [
    'deposit 5000.00',
    `buy ${AAPL} 10 -1004.99 (4.99)`,
    `dividend ${AAPL} 25.28`,
    `tax ${AAPL} -5.28`,
    `sell ${AAPL} 5 515.00 (5.00)`,
    'fee -3.00',
  ];

  test.each([
    ['English', english],
    ['German', german],
  ])('is read as csv in %s, signed or not', (_language, file) => {
    const plan = planOf(file);
    expect(shortly(plan)).toEqual(booked);
    expect(plan.left.map(({ line }) => line)).toEqual([7]);
    expect(plan.movements[1]?.price?.toString()).toBe('EUR 100');
  });

  const transaction = (uuid: string, type: string, amount: number, more = '') =>
    `<uuid>${uuid}</uuid><date>2024-01-05T10:00</date><currencyCode>EUR</currencyCode><amount>${amount}</amount>${more}<type>${type}</type>`;
  const units = (type: string, amount: number) =>
    `<units><unit type="${type}"><amount currency="EUR" amount="${amount}"/></unit></units>`;

  test('is read as XML, by path', () => {
    const plan = planOf(`<client><version>68</version>
<securities><security><uuid>x</uuid><isin>DE0007164600</isin></security><security><uuid>s</uuid><isin>${AAPL}</isin><tickerSymbol>AAPL</tickerSymbol></security></securities>
<accounts><account><name>Cash</name><transactions>
<account-transaction>${transaction('a-1', 'DEPOSIT', 500000, '<shares>0</shares>')}</account-transaction>
<account-transaction>${transaction('a-2', 'BUY', 100499, `<shares>0</shares><security reference="../../../../../securities/security[2]"/><crossEntry class="buysell"><portfolio><transactions><portfolio-transaction>${transaction('p-2', 'BUY', 100499, `<security reference="../../../../../../../../../securities/security[2]"/><shares>1000000000</shares>${units('FEE', 499)}`)}</portfolio-transaction></transactions></portfolio></crossEntry>`)}</account-transaction>
<account-transaction>${transaction('a-3', 'DIVIDENDS', 2000, `<security reference="../../../../../securities/security[2]"/><shares>1000000000</shares>${units('TAX', 528)}`)}</account-transaction>
<account-transaction>${transaction('a-4', 'TRANSFER_OUT', 1000, '<shares>0</shares>')}</account-transaction>
</transactions></account></accounts></client>`);
    expect(shortly(plan)).toEqual([...booked.slice(0, 4)]);
    expect(reasons(plan)).toEqual([]);
  });

  test('is read as XML, by id', () => {
    const plan =
      planOf(`<?xml version="1.0"?><client id="1"><securities id="2"><security id="3"><isin>${AAPL}</isin></security></securities>
<portfolios id="4"><portfolio id="5"><transactions id="6"><portfolio-transaction id="7">${transaction('p-1', 'DELIVERY_INBOUND', 100000, '<security reference="3"/><shares>1000000000</shares>')}</portfolio-transaction><portfolio-transaction reference="7"/></transactions></portfolio></portfolios></client>`);
    expect(shortly(plan)).toEqual([`transfer-in ${AAPL} 10 0.00`]);
    expect(plan.movements[0]?.price?.toString()).toBe('EUR 100');
  });
});

describe('the statement of Freedom24', () => {
  test('books trades, dividends and cash; a fee in another currency apart', () => {
    const plan = planOf(
      JSON.stringify({
        date_start: '2024-01-01 00:00:00',
        trades: {
          detailed: [
            {
              ...{ trade_id: 11, date: '2024-01-05 15:30:00', instr_nm: 'AAPL.US', isin: AAPL },
              ...{ operation: 'buy', instr_type: 1, q: 2, p: 189.4, summ: 378.8, curr_c: 'USD' },
              ...{ commission: 1.2, commission_currency: 'EUR' },
            },
            {
              ...{ trade_id: 12, date: '2024-01-05 15:00:00', instr_nm: 'USD/EUR', isin: '-' },
              ...{ operation: 'buy', instr_type: 6, q: 400, p: 0.9, summ: 360, curr_c: 'EUR' },
            },
          ],
        },
        cash_in_outs: [
          {
            ...{ id: '1', type: 'Bank', type_id: 'bank', amount: '1000.00', currency: 'EUR' },
            datetime: '2024-01-02 10:00:00',
          },
          {
            id: '2',
            type_id: 'block_commission',
            amount: -1,
            currency: 'EUR',
            datetime: '2024-01-02',
          },
        ],
        corporate_actions: {
          detailed: [
            {
              ...{ date: '2024-02-12', type_id: 'dividend', amount: 0.44, ticker: 'AAPL.US' },
              ...{ corporate_action_id: 'c-1', isin: AAPL, currency: 'USD', tax_amount: -0.07 },
            },
            { date: '2024-06-10', type_id: 'split', amount: 6, ticker: 'AAPL.US', isin: AAPL },
          ],
        },
      }),
    );
    expect(shortly(plan)).toEqual([
      'deposit 1000.00',
      ...['conversion 360.00', 'conversion -360.00'],
      `buy ${AAPL} 2 -340.92`,
      `fee ${AAPL} -1.20`,
      `dividend ${AAPL} 0.39`,
      `tax ${AAPL} -0.06`,
    ]);
    expect(reasons(plan)).toEqual([
      '4: a corporate action (split) of AAPL.US, to be entered by trader action',
    ]);
  });
});

describe('a file of any format', () => {
  const row = '2024-01-02,deposit,5.00,';

  test('names the pair where its currency has no rate', () => {
    const plan = planOf(`date,kind,amount,currency\n${row}CHF\n`);
    expect(reasons(plan)).toEqual(['2: there is no exchange rate from CHF to EUR on 2024-01-02']);
  });

  test('may have Excel’s first line, tabs, or a byte-order mark', () => {
    const plain = `date,kind,amount,currency\n${row}EUR\n`;
    const forms = [
      `sep=;\n${plain.replaceAll(',', ';')}`,
      plain.replaceAll(',', '\t'),
      `\ufeff${plain}`,
    ];
    for (const form of forms) expect(shortly(planOf(form))).toEqual(['deposit 5.00']);
    const wrong = `sep=;\n${plain.replaceAll(',', ';').replace('deposit', 'bonus')}`;
    expect(planOf(wrong).left[0]?.line).toBe(3);
  });

  test('overlaps with another one, and each row is booked once', () => {
    const rows = ['2024-01-02,5', '2024-01-03,6', '2024-01-03,6', '2024-01-04,7'];
    const fileOf = (some: readonly string[]) =>
      `date,kind,amount,currency\n${some.map((one) => one.replace(',', ',deposit,') + ',EUR').join('\n')}\n`;
    const first = planOf(fileOf(rows.slice(0, 3)));
    const lines = first.movements.map((one) =>
      flowLine({ ...one, happenedAt: one.happenedAt ?? (0 as never) }, undefined, 0 as never),
    );
    const second = planOf(fileOf(rows.slice(1)), bookEntries(empty, lines));
    expect(second.known).toBe(2);
    expect(shortly(second)).toEqual(['deposit 7.00']);
  });
});

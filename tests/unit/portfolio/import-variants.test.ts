/** Rows and layouts that exports have at times: locales, corrections, reversals, other accounts, unknown sections. */
import { bookEntries } from '#shared/portfolio/model/booking.ts';
import { flowLine } from '#shared/portfolio/model/ledger-lines.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { AAPL, empty, planOf, reasons, shortly } from './imported.ts';

const ORDER = '0a1b2c3d-0000-4000-8000-000000000001';

describe('the transactions of DEGIRO', () => {
  const old =
    'Datum,Tijd,Product,ISIN,Beurs,Uitvoeringsplaats,Aantal,Koers,,Lokale waarde,,Waarde,,Wisselkoers,Transactiekosten en/of,,Totaal,,Order ID';
  const now =
    'Date,Time,Product,ISIN,Reference exchange,Venue,Quantity,Price,,Local value,,Value EUR,Exchange rate,AutoFX Fee,Transaction and/or third party fees EUR,Total EUR,Order ID,';
  test.each([
    [
      'with a currency behind each amount',
      `${old}\n05-01-2024,15:30,APPLE INC,${AAPL},NDQ,XNAS,2,189.40,USD,-378.80,USD,-344.36,EUR,1.1000,-2.00,EUR,-346.36,EUR,${ORDER}\n`,
      'buy US0378331005 2 -346.36 (2.00)',
    ],
    [
      'with a decimal comma in all but the price',
      `${now}\n05-01-2024,15:30,APPLE INC,${AAPL},NDQ,XNAS,20,104,EUR,"-2.080,00",EUR,"-2.080,00",,"0,00","-2,00","-2.082,00",,${ORDER}\n`,
      'buy US0378331005 20 -2082.00 (2.00)',
    ],
    [
      'between semicolons',
      `${now.replaceAll(',', ';')}\n05-01-2024;15:30;APPLE INC;${AAPL};NDQ;XNAS;-1.000;180,25;EUR;180.250,00;EUR;180.250,00;;-1,93;-1,00;180.247,07;${ORDER};\n`,
      '2: it takes 1000 shares of US0378331005, and 0 are held',
    ],
  ])('are read %s', (_name, text, expected) => {
    const plan = planOf(text);
    expect([...shortly(plan), ...reasons(plan)]).toEqual([expected]);
  });

  test('are in the currency that the header or the row says', () => {
    const row = `05-01-2024,15:30,BP,GB0007980591,LSE,XLON,10,"4,5000",GBP,"-45,00",GBP,"-52,00",,"0,00","-1,00","-53,00",,${ORDER}`;
    const plan = planOf(`${now.replaceAll('EUR', 'CHF')}\n${row}\n`);
    expect(reasons(plan)).toEqual(['2: there is no exchange rate from CHF to EUR on 2024-01-05']);
  });

  test('are refused by their columns where the layout is unknown', () => {
    const header = now.replace('Venue,', '').replace('Price,,', 'Price,,,');
    const row = `05-01-2024,15:30,APPLE INC,${AAPL},NDQ,2,"189,40",,USD,"-378,80",USD,"-344,36","1,1","0,00","-2,00","-346,36",,`;
    const [reason] = reasons(planOf(`${header.replace('Total EUR', 'Total')}\n${row}\n`));
    expect(reason).toContain('the columns of this file of DEGIRO are not known: Date, Time');
  });
});

describe('the history of Trading 212', () => {
  const header =
    'Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,Currency (Total),Withholding tax,Currency (Withholding tax),ID,French transaction tax,Currency (French transaction tax)';
  const rows = (...lines: string[]): string => `${header}\n${lines.join('\n')}\n`;

  test('of older files has the currency of the total in the header', () => {
    const text = `Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Result (EUR),Total (EUR),Withholding tax,Currency (Withholding tax),Charge amount (EUR),Stamp duty reserve tax (EUR),Notes,ID,Currency conversion fee (EUR)
Deposit,2021-02-01 08:00:00,,,,,,,,,500.00,,,500.00,,,d1,
Limit buy,2021-02-02 14:30:05,GB0007980591,BP.,BP,100,250.00,GBX,86.9,,289.50,,,,1.44,,b1,0.43
`;
    expect(shortly(planOf(text))).toEqual([
      'deposit 500.00',
      'buy GB0007980591 100 -289.50 (1.87)',
    ]);
  });

  test('takes a dividend back, and says the tax withheld in the account’s currency', () => {
    const plan = planOf(
      rows(
        `Dividend (Dividend),2024-02-12 09:32:51,${AAPL},AAPL,Apple,10,0.22,USD,Not available,1.68,EUR,0.33,USD,,,`,
        `Dividend (Dividend),2024-02-13 09:32:51,${AAPL},AAPL,Apple,10,0.22,USD,Not available,-1.68,EUR,0.00,USD,,,`,
      ),
    );
    expect(shortly(plan)).toEqual([
      'dividend US0378331005 1.98',
      'tax US0378331005 -0.30',
      'dividend US0378331005 -1.68',
    ]);
  });

  test('counts taxes and fees of a trade by whatever name', () => {
    const plan = planOf(
      rows(
        `Market buy,2024-01-05 14:30:05,${AAPL},AAPL,Apple,1,100,EUR,1,100.30,EUR,,,b1,0.30,EUR`,
      ),
    );
    expect(shortly(plan)).toEqual(['buy US0378331005 1 -100.30 (0.30)']);
  });

  test('with decimal commas is named row by row and never read a hundred times too large', () => {
    const text = rows('Deposit,2024-01-02 08:00:00,,,,,,,,500.00,EUR,,,d1,,').replaceAll(',', ';');
    const plan = planOf(text.replace('500.00', '500,00'));
    expect(shortly(plan)).toEqual([]);
    expect(reasons(plan)).toEqual(['2: "500,00" is not a number with a decimal point']);
    expect(shortly(planOf(text))).toEqual(['deposit 500.00']);
  });
});

describe('a Flex query of Interactive Brokers', () => {
  const trade = (more: Record<string, string>): string =>
    `<Trade ${Object.entries({
      ...{ accountId: 'U0', currency: 'USD', fxRateToBase: '0.91', assetCategory: 'STK' },
      ...{ symbol: 'AAPL', isin: AAPL, dateTime: '20240105;093001', transactionType: 'ExchTrade' },
      ...{ buySell: 'BUY', quantity: '2', tradePrice: '100', proceeds: '-200', taxes: '0' },
      ...{ ibCommission: '-1', ibCommissionCurrency: 'USD', levelOfDetail: 'EXECUTION', ...more },
    })
      .map(([name, value]) => `${name}="${value}"`)
      .join(' ')} />`;
  const file = (...elements: string[]): string =>
    `<FlexQueryResponse queryName="q" type="AF"><FlexStatements count="1"><FlexStatement accountId="U0">${elements.join('')}</FlexStatement></FlexStatements></FlexQueryResponse>`;
  const original = trade({ tradeID: 't1', transactionID: 'x1' });
  const cancel = trade({
    ...{ tradeID: '', transactionID: 'x2', transactionType: 'TradeCancel', buySell: 'BUY (Ca.)' },
    ...{ quantity: '-2', proceeds: '200', ibCommission: '1', origTradeID: 't1' },
  });
  const corrected = trade({ tradeID: 't1', transactionID: 'x3', quantity: '1', proceeds: '-100' });

  test('books neither a cancelled trade nor its cancellation, but the corrected one', () => {
    const plan = planOf(file(original, cancel, corrected));
    expect(shortly(plan)).toEqual(['buy US0378331005 1 -91.91 (0.91)']);
    expect(reasons(plan)).toEqual([]);
  });

  test('names a cancellation whose trade is not there, or was booked before', () => {
    expect(reasons(planOf(file(cancel)))).toEqual([
      '1: it cancels trade t1, which is not in the file: reverse that trade where it was booked',
    ]);
    const first = planOf(file(original));
    const book = bookEntries(
      empty,
      first.movements.map((one) =>
        flowLine({ ...one, happenedAt: instantOf(0) }, one.symbol, instantOf(0)),
      ),
    );
    const [reason] = reasons(planOf(file(original, cancel, corrected), book));
    expect(reason).toContain('1: it was booked by an earlier import and is cancelled');
  });

  test('of an account in another currency is converted by the stored rate of that', () => {
    const rate = { fxRateToBase: '1' };
    const information = '<AccountInformation accountId="U0" currency="USD" />';
    const pounds = trade({
      currency: 'GBP',
      fxRateToBase: '1.27',
      ibCommission: '0',
      tradeID: 'g',
    });
    for (const text of [
      file(trade({ ...rate, tradeID: 'u' }), pounds),
      file(information, trade({ ...rate, tradeID: 'u' }), pounds),
    ])
      expect(shortly(planOf(text))).toEqual([
        'buy US0378331005 2 -180.90 (0.90)',
        'buy US0378331005 2 -228.60',
      ]);
  });

  test('refuses a rate far from the stored one, where nothing says into what it leads', () => {
    const plan = planOf(file(trade({ currency: 'GBP', fxRateToBase: '1.27', tradeID: 'g' })));
    expect(shortly(plan)).toEqual([]);
    expect(reasons(plan)[0]).toContain('its rate from GBP to EUR, 1.27, is far from 1.15');
  });

  test('names transfers of shares', () => {
    const transfer =
      '<Transfer accountId="U0" assetCategory="STK" symbol="AAPL" direction="IN" quantity="5" currency="USD" fxRateToBase="0.91" />';
    expect(reasons(planOf(file(transfer)))).toEqual([
      '1: a transfer in of 5 AAPL, to be entered by trader transfer-in, transfer-out, deposit or withdraw',
    ]);
  });
});

describe('an activity statement of Interactive Brokers', () => {
  test('names cash of a section that is not known', () => {
    const text = `Statement,Header,Field Name,Field Value
Statement,Data,BrokerName,Interactive Brokers
Account Information,Header,Field Name,Field Value
Account Information,Data,Base Currency,EUR
Borrow Charges,Header,Currency,Date,Description,Amount
Borrow Charges,Data,EUR,2024-01-05,Borrow AAPL,-1.50
Commission Adjustments,Header,Currency,Date,Description,Amount
Commission Adjustments,Data,EUR,2024-01-05,Refund of a commission,0.75
Interest Accruals,Header,Currency,Field Name,Amount
Interest Accruals,Data,EUR,Ending Accrual Balance,3
`;
    const plan = planOf(text);
    expect(shortly(plan)).toEqual(['fee 0.75']);
    expect(reasons(plan)).toEqual([
      '6: the section Borrow Charges is not booked: Borrow AAPL -1.50 EUR',
    ]);
  });
});

describe('the export of Trade Republic', () => {
  const header =
    '"datetime","date","account_type","category","type","asset_class","name","symbol","shares","price","amount","fee","tax","currency","transaction_id"';
  test('has transfers, gifts and card payments beside trades', () => {
    const cash = (type: string, amount: string, id: string, fee = ''): string =>
      `"2026-03-06T10:20:05.865Z","2026-03-06","DEFAULT","CASH","${type}","","","","","","${amount}","${fee}","","EUR","${id}"`;
    const plan = planOf(
      [
        ...[header, cash('TRANSFER_INSTANT_INBOUND', '200.00', 'a')],
        ...[
          cash('CARD_ORDERING_FEE', '0.00', 'b', '-5.00'),
          cash('BENEFITS_SAVEBACK', '1.50', 'c'),
        ],
        ...[cash('CARD_TRANSACTION', '-6.40', 'd'), cash('TRANSFER_OUTBOUND', '-50.00', 'e')],
      ].join('\n'),
    );
    expect(shortly(plan)).toEqual([
      ...['deposit 200.00', 'fee -5.00', 'deposit 1.50', 'withdrawal -6.40', 'withdrawal -50.00'],
    ]);
    expect(reasons(plan)).toEqual([]);
  });
});

describe('the statement of Freedom24', () => {
  test('loses no tax or dividend that the corporate actions do not have', () => {
    const row = (more: object) => ({ datetime: '2024-03-01 10:00:00', currency: 'EUR', ...more });
    const text = JSON.stringify({
      ...{ date_start: '2024-01-01', trades: { detailed: [] } },
      corporate_actions: {
        detailed: [
          {
            ...{ corporate_action_id: 'ca1', date: '2024-02-12', type_id: 'dividend' },
            ...{ ticker: 'AAPL.US', isin: AAPL, amount: 10, currency: 'EUR', tax_amount: -1.5 },
          },
        ],
      },
      cash_in_outs: [
        row({ id: '1', type_id: 'dividend', amount: 10, ticker: 'AAPL.US' }),
        row({ id: '2', type_id: 'tax', amount: -1.5, corporate_action_id: 'ca1' }),
        row({ id: '3', type_id: 'dividend', amount: 4, ticker: 'MSFT.US', isin: 'US5949181045' }),
        row({ id: '4', type_id: 'tax', amount: -0.4, comment: 'tax on interest' }),
      ],
    });
    const plan = planOf(text);
    expect(shortly(plan)).toEqual([
      ...['dividend US0378331005 10.00', 'tax US0378331005 -1.50', 'dividend US5949181045 4.00'],
    ]);
    expect(reasons(plan)).toEqual([
      '5: type "tax" names no security, and may be among the corporate actions: tax on interest',
    ]);
  });
});

describe('Portfolio Performance', () => {
  const header =
    'Date,Type,Value,Transaction Currency,Gross Amount,Currency Gross Amount,Exchange Rate,Fees,Taxes,Shares,ISIN,WKN,Ticker Symbol,Security Name,Note';
  const moved = (type: string, shares: string, value: string, isin = AAPL): string =>
    `2024-02-05T00:00,${type},${value},EUR,,,,,,${shares},${isin},,,,`;

  test('leaves cost and cash alone where shares or cash move between two of its accounts', () => {
    const plan = planOf(
      [
        header,
        `2024-01-05T00:00,Buy,"1,000.00",EUR,,,,,,10,${AAPL},,,,`,
        ...[moved('Transfer (Outbound)', '10', '"1,500.00"')],
        ...[moved('Transfer (Inbound)', '10', '"1,500.00"')],
        ...[
          moved('Transfer (Outbound)', '', '-70.00', ''),
          moved('Transfer (Inbound)', '', '70.00', ''),
        ],
        moved('Transfer (Inbound)', '2', '300.00'),
      ].join('\n'),
    );
    expect(shortly(plan)).toEqual([
      'buy US0378331005 10 -1000.00',
      'transfer-in US0378331005 2 0.00',
    ]);
    expect(reasons(plan)).toEqual([]);
  });

  test('is in pence where an account is', () => {
    const text = `${header}\n2024-01-05T00:00,Buy,"45,100.00",GBX,,,,100.00,,100,GB0007980591,,,,\n`;
    expect(shortly(planOf(text))).toEqual(['buy GB0007980591 100 -518.65 (1.15)']);
  });
});

describe('Ghostfolio', () => {
  test('may have prices in pence, and activities without a price', () => {
    const activity = (more: object) => ({
      ...{ date: '2024-01-05T09:00:00.000Z', symbol: 'BP.L', fee: 0, ...more },
    });
    const text = JSON.stringify({
      activities: [
        activity({ type: 'BUY', currency: 'GBp', quantity: 100, unitPrice: 450, fee: 100 }),
        activity({ type: 'FEE', currency: 'EUR', quantity: 0, unitPrice: 0, fee: 4.9 }),
        activity({ type: 'LIABILITY', currency: 'EUR', quantity: 1, unitPrice: 100 }),
      ],
      assetProfiles: [{ symbol: 'BP.L', isin: 'GB0007980591' }],
    });
    const plan = planOf(text);
    expect(shortly(plan)).toEqual([
      'buy GB0007980591 100 -518.65 (1.15)',
      'fee GB0007980591 -4.90',
    ]);
    expect(reasons(plan)).toEqual([
      '3: type "LIABILITY" is not booked: it is a value that Ghostfolio notes, and moves neither shares nor cash',
    ]);
  });
});

describe('a file of any format', () => {
  test('may state cash and prices in pence', () => {
    const text = `date,kind,isin,symbol,quantity,price,price_currency,amount,currency,fee,tax,id
2024-01-05,buy,GB0007980591,,100,450,GBp,-45100,GBX,100,,b-1
`;
    const plan = planOf(text);
    expect(shortly(plan)).toEqual(['buy GB0007980591 100 -518.65 (1.15)']);
    expect(plan.movements[0]?.price?.toString()).toContain('4.5');
  });

  test.each([
    ['1,5', 'EUR'],
    ['-1.000,50', 'EUR'],
    ['12,34', 'EUR'],
  ])('refuses %s where a point is meant', (amount, currency) => {
    const text = `date;kind;isin;symbol;quantity;price;price_currency;amount;currency;fee;tax;id\n2024-01-05;deposit;;;;;;${amount};${currency};;;d\n`;
    const plan = planOf(text);
    expect(shortly(plan)).toEqual([]);
    expect(reasons(plan)).toEqual([`2: "${amount}" is not a number with a decimal point`]);
  });
});

describe('the timeline of Trade Republic, as programs write it', () => {
  test.each([
    [
      'English',
      'Date;Type;Value;Note;ISIN;Shares;Fees;Taxes',
      ['Deposit', 'Buy', 'Dividend', 'Removal', 'Interest'],
    ],
    [
      'German',
      'Datum;Typ;Wert;Notiz;ISIN;Stück;Gebühren;Steuern',
      ['Einlage', 'Kauf', 'Dividende', 'Entnahme', 'Zinsen'],
    ],
  ])('is read in %s, in the account’s currency', (_language, header, types) => {
    const [deposit, buy, dividend, removal, interest] = types;
    const mark = header.startsWith('Date') ? '.' : ',';
    const rows = [
      `2024-01-02T10:00:00;${deposit};100.00;Somebody;;;;`,
      `2024-01-03T10:00:00;${buy};-51.00;Apple;${AAPL};0.25;1.00;`,
      `2024-01-04T10:00:00;${dividend};0.10;Apple;${AAPL};0.25;;0.03`,
      `2024-01-05T10:00:00;${removal};-9.10;Shop;;;;`,
      `2024-01-06T10:00:00;${interest};0.55;;;;;`,
    ].map((row) => row.replaceAll('.', mark));
    const plan = planOf([header, ...rows].join('\n'));
    expect(plan.format).toBe('trade-republic-timeline');
    expect(shortly(plan)).toEqual([
      ...['deposit 100.00', `buy ${AAPL} 0.25 -51.00 (1.00)`, `dividend ${AAPL} 0.13`],
      ...[`tax ${AAPL} -0.03`, 'withdrawal -9.10', 'interest 0.55'],
    ]);
    expect(reasons(plan)).toEqual([]);
  });
});

describe('the account of DEGIRO', () => {
  const header = 'Fecha,Hora,Fecha valor,Producto,ISIN,Descripción,FX,,Importe,,Saldo,,ID Orden';
  const row = (text: string, amount: string, more = ',') =>
    `10-05-2024,08:00,10-05-2024,APPLE INC,${AAPL},${text},${more}`.replace('AMOUNT', amount);

  test('may have the amount before its currency, and is never read by its balance', () => {
    const plan = planOf(
      [
        header.replace('FX,,Importe,,Saldo,,', 'FX,Importe,,Saldo,,'),
        row('Dividendo', '"2,50"', ',AMOUNT,USD,"1502,50",USD,'),
        row('Retención del dividendo', '"-0,38"', ',AMOUNT,USD,"1502,12",USD,'),
        row('FX Debit', '"-2,12"', '"1,0823",AMOUNT,USD,"0,00",USD,'),
        row('FX Credit', '"1,96"', ',AMOUNT,EUR,"101,96",EUR,'),
      ].join('\n'),
    );
    expect(shortly(plan)).toEqual([
      ...[`dividend ${AAPL} 2.25`, `tax ${AAPL} -0.34`],
      ...[`conversion ${AAPL} -1.91`, `conversion ${AAPL} 1.96`],
    ]);
    expect(reasons(plan)).toEqual([]);
  });

  test.each([
    ['Odsetki', 'interest'],
    ['Podatek od dywidendy', 'tax'],
    ['Utdelning', 'dividend'],
    ['Källskatt på utdelning', 'tax'],
    ['Hævning', 'withdrawal'],
    ['Taux de change: opération de devise', 'conversion'],
    ['ADR/GDR Pass-Through Fee', 'fee'],
    ['DEGIRO Corporate Action Cash Settlement', 'dividend'],
    ['Money Market Fund price change (EUR)', 'interest'],
    ['Referral bonus', 'withdrawal'],
  ])('%s is booked as %s', (text, kind) => {
    const plan = planOf(`${header}\n${row(text, '"-1,00"', ',EUR,AMOUNT,EUR,"9,00",')}\n`);
    expect([shortly(plan)[0]?.split(' ')[0], reasons(plan)]).toEqual([kind, []]);
  });
});

describe('two changes of one security in a file', () => {
  test('on one day are both planned, each under an id of its own', () => {
    const header =
      'datetime,date,account_type,category,type,asset_class,name,symbol,shares,price,amount,fee,tax,currency,transaction_id';
    const shares = (category: string, type: string, count: string, amount: string, id: string) =>
      `2024-01-0${id}T10:00:00Z,2024-01-0${id},DEFAULT,${category},${type},STOCK,Apple,${AAPL},${count},,${amount},,,EUR,r-${id}${type}`;
    const plan = planOf(
      [
        ...[header, shares('TRADING', 'BUY', '10', '-100.00', '3')],
        shares('CORPORATE_ACTION', 'BONUS_ISSUE', '1', '', '5'),
        shares('CORPORATE_ACTION', 'BONUS_ISSUE_CANCELLED', '-1', '', '5'),
      ].join('\n'),
    );
    expect(reasons(plan)).toEqual([]);
    const ids = plan.actions.map(({ actionId }) => actionId);
    expect([ids.length, new Set(ids).size]).toEqual([2, 2]);
    expect(plan.actions.map(({ sharesChange }) => sharesChange?.toString())).toEqual(['1', '-1']);
  });
});

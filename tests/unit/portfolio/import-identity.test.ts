/**
 * What a row is known by: another version of the reader, another layout or language of the same export, and columns
 * that came later find what is booked, and neither double it nor pass over what they read otherwise.
 */
import { shortHash } from '#shared/kernel/hash.ts';
import { Money } from '#shared/kernel/money.ts';
import type { ImportPlan } from '#shared/portfolio/import/import-plan.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { bookEntries } from '#shared/portfolio/model/booking.ts';
import { AAPL, empty, linesOf, planOf, reasons, shortly } from './imported.ts';

/** The import of a text into an account with those lines. */
const onto = (ledger: readonly LedgerEntry[], text: string): ImportPlan =>
  planOf(text, bookEntries(empty, ledger), ledger);

const idOf = (format: string, row: unknown): string => `flow-import-${shortHash({ format, row })}`;

const REPUBLIC =
  'datetime,date,account_type,category,type,asset_class,name,symbol,shares,price,amount,fee,tax,currency,transaction_id';
const republic = (type: string, amount: string, id: string, day = '2024-01-05'): string =>
  `${day}T10:00:00Z,${day},DEFAULT,CASH,${type},,,,,,${amount},,,EUR,${id}`;

const degiroNow = `Date,Time,Product,ISIN,Reference exchange,Venue,Quantity,Price,,Local value,,Value EUR,Exchange rate,AutoFX Fee,Transaction and/or third party fees EUR,Total EUR,Order ID,
05-01-2024,15:30,APPLE INC,${AAPL},NDQ,XNAS,2,"189,4000",USD,"-378,80",USD,"-344,36","1,1000","0,00","-2,00","-346,36",,0a1b2c3d-0000-4000-8000-000000000001
05-01-2024,15:30,APPLE INC,${AAPL},NDQ,XNAS,2,"189,4000",USD,"-378,80",USD,"-344,36","1,1000","0,00","-2,00","-346,36",,0a1b2c3d-0000-4000-8000-000000000001
`;
const degiroBefore = `Datum,Tijd,Product,ISIN,Beurs,Uitvoeringsplaats,Aantal,Koers,,Lokale waarde,,Waarde,,Wisselkoers,Kosten,,Totaal,,Order ID
05-01-2024,15:30,APPLE INC,${AAPL},NDQ,XNAS,2,"189,4000",USD,"-378,80",USD,"-344,36",EUR,"1,1000","-2,00",EUR,"-346,36",EUR,0a1b2c3d-0000-4000-8000-000000000001
05-01-2024,15:30,APPLE INC,${AAPL},NDQ,XNAS,2,"189,4000",USD,"-378,80",USD,"-344,36",EUR,"1,1000","-2,00",EUR,"-346,36",EUR,0a1b2c3d-0000-4000-8000-000000000001
`;

/** One row of each kind of identity: by its own id, by named cells, by figures, by the text of its fields. */
const known = {
  ownId: [REPUBLIC, republic('DEPOSIT', '5', 'a')].join('\n'),
  namedCells: 'date,kind,amount,currency\n2024-01-02,deposit,5.00,EUR\n',
  degiroTransactions: degiroNow,
  degiroAccount: `Date,Time,Value date,Product,ISIN,Description,FX,Change,,Balance,,Order Id
10-01-2024,09:00,10-01-2024,,,flatex Deposit,,EUR,"1.500,00",EUR,"1.500,00",
`,
  portfolioPerformance:
    'Date,Type,Value,Transaction Currency,Shares,ISIN,Note\n2024-01-05T10:00,Deposit,4.99,EUR,,,\n',
  activity: `Statement,Header,Field Name,Field Value
Account Information,Data,Base Currency,EUR
Deposits & Withdrawals,Header,Currency,Settle Date,Description,Amount
Deposits & Withdrawals,Data,EUR,2024-01-02,Electronic Fund Transfer,500
`,
  flex: `<FlexQueryResponse><FlexStatements><FlexStatement accountId="U0"><CashTransactions><CashTransaction currency="EUR" fxRateToBase="1" description="CASH RECEIPTS" dateTime="20240102" amount="500" type="Deposits/Withdrawals" /></CashTransactions></FlexStatement></FlexStatements></FlexQueryResponse>`,
  ghostfolio: JSON.stringify({
    activities: [
      {
        ...{ type: 'FEE', date: '2024-01-05T00:00:00.000Z', symbol: 'AAPL', comment: 'more' },
        ...{ currency: 'EUR', quantity: 1, unitPrice: 4.9, fee: 0 },
      },
    ],
  }),
  freedom24: JSON.stringify({
    ...{ date_start: '2024-01-01', trades: { detailed: [] } },
    cash_in_outs: [
      { type_id: 'bank', amount: 5, currency: 'EUR', datetime: '2024-01-02 10:00:00' },
    ],
  }),
};

describe('the version of the reader', () => {
  test('books what an older one left, and nothing twice', () => {
    const text = [
      ...[REPUBLIC, republic('DEPOSIT', '100.00', 'a'), republic('CARD_TRANSACTION', '-9', 'b')],
      republic('FEE', '-1.00', 'c'),
    ].join('\n');
    const older = linesOf(planOf(text)).filter(({ kind }) => kind !== 'withdrawal');
    const plan = onto(older, text);
    expect([plan.known, shortly(plan), reasons(plan)]).toEqual([2, ['withdrawal -9.00'], []]);
    expect(onto([...older, ...linesOf(plan)], text)).toMatchObject({ known: 3, importId: '' });
  });

  test.each([
    ['as another kind', { kind: 'interest' as const }, 'it is booked as interest of EUR 1.50'],
    [
      'with another amount',
      { cash: Money.parse('1.40', 'EUR') },
      'it is booked as deposit of EUR 1.40',
    ],
  ])('names what an older one booked %s, and does not book it again', (_how, change, reason) => {
    const text = [REPUBLIC, republic('BENEFITS_SAVEBACK', '1.50', 's')].join('\n');
    const [now] = linesOf(planOf(text));
    const kind = 'kind' in change ? change.kind : 'deposit';
    const older = {
      ...(now as LedgerEntry),
      ...{ id: idOf('trade-republic', { rowId: 's', kind }), source: 'import:x', ...change },
    };
    const plan = onto([older], text);
    expect(shortly(plan)).toEqual([]);
    expect(reasons(plan)).toEqual([
      `2: ${reason}, and is read as deposit of EUR 1.50 now: undo import:x by trader reverse, and import again`,
    ]);
    const undone = { ...older, id: `flow-reversal-${older.id.slice('flow-'.length)}` };
    expect(shortly(onto([older, undone], text))).toEqual(['deposit 1.50']);
  });

  test('knows rows without an id by what older ones knew them by', () => {
    const cells = degiroNow.split('\n')[1]?.replaceAll('"', '').split(',') ?? [];
    const [first, second] = linesOf(planOf(degiroNow));
    const joined = [
      ...[...cells.slice(0, 7), '189,4000', 'USD', '-378,80', 'USD', '-344,36', '1,1000', '0,00'],
      ...['-2,00', '-346,36', '', '0a1b2c3d-0000-4000-8000-000000000001'],
    ].join('\u001f');
    const id = idOf('degiro-transactions', joined);
    const older = [
      { ...(first as LedgerEntry), id },
      { ...(second as LedgerEntry), id: `${id}-2` },
    ];
    expect(onto(older, degiroNow)).toMatchObject({ known: 2, movements: [] });
    expect(onto(older.slice(0, 1), degiroNow)).toMatchObject({ known: 1, left: [] });
    expect(shortly(onto(older.slice(0, 1), degiroNow))).toHaveLength(1);
  });

  test('changes no id: one is fixed for each way to know a row', () => {
    const ids = Object.entries(known).map(([name, text]) => [
      name,
      planOf(text).movements[0]?.flowId,
    ]);
    expect(Object.fromEntries(ids)).toEqual({
      ownId: 'import-12f8b866b722f6a9',
      namedCells: 'import-a0330b393eda3f00',
      degiroTransactions: 'import-ecd67f00a767ad24',
      degiroAccount: 'import-41957bacf50db932',
      portfolioPerformance: 'import-9b14e1f1f7a0a1a9',
      activity: 'import-fc206c35038324c9',
      flex: 'import-ea3c74c53816a7ed',
      ghostfolio: 'import-57c73215df865cd1',
      freedom24: 'import-f4856e153dfbaee9',
    });
  });
});

describe('the same row in another export', () => {
  test('of DEGIRO in another language and layout', () => {
    const first = linesOf(planOf(degiroBefore));
    expect(shortly(planOf(degiroBefore))).toEqual(shortly(planOf(degiroNow)));
    expect(onto(first, degiroNow)).toMatchObject({ known: 2, movements: [], left: [] });
  });

  test('of Trading 212 with a column that came later', () => {
    const header = 'Action,Time,ISIN,Ticker,No. of shares,Price / share,Total,Currency (Total),ID';
    const row = `Dividend (Dividend),2024-02-12 09:32:51,${AAPL},AAPL,2,0.22,0.42,EUR,`;
    const first = linesOf(planOf(`${header}\n${row}\n`));
    const later = `Stamp duty,${header}\n,${row}\n0.50,${row.replace('02-12', '02-13')}\n`;
    const plan = onto(first, later);
    expect([plan.known, shortly(plan)]).toEqual([1, [`dividend ${AAPL} 0.42`]]);
  });

  test('of Portfolio Performance in another language', () => {
    const english = `Date,Type,Value,Transaction Currency,Fees,Taxes,Shares,ISIN,Ticker Symbol,Note
2024-01-05T10:00,Buy,"1,004.99",EUR,4.99,,10,${AAPL},AAPL,
`;
    const german = `Datum;Typ;Wert;Buchungswährung;Gebühren;Steuern;Stück;ISIN;Ticker-Symbol;Notiz
2024-01-05T10:00;Kauf;-1.004,99;EUR;4,99;;10;${AAPL};AAPL;
`;
    expect(onto(linesOf(planOf(english)), german)).toMatchObject({ known: 1, movements: [] });
  });

  test('is another one where its own id comes again on another day', () => {
    const first = [REPUBLIC, republic('DIVIDEND', '4.00', 'd')].join('\n');
    const later = [REPUBLIC, republic('DIVIDEND', '5.00', 'd', '2024-04-05')].join('\n');
    const plan = onto(linesOf(planOf(first)), later);
    expect([shortly(plan), reasons(plan)]).toEqual([['dividend 5.00'], []]);
  });

  test('is told from one that was left, whose number it follows', () => {
    const sale = `2024-01-05,sell,${AAPL},1,10,EUR`;
    const both = `date,kind,isin,quantity,amount,currency\n${sale}\n${sale}\n`;
    const bought = `date,kind,isin,quantity,amount,currency\n2024-01-04,buy,${AAPL},1,-9,EUR\n`;
    const lines = linesOf(planOf(bought));
    const first = onto(lines, both);
    expect([shortly(first).length, first.left.length]).toEqual([1, 1]);
    const again = onto([...lines, ...linesOf(first)], both);
    expect([again.known, again.left.length]).toEqual([1, 1]);
  });
});

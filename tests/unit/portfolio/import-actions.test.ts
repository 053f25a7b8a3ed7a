/** Corporate actions in the files of brokers: what each becomes, and what is left out with its reason. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { importPlan, type ImportPlan } from '#shared/portfolio/import/import-plan.ts';
import { readImport } from '#shared/portfolio/import/read-import.ts';
import { emptyBook } from '#shared/portfolio/model/booking.ts';
import { EUR } from './lines.ts';

const [AAPL, META, SPUN] = ['US0378331005', 'US30303M1027', 'US5949181045'] as Isin[];
const NEW = 'DE0005190003' as Isin;

function planOf(content: string, declared: readonly CorporateAction[] = []): ImportPlan {
  return importPlan(readImport(content), {
    ...{ book: emptyBook(DEFAULT_ACCOUNT, EUR), bookedActions: [], declared },
    lineOf: () => undefined,
    now: instantOf(Date.parse('2025-01-01T12:00:00Z')),
    isinOf: () => undefined,
    rateOf: () => Decimal.parse('0.9'),
  });
}

const shortly = ({ actions }: ImportPlan) =>
  actions.map(({ kind, isin, sharesChange, newIsin, sharesReceived, cash }) =>
    [
      kind,
      isin,
      sharesChange?.toString() ?? '',
      ...(newIsin ? [newIsin, sharesReceived?.toString()] : []),
      ...(cash ? [cash.toString()] : []),
    ].join(' '),
  );
const reasons = ({ left }: ImportPlan) => left.map(({ line, reason }) => `${line}: ${reason}`);

const splitOf = (day: string, source = 'yahoo'): CorporateAction => ({
  ...{ actionId: `split-${AAPL}-${day}`, kind: 'split', isin: AAPL as Isin, day: parseDay(day) },
  ...{ newShares: Decimal.of(4), oldShares: Decimal.of(1), source },
});

const T212 =
  'Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,Currency (Total),ID\n';
const IBKR = `Statement,Header,Field Name,Field Value
Account Information,Header,Field Name,Field Value
Account Information,Data,Base Currency,EUR
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,C. Price,Proceeds,Comm/Fee,Basis,Realized P/L,MTM P/L,Code
Trades,Data,Order,Stocks,EUR,OLD,"2024-01-05, 10:30:00",10,100,100,-1000,0,1000,0,0,O
Financial Instrument Information,Header,Asset Category,Symbol,Description,Conid,Security ID,Listing Exch,Multiplier,Type,Code
Financial Instrument Information,Data,Stocks,OLD,OLD INC,1,${META},NASDAQ,1,COMMON,
Corporate Actions,Header,Asset Category,Currency,Report Date,Date/Time,Description,Quantity,Proceeds,Value,Realized P/L,Code
`;
const FLEX = (
  rows: string,
) => `<FlexQueryResponse queryName="q" type="AF"><FlexStatements count="1"><FlexStatement accountId="U0" fromDate="20240101" toDate="20240801" whenGenerated="20240801;060000">
<Trades><Trade currency="EUR" fxRateToBase="1" assetCategory="STK" symbol="AAPL" isin="${AAPL}" tradeID="1" dateTime="20240105;093001" buySell="BUY" quantity="10" tradePrice="100" proceeds="-1000" taxes="0" ibCommission="0" ibCommissionCurrency="EUR" levelOfDetail="EXECUTION" /></Trades>
<CorporateActions>${rows}</CorporateActions></FlexStatement></FlexStatements></FlexQueryResponse>`;
const flexRow = (type: string, text: string, isin: string, quantity: string, more = '') =>
  `<CorporateAction currency="EUR" fxRateToBase="1" assetCategory="STK" symbol="X" isin="${isin}" type="${type}" actionDescription="${text}" dateTime="20240607;202500" quantity="${quantity}" transactionID="${type}${isin}" ${more}/>`;
const PLAIN = `date,kind,isin,symbol,quantity,price,price_currency,amount,currency,fee,tax,id,ratio,new_isin,new_symbol,cost_ratio
2024-01-05,buy,${AAPL},AAPL,10,100,EUR,-1000,EUR,,,b-1,,,,
`;
const DEGIRO =
  'Date,Time,Product,ISIN,Reference exchange,Venue,Quantity,Price,,Local value,,Value EUR,Exchange rate,AutoFX Fee,Transaction and/or third party fees EUR,Total EUR,Order ID,\n';
const degiroRow = (day: string, isin: string, quantity: string, fee = '') => {
  const value = quantity.startsWith('-') ? '1000,00' : '-1000,00';
  return `${day},09:00,X,${isin},NDQ,XNAS,${quantity},"100,0000",EUR,"${value}",EUR,"${value}",,"0,00","${fee}","${value}",,\n`;
};

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'a split of Trading 212, as shares closed and opened',
    `${T212}Market buy,2024-01-05 14:30:05,${AAPL},AAPL,Apple,10,100,EUR,,1000,EUR,E1
Stock split close,2024-06-10 04:30:05,${AAPL},AAPL,Apple,10,400,EUR,,0,EUR,E2
Stock split open,2024-06-10 04:30:05,${AAPL},AAPL,Apple,40,100,EUR,,0,EUR,E3
Market sell,2024-07-05 14:30:05,${AAPL},AAPL,Apple,40,30,EUR,,1200,EUR,E4
`,
    [`split ${AAPL} 30`],
  ],
  [
    'a reverse split of Trading 212',
    `${T212}Market buy,2024-01-05 14:30:05,${AAPL},AAPL,Apple,10,100,EUR,,1000,EUR,E1
Stock split close,2024-06-10 04:30:05,${AAPL},AAPL,Apple,10,1,EUR,,0,EUR,
Stock split open,2024-06-10 04:30:05,${AAPL},AAPL,Apple,1,10,EUR,,0,EUR,
`,
    [`split ${AAPL} -9`],
  ],
  [
    'a new ISIN at DEGIRO',
    `${DEGIRO}${degiroRow('10-06-2024', NEW as string, '10')}${degiroRow('10-06-2024', AAPL as string, '-10')}${degiroRow('05-01-2024', AAPL as string, '10', '-2,00')}`,
    [`rename ${AAPL} -10 ${NEW} 10`],
  ],
  [
    'a reverse split with a new ISIN at DEGIRO',
    `${DEGIRO}${degiroRow('10-06-2024', NEW as string, '1')}${degiroRow('10-06-2024', AAPL as string, '-10')}${degiroRow('05-01-2024', AAPL as string, '10', '-2,00')}`,
    [`merger ${AAPL} -10 ${NEW} 1`],
  ],
  [
    'a split of Interactive Brokers’ activity statement',
    `${IBKR}Corporate Actions,Data,Stocks,EUR,2024-06-10,"2024-06-07, 20:25:00",OLD(${META}) Split 3 for 1 (OLD, OLD INC, ${META}),20,0,0,0,
Corporate Actions,Data,Total,,,,,,0,0,0,
`
      .replace('(OLD, OLD INC, US30303M1027)', '"')
      .replace(',OLD(', ',"OLD('),
    [`split ${META} 20`],
  ],
  [
    'a new name of Interactive Brokers, in two rows',
    `${IBKR}Corporate Actions,Data,Stocks,EUR,2024-06-10,"2024-06-07, 20:25:00","OLD(${META}) CUSIP/ISIN Change to (${NEW}) (OLD.OLD, OLD INC, ${META})",-10,0,0,0,
Corporate Actions,Data,Stocks,EUR,2024-06-10,"2024-06-07, 20:25:00","OLD(${META}) CUSIP/ISIN Change to (${NEW}) (NEU, NEW INC, ${NEW})",10,0,0,0,
`,
    [`rename ${META} -10 ${NEW} 10`],
  ],
  [
    'a merger for cash of Interactive Brokers',
    `${IBKR}Corporate Actions,Data,Stocks,EUR,2024-06-10,"2024-06-07, 20:25:00","OLD(${META}) Merged(Acquisition)  for EUR 54.20 per Share (OLD, OLD INC, ${META})",-10,542,0,0,
`,
    [`merger ${META} -10 EUR 542.00`],
  ],
  [
    'a split in a Flex query',
    FLEX(
      flexRow('FS', `AAPL(${AAPL}) SPLIT 4 FOR 1 (AAPL, APPLE INC, ${AAPL})`, AAPL as string, '30'),
    ),
    [`split ${AAPL} 30`],
  ],
  [
    'a merger for shares and cash in a Flex query',
    FLEX(
      flexRow(
        'TC',
        `AAPL(${AAPL}) MERGED(Acquisition) WITH ${NEW} 1 FOR 2 (AAPL, APPLE INC, ${AAPL})`,
        AAPL as string,
        '-10',
        'proceeds="50"',
      ) +
        flexRow(
          'TC',
          `AAPL(${AAPL}) MERGED(Acquisition) WITH ${NEW} 1 FOR 2 (NEU, NEW INC, ${NEW})`,
          NEW,
          '5',
        ),
    ),
    [`merger ${AAPL} -10 ${NEW} 5 EUR 50.00`],
  ],
  [
    'a stock dividend in a Flex query',
    FLEX(
      flexRow(
        'SD',
        `AAPL(${AAPL}) STOCK DIVIDEND 1 FOR 10 (AAPL, APPLE INC, ${AAPL})`,
        AAPL as string,
        '1',
      ),
    ),
    [`stock-dividend ${AAPL} 1`],
  ],
  [
    'the plain file: split, spin-off, rename and delisting',
    `${PLAIN}2024-02-05,split,${AAPL},,40,,,0,EUR,,,,4:1,,,
2024-03-05,spin-off,${AAPL},,4,,,0,EUR,,,,1:10,${SPUN},SPUN,0.2
2024-04-05,rename,${AAPL},,,,,0,EUR,,,,,${NEW},NEU,
2024-05-05,delisting,${SPUN},,,,,7.50,EUR,,,,,,,
`,
    [
      `split ${AAPL} 30`,
      `spin-off ${AAPL}  ${SPUN} 4`,
      `rename ${AAPL} -40 ${NEW} 40`,
      `delisting ${SPUN} -4 EUR 7.50`,
    ],
  ],
  [
    'a split of Trade Republic',
    `"datetime","date","account_type","category","type","asset_class","name","symbol","shares","price","amount","fee","tax","currency","transaction_id"
"2024-01-06T10:20:05.865Z","2024-01-06","DEFAULT","TRADING","BUY","STOCK","Apple","${AAPL}","10","100","-1000","","","EUR","t-1"
"2024-06-10T00:00:05.865Z","2024-06-10","DEFAULT","CORPORATE_ACTION","SPLIT","STOCK","Apple","${AAPL}","30","","","","","EUR","t-2"
`,
    [`split ${AAPL} 30`],
  ],
  [
    'a corporate action of Scalable',
    `date;time;status;reference;description;assetType;type;isin;shares;price;amount;fee;tax;currency
2024-01-05;13:10:35;Executed;"S1";"Apple";Security;Buy;${AAPL};10;100,00;-1.000,00;0,00;0,00;EUR
2024-06-10;02:00:00;Executed;"S2";"Apple";Security;Corporate action;${AAPL};-10;;0,00;0,00;0,00;EUR
2024-06-10;02:00:00;Executed;"S3";"Apple";Security;Corporate action;${AAPL};40;;0,00;0,00;0,00;EUR
`,
    [`split ${AAPL} 30`],
  ],
];

describe('corporate actions of an import', () => {
  test.each(cases)('%s', (_name, content, expected) => {
    const plan = planOf(content);
    expect(reasons(plan)).toEqual([]);
    expect(shortly(plan)).toEqual(expected);
  });

  test('a split that is not of the shares that were held is left out', () => {
    const plan =
      planOf(`${T212}Market buy,2024-01-05 14:30:05,${AAPL},AAPL,Apple,8,100,EUR,,800,EUR,E1
Stock split close,2024-06-10 04:30:05,${AAPL},AAPL,Apple,10,400,EUR,,0,EUR,
Stock split open,2024-06-10 04:30:05,${AAPL},AAPL,Apple,40,100,EUR,,0,EUR,
`);
    expect(shortly(plan)).toEqual([]);
    expect(reasons(plan)).toEqual([
      `3: it is of 10 shares of ${AAPL}, and 8 were held before it: import what came before it first`,
    ]);
  });

  test.each([
    [
      `2024-02-05,split,${AAPL},,55,,,0,EUR,,,,4:1,,,`,
      'by its ratio 10 shares become 40, and it says 55',
    ],
    [`2024-02-05,split,${AAPL},,,,,0,EUR,,,,four,,,`, 'ratio: "four" is not like 4:1'],
    [`2024-02-05,split,${AAPL},,,,,0,EUR,,,,,,,`, 'it says neither a ratio nor a number of shares'],
    [`2024-02-05,merger,${AAPL},,,,,0,EUR,,,,,,,`, 'it says neither new shares nor cash'],
    [
      `2024-01-04,split,${AAPL},,,,,0,EUR,,,,4:1,,,`,
      `no shares of ${AAPL} were held before it: import what came before it first`,
    ],
  ])('the plain row %s is left out', (row, reason) => {
    const plan = planOf(`${PLAIN}${row}\n`);
    expect(shortly(plan)).toEqual([]);
    expect(plan.left.map((one) => one.reason)).toEqual([reason]);
  });

  test('a spin-off takes the part of the cost from its declaration, or waits for it', () => {
    const text = `GE(${AAPL}) SPINOFF  1 FOR 4 (GEV, GE VERNOVA INC, ${SPUN})`;
    const content = FLEX(flexRow('SO', text, SPUN as string, '2.5'));
    expect(reasons(planOf(content))[0]).toMatch(/does not say which part of the cost/);
    const declared: CorporateAction = {
      ...{ actionId: 'spin', kind: 'spin-off', isin: AAPL as Isin, day: parseDay('2024-06-10') },
      ...{ newShares: Decimal.of(1), oldShares: Decimal.of(4), newIsin: SPUN, source: 'owner' },
      costRatio: Decimal.parse('0.2'),
    };
    const plan = planOf(content, [declared]);
    expect(shortly(plan)).toEqual([`spin-off ${AAPL}  ${SPUN} 2.5`]);
    expect(plan.actions[0]).toMatchObject({ actionId: 'spin' });
  });

  test('a declared split that the file leaves out is applied to its shares', () => {
    const content = `${PLAIN}2024-09-05,sell,${AAPL},AAPL,40,30,EUR,1200,EUR,,,s-1,,,,\n`;
    expect(reasons(planOf(content))).toEqual([`3: it takes 40 shares of ${AAPL}, and 10 are held`]);
    const plan = planOf(content, [splitOf('2024-06-10')]);
    expect(reasons(plan)).toEqual([]);
    expect(shortly(plan)).toEqual([`split ${AAPL} 30`]);
  });

  test('a file of several accounts of Interactive Brokers is left out whole', () => {
    const row = (account: string) =>
      `<CashTransaction accountId="${account}" currency="EUR" fxRateToBase="1" dateTime="20240102" amount="5" type="Deposits/Withdrawals" transactionID="${account}" />`;
    const plan = planOf(FLEX('').replace('<Trades>', `${row('U1')}${row('U2')}<Trades>`));
    expect(plan.movements).toEqual([]);
    expect(reasons(plan)[0]).toMatch(/^1: it holds several accounts \(U1, U2\)/);
    const history = `Transaction History,Header,Date,Account,Description,Transaction Type,Symbol,Quantity,Price,Gross Amount ,Commission,Net Amount
Transaction History,Data,2024-01-05,U***1,Cash,Deposit,-,-,-,5,-,5
Transaction History,Data,2024-01-05,U***2,Cash,Deposit,-,-,-,5,-,5
`;
    expect(planOf(history).movements).toEqual([]);
    expect(reasons(planOf(history))[0]).toMatch(/several accounts \(U\*\*\*1, U\*\*\*2\)/);
  });

  test('a split of the file and the declared one days apart are one', () => {
    const content = `${PLAIN}2024-06-08,split,${AAPL},,40,,,0,EUR,,,,4:1,,,\n`;
    const plan = planOf(content, [splitOf('2024-06-10')]);
    expect(shortly(plan)).toEqual([`split ${AAPL} 30`]);
    expect(plan.actions[0]?.actionId).toBe(`split-${AAPL}-2024-06-10`);
  });

  test('a program that counts in the shares of today needs no split', () => {
    const content = JSON.stringify({
      activities: [
        {
          ...{ id: 'a', type: 'BUY', date: '2024-01-05T00:00:00.000Z', symbol: 'AAPL' },
          ...{ currency: 'EUR', quantity: 40, unitPrice: 25, fee: 0 },
        },
      ],
      assetProfiles: [{ symbol: 'AAPL', isin: AAPL }],
    });
    const plan = planOf(content, [splitOf('2024-06-10')]);
    expect(shortly(plan)).toEqual([]);
    expect(plan.movements[0]?.covered?.sharesUntil).toBe(Date.parse('2025-01-01T12:00:00Z'));
  });
});

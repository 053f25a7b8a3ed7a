import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { inFolder } from '../../support/folders.ts';

const NOW = instantOf(Date.parse('2026-01-05T12:00:00Z'));
const NORD = parseIsin('DE0FIX000016');
const OSTD = 'DE0FIX000024';
const base = {
  'securities.csv': `isin,symbol,currency\n${NORD},NORD,GBp\n${OSTD},OSTD,EUR\n`,
  'NORD.csv': 'Date,Close\n2024-03-07,5025\n2024-03-08,5150\n',
};

function actionsIn(files: Readonly<Record<string, string>>) {
  return inFolder({ ...base, ...files }, async (folder) =>
    (await openCsv(folder, NOW)).actions(NORD),
  );
}

async function complaint(text: string): Promise<string> {
  const thrown: unknown = await actionsIn({ 'actions.csv': text }).catch(
    (failure: unknown) => failure,
  );
  expect(thrown).toBeInstanceOf(Failure);
  return (thrown as Failure).message;
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('actions.csv', () => {
  it('holds each kind with what it takes', async () => {
    const text = [
      'kind,symbol,date,ratio,amount,currency,tax_ratio,pay_date,new_isin,new_symbol,cost_ratio,fraction_price',
      'Split,NORD,2024-06-10,1:10,,,,,,,,98.5',
      'dividend,NORD,2024-06-03,,42,,"26.375%",2024-06-05,,,,',
      `spin_off,${NORD},2024-09-02,1:5,,,,,${OSTD},OSTD,0.18,`,
      'no-split,nord,2024-05-13,,,,,,,,,',
      'delisting,OSTD,2024-05-13,,,,,,,,,',
    ].join('\n');
    expect(plain(await actionsIn({ 'actions.csv': text }))).toEqual([
      {
        ...{ actionId: `split-${NORD}-2024-06-10`, kind: 'split', isin: NORD, day: '2024-06-10' },
        ...{ newShares: '1', oldShares: '10', source: 'file' },
        fractionPrice: { amount: '0.985', currency: 'GBP' },
      },
      {
        ...{ actionId: `dividend-${NORD}-2024-06-03`, kind: 'dividend', isin: NORD },
        ...{ day: '2024-06-03', payDay: '2024-06-05', taxRatio: '0.26375', source: 'file' },
        amount: { amount: '0.42', currency: 'GBP' },
      },
      {
        ...{ actionId: `spin-off-${NORD}-2024-09-02`, kind: 'spin-off', isin: NORD },
        ...{ day: '2024-09-02', newShares: '1', oldShares: '5', newIsin: OSTD },
        ...{ newSymbol: 'OSTD', costRatio: '0.18', source: 'file' },
      },
      {
        ...{ actionId: `no-split-${NORD}-2024-05-13`, kind: 'no-split', isin: NORD },
        ...{ day: '2024-05-13', source: 'file' },
      },
    ]);
  });

  it.each([
    ['kind,symbol,date\nsplit,NORD,2024-06-10', /actions\.csv:2: newShares: is needed for a split/],
    ['kind,symbol,date\nbonus,NORD,2024-06-10', /kind: "bonus" is none of split, dividend/],
    ['kind,symbol,date\nno-split,WEST,2024-06-10', /symbol: "WEST" is not in securities\.csv/],
    ['kind,symbol,date,ratio\nsplit,NORD,2024-06-10,4', /ratio: "4" is not like 4:1/],
    ['kind,symbol,date,price\nno-split,NORD,2024-06-10,', /columns that nobody knows: price/],
    ['kind,symbol,date,amount\ndividend,NORD,2024-06-10,-1', /amount: is never negative/],
    ['kind,symbol,date,amount\nsplit,NORD,2024-06-10,1', /amount: does not belong to a split/],
    ['kind,symbol\nsplit,NORD', /needs the columns kind, date/],
    ['kind,symbol,date\nno-split,NORD,2024-06-10\nno-split,NORD,2024-06-10', /:3: .* comes twice/],
    [
      'kind,symbol,date,new_isin\nmerger,NORD,2024-06-10,DE0FIX000024',
      /newShares: goes with newIsin/,
    ],
  ])('is refused by line and name: %s', async (text, message) => {
    expect(await complaint(text)).toMatch(message);
  });
});

describe('columns of splits and dividends', () => {
  const rows = (header: string) =>
    `${header}\n2024-03-07,5025,5025,0,1\n2024-03-08,5150,5150,12,4\n2024-03-11,51,51,,0.1\n`;

  it('are actions, dividends only beside adjusted closes', async () => {
    const split = ['split', 'split'];
    const kinds = async (header: string) =>
      (await actionsIn({ 'NORD.csv': rows(header) })).map(({ kind }) => kind);
    expect(await kinds('Date,Close,Adj Close,Dividends,Stock Splits')).toEqual([
      'split',
      'dividend',
      'split',
    ]);
    expect(await kinds('timestamp,close,high,dividend_amount,split_coefficient')).toEqual(split);
  });

  it('give way to what actions.csv says of the same day', async () => {
    const found = await actionsIn({
      'NORD.csv': rows('Date,Close,Adj Close,Dividends,Stock Splits'),
      'actions.csv': 'kind,symbol,date,ratio\nsplit,NORD,2024-03-08,5:1\n',
    });
    expect(found.map(({ newShares, oldShares }) => `${newShares}:${oldShares}`)).toEqual([
      '5:1',
      'undefined:undefined',
      '1:10',
    ]);
  });
});

/** Files that are damaged, joined, or were written by hand with an error: what is wrong is named, never guessed. */
import { AAPL, empty, linesOf, planOf, reasons, shortly } from './imported.ts';

const HEADER =
  'date,kind,isin,symbol,quantity,price,price_currency,amount,currency,fee,tax,id,note\n';
const DEPOSIT = '2024-01-02,deposit,,,,,,5000.00,EUR,,,d-1,\n';

interface Row {
  readonly date?: string;
  readonly kind?: string;
  readonly quantity?: string;
  readonly price?: string;
  readonly unit?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly fee?: string;
  readonly id?: string;
}

function row(stated: Row = {}): string {
  const { date = '2024-01-05', kind = 'buy', quantity = '2', price = '180.00' } = stated;
  const { unit = 'EUR', amount = '-361.00', currency = 'EUR', fee = '1.00', id = 'b-1' } = stated;
  const cells = [date, kind, AAPL, '', quantity, price, unit, amount, currency, fee, '', id, ''];
  return `${cells.join(',')}\n`;
}

const file = (...rows: string[]): string => `${HEADER}${DEPOSIT}${rows.join('')}`;

/** What is booked beside the deposit, and what is left. */
function outcome(text: string): readonly string[] {
  const plan = planOf(text);
  return [...shortly(plan).filter((one) => one !== 'deposit 5000.00'), ...reasons(plan)];
}

const BOUGHT = `buy ${AAPL} 2 -361.00 (1.00)`;

describe('a day', () => {
  test.each([
    ['2024-01-05', BOUGHT],
    ['2024-01-05T23:30:00-05:00', BOUGHT],
    ['2024-01-05 15:30', BOUGHT],
    ['2024-02-30', '3: "2024-02-30" is not a day'],
    ['05.01.2024', '3: "05.01.2024" is no time: it is written like'],
    ['01/05/2024', '3: "01/05/2024" is no time: it is written like'],
    ['Jan 5 2024', '3: "Jan 5 2024" is no time: it is written like'],
    ['2024-01-05 25:00', '3: "2024-01-05 25:00" is no time: it is written like'],
    ['2042-01-05', '3: its day 2042-01-05 is in the future'],
    ['0024-01-05', '3: its day 0024-01-05 is before 1900-01-01'],
  ])('%s', (date, expected) => {
    const [found, ...others] = outcome(file(row({ date })));
    expect(others).toEqual([]);
    expect(found).toMatch(new RegExp(`^${expected.replace(/[()]/g, '\\$&')}`));
  });

  test('with a time is the moment that its zone says', () => {
    const [, bought] = planOf(file(row({ date: '2024-01-05T23:30:00.250-05:00' }))).movements;
    expect(bought?.happenedAt).toBe(Date.parse('2024-01-06T04:30:00.250Z'));
  });
});

describe('a row', () => {
  test.each([
    ['has more cells than the header', row({ amount: '-361,00' }), 'it has 14 cells'],
    ['contradicts its price', row({ amount: '-3.61' }), 'amount: is 3.61, and 2 shares at 180'],
    [
      'contradicts its price in another currency',
      row({ unit: 'USD', price: '200', amount: '-36100' }),
      'its cash of 36100 for 2 shares at 200 USD implies a rate of 90.2475, and that of the day is 0.9',
    ],
    ['pays less than its fee', row({ fee: '400' }), 'amount: pays 361, and fee and tax are 400'],
    ['names no currency', row({ currency: '' }), 'currency: is needed'],
    ['names no amount', row({ amount: '' }), 'amount: is needed'],
    ['buys less than nothing', row({ quantity: '-2' }), 'quantity: of a purchase is above 0'],
    ['moves nothing', row({ kind: 'deposit', amount: '0' }), 'amount: is not 0'],
  ])('that %s is left out', (_name, text, reason) => {
    expect(outcome(file(text))).toEqual([expect.stringContaining(`3: ${reason}`)]);
  });

  test('that the file breaks off in is left out, and one that lacks blank cells alone is booked', () => {
    expect(outcome(file(row()).replace(/,1\.00,,b-1,\n$/, ''))).toEqual([
      '3: it has 9 cells where the header has 13: the file is cut off here',
    ]);
    expect(outcome(file(row()).replace(/,\n$/, '\n'))).toEqual([BOUGHT]);
  });

  test('that stands twice under one id is one', () => {
    const twice = planOf(file(row(), row()));
    expect([shortly(twice).length, reasons(twice), twice.known]).toEqual([2, [], 1]);
    const ledger = linesOf(planOf(file(row())));
    const booked = new Set(ledger.map(({ id }) => id));
    const again = planOf(file(row(), row()), { ...empty, booked } as never, ledger);
    expect([shortly(again), again.known]).toEqual([[], 3]);
  });

  test('under the id of another one is left out', () => {
    expect(outcome(file(row(), row({ quantity: '3', amount: '-541.00' })))).toEqual([
      BOUGHT,
      '4: its id b-1 is that of line 3, which says something else',
    ]);
  });

  test('of a day comes after those below it where the newest stands first', () => {
    const sold = row({ kind: 'sell', quantity: '1', amount: '179.00', id: 's-1' });
    const newestFirst = `${HEADER}${sold}${row()}${DEPOSIT}`;
    expect(outcome(newestFirst)).toEqual([BOUGHT, `sell ${AAPL} 1 179.00 (1.00)`]);
  });
});

describe('a file', () => {
  test.each([
    ['with line ends of two kinds', `sep=,\r\n${file(row())}`],
    ['with its columns in capitals', file(row()).replace(HEADER, HEADER.toUpperCase())],
  ])('%s is read', (_name, text) => {
    expect(outcome(text)).toEqual([BOUGHT]);
  });

  test.each([
    ['that is empty', '', 'no known format: the file is empty; known are'],
    ['of a login page', '<html></html>', 'no known format: it begins with <html></html>; known'],
    ['of other columns', 'a,b\n1,2\n', 'no known format: it begins with columns a, b; known are'],
    ['with a column twice', `amount,${HEADER}`, 'the column amount comes twice'],
    ['with an open quote', file('"x\n'), 'line 3 has a quote (") that is not closed'],
  ])('%s is refused', (_name, text, message) => {
    expect(() => planOf(text)).toThrow(message);
  });

  test.each([
    ['{"activities": [', 'it is no JSON, or cut off'],
    ['{"activities": [{"id": 7}]}', 'it is not in the form of this export: activities.0.id'],
    ['{"trades": {"detailed": [{"q": "1,5"}]}, "date_start": ""}', 'trades.detailed.0.q: a number'],
    ['<FlexQueryResponse><FlexStatements', 'it is no XML of a Flex query, or cut off'],
  ])('%s says what is wrong with it', (text, reason) => {
    expect(reasons(planOf(text))).toEqual([expect.stringContaining(reason)]);
  });

  test('of which one activity has no day is booked without it', () => {
    const one = { type: 'BUY', symbol: 'AAPL', currency: 'EUR', quantity: 1, unitPrice: 5, fee: 0 };
    const activities = [
      { ...one, date: '2024-13-01' },
      { ...one, date: '2024-01-05T00:00:00Z' },
    ];
    const plan = planOf(JSON.stringify({ activities }));
    expect([shortly(plan), reasons(plan)]).toEqual([
      [`buy ${AAPL} 1 -5.00`],
      ['1: "2024-13-01" is not a day'],
    ]);
  });
});

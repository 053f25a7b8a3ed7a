import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { inFolder } from '../../support/folders.ts';

const NORD = parseIsin('DE0FIX000016');
const NOW = instantOf(Date.parse('2026-01-05T12:00:00Z'));
const LISTING = `isin,symbol,name,currency\n${NORD},NORD,Nordwald,EUR\n`;
const TWO_DAYS = [
  ['2024-03-07', 50.25],
  ['2024-03-08', 51.5],
];

const closes = (file: string, text: string) =>
  inFolder({ 'securities.csv': LISTING, [file]: text }, async (folder) => {
    const bars = await (await openCsv(folder, NOW)).bars(NORD, parseDay('1900-01-01'));
    return bars.map(({ day, close }) => [day, close]);
  });

async function complaints(text: string): Promise<readonly string[]> {
  const thrown: unknown = await closes('NORD.csv', text).catch((failure: unknown) => failure);
  expect(thrown).toBeInstanceOf(Failure);
  return (thrown as Failure).message.split('; NORD.csv').map((one) => one.trim());
}

const page =
  'Date\tOpen\tHigh\tLow\tClose Close price adjusted for splits.\t' +
  'Adj Close Adjusted close price adjusted for splits and dividend and/or capital gain distributions.\tVolume';

describe('downloads', () => {
  test.each([
    [
      'the page of Yahoo, with its tooltips, a dividend and a split',
      'NORD.csv',
      `${page}\nMar 8, 2024\t51\t52\t50\t51.5\t51.5\t1,000\nMar 8, 2024\t0.24 Dividend\nMar 8, 2024\t4:1 Stock Splits\nMar 7, 2024\t50\t51\t49\t50.25\t50.25\t1,000\n`,
    ],
    [
      'MarketWatch, with years of two digits',
      'NORD.csv',
      'Date, Open, High, Low, Close, Volume\n03/08/24, 51, 52, 50, 51.5, 100\n03/07/24, 50, 51, 49, 50.25, 100\n',
    ],
    [
      'a German exchange, with years of two digits',
      'NORD.csv',
      'Datum;Schluss;Umsatz Stk.\n08.03.24;51,50;10.000\n07.03.24;50,25;10.000\n',
    ],
    [
      'the day of the week before the day',
      'NORD.csv',
      'Date,Close\n"Thursday, March 07, 2024",50.25\nFri Mar 08 2024,51.5\n',
    ],
    ['the old spelling', 'NORD.csv', 'Datum;Schlußkurs\n07.03.2024;50,25\n08.03.2024;51,50\n'],
    [
      'the name that NSE gives a file',
      'Quote-Equity-NORD-EQ-01-01-2024-to-08-03-2024.csv',
      '"Date ","series ","close "\n"08-Mar-2024","EQ","51.50"\n"07-Mar-2024","EQ","50.25"\n',
    ],
    [
      'a title with commas above semicolons',
      'NORD.csv',
      'Kurse der Nordwald AG, Hamburg, in EUR\n\nDatum;Schluss\n07.03.2024;50,25\n08.03.2024;51,50\n',
    ],
    [
      'blank lines above semicolons',
      'NORD.csv',
      '\n\nDatum;Schluss\n07.03.2024;50,25\n08.03.2024;51,50\n',
    ],
    [
      'Euronext, with the ISIN above the header',
      'NORD.csv',
      '"Historical Data"\n"From 2024-03-07 to 2024-03-08"\nDE0FIX000016\nDate;Open;High;Low;Last;Close\n08/03/2024;51;52;50;51;51.5\n07/03/2024;50;51;49;50;50.25\n',
    ],
    [
      'a source and a disclaimer below',
      'NORD.csv',
      'Date,Close\n2024-03-07,50.25\n2024-03-08,51.5\n\nSource: Nordic Exchange\nPrices are delayed, without warranty\n',
    ],
    ['months in German', 'NORD.csv', 'Datum;Schluss\n7. März 2024;50,25\n08. Mär. 2024;51,50\n'],
    ['months in French', 'NORD.csv', 'Date;Clôture\n7 mars 2024;50,25\n8 mars 2024;51,50\n'],
    ['months in Spanish', 'NORD.csv', 'Fecha;Cierre\n7 de marzo de 2024;50,25\n8 mar 2024;51,50\n'],
    [
      'named months, years of two digits',
      'NORD.csv',
      'Date,Close\n07-Mar-24,50.25\n08-Mar-24,51.5\n',
    ],
    [
      'quotes inside of a text',
      'NORD.csv',
      'Date,Close,Note\n2024-03-07,50.25,a "b" c\n2024-03-08,51.5,\n',
    ],
    [
      'a text file of Stooq',
      'nord.us.txt',
      '<TICKER>,<DATE>,<CLOSE>\nNORD.US,20240307,50.25\nNORD.US,20240308,51.5\n',
    ],
    ['a file of tabs', 'NORD.tsv', 'Date\tClose\n2024-03-07\t50.25\n2024-03-08\t51.5\n'],
    ['a copy', 'NORD - Copy.csv', 'Date,Close\n2024-03-07,50.25\n2024-03-08,51.5\n'],
    ['an ending twice', 'NORD.csv.csv', 'Date,Close\n2024-03-07,50.25\n2024-03-08,51.5\n'],
    [
      'a range of days in the name',
      'NORD_2024-03-07_2024-03-08.csv',
      'Date,Close\n2024-03-07,50.25\n2024-03-08,51.5\n',
    ],
    [
      'Investing.com in German',
      'NORD Historische Daten.csv',
      'Datum,Zuletzt\n07.03.2024,"50,25"\n08.03.2024,"51,50"\n',
    ],
    [
      'TradingView',
      'XETR_DLY_NORD, 1D.csv',
      'time,open,high,low,close\n1709769600,50,51,49,50.25\n1709856000,51,52,50,51.5\n',
    ],
  ])('are read: %s', async (_name, file, text) => {
    expect(await closes(file, text)).toEqual(TWO_DAYS);
  });

  test('with the year of two digits first are refused: the day would be another', async () => {
    const [first] = await complaints('Date,Close\n24/03/07,50.25\n24/03/08,51.5\n');
    expect(first).toMatch(
      /^NORD.csv:2: "24\/03\/07" is not a day; write the year with four digits/,
    );
  });

  test.each([
    ['a row cut off', '2024-03-08', 'NORD.csv:3'],
    ['a day cut off', '2024-03-0,51.5', 'NORD.csv:3'],
    ['an average', 'Average,50.9', 'NORD.csv:3'],
    ['a month alone', 'Mar 08', 'NORD.csv:3'],
  ])('are refused with %s at the end', async (_name, row, where) => {
    const [first] = await complaints(`Date,Close\n2024-03-07,50.25\n${row}\n`);
    expect(first).toContain(where);
  });

  test.each([
    [';', '3.501', 'decimal point or a thousands separator'],
    ['\t', '13.279', 'decimal point or a thousands separator'],
    [',', '"13,279"', 'decimal comma or a thousands separator'],
  ])(
    'are refused where "%s" stands between cells and all numbers are like %s',
    async (sign, cell, text) => {
      const [first] = await complaints(`Date${sign}Close\n2024-03-07${sign}${cell}\n`);
      expect(first).toContain(text);
    },
  );

  test.each(['.', '--', 'n.a.', '#N/A', 'N/D', '—'])(
    'leave out a day that has %s for a price',
    async (cell) => {
      const text = `Date,Close\n2024-03-06,${cell}\n2024-03-07,50.25\n2024-03-08,51.5\n`;
      expect(await closes('NORD.csv', text)).toEqual(TWO_DAYS);
    },
  );

  test('are refused by the line of a quote that is not closed', async () => {
    const [first, ...others] = await complaints(
      'Date,Close\n2024-03-07,50.25\n"2024-03-08,51.5\n2024-03-11,50\n',
    );
    expect(first).toBe('NORD.csv:3: has a quote (") that is not closed');
    expect(others).toEqual([]);
  });

  test('are refused where a column of prices comes twice', async () => {
    const [first] = await complaints('Date,Close,Close\n2024-03-07,50.25,55\n');
    expect(first).toBe('NORD.csv:1: column Close comes twice');
  });

  test('name the first faults of a kind and count the others', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `soon ${i},50`).join('\n');
    const found = await complaints(`Date,Close\n${rows}\n`);
    expect(found).toHaveLength(6);
    expect(found.at(-1)).toBe(': and 35 more rows with such a fault');
  });
});

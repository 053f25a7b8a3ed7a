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
  ])('are read: %s', async (_name, file, text) => {
    expect(await closes(file, text)).toEqual(TWO_DAYS);
  });

  test('with the year of two digits first are refused: the day would be another', async () => {
    const [first] = await complaints('Date,Close\n24/03/07,50.25\n24/03/08,51.5\n');
    expect(first).toMatch(
      /^NORD.csv:2: "24\/03\/07" is not a day; write the year with four digits/,
    );
  });

  test('name the first faults of a kind and count the others', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `soon ${i},50`).join('\n');
    const found = await complaints(`Date,Close\n${rows}\n`);
    expect(found).toHaveLength(6);
    expect(found.at(-1)).toBe(': and 35 more rows with such a fault');
  });
});

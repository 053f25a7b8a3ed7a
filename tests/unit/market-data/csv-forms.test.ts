import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { barToCheck } from '#shared/clients/market-data/checked-bars.ts';
import type { DailyBar } from '#shared/clients/market-data/market-data.ts';
import { checkBars } from '#shared/kernel/bars/bar-check.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { inFolder } from '../../support/folders.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

const BEGINNING = parseDay('1900-01-01');
const NORD = parseIsin('DE0FIX000016');
const OSTD = parseIsin('DE0FIX000024');
const NOW = instantOf(Date.parse('2026-01-05T12:00:00Z'));

const listing = (...symbols: readonly [string, string?][]): string =>
  `isin,symbol,name,currency\n${symbols
    .map(([symbol, currency = 'EUR'], i) => `${[NORD, OSTD][i]},${symbol},Name ${i},${currency}`)
    .join('\n')}\n`;

function read(files: Files): Promise<readonly DailyBar[]> {
  return inFolder({ 'securities.csv': listing(['NORD']), ...files }, async (folder) =>
    (await openCsv(folder, NOW)).bars(NORD, BEGINNING),
  );
}

const closes = async (files: Files) => (await read(files)).map(({ day, close }) => [day, close]);

async function complaint(files: Files): Promise<string> {
  const thrown: unknown = await read(files).catch((failure: unknown) => failure);
  expect(thrown).toBeInstanceOf(Failure);
  return (thrown as Failure).message;
}

const TWO_DAYS = [
  ['2024-03-07', 50.25],
  ['2024-03-08', 51.5],
];

describe('the locale of numbers', () => {
  test.each([
    ['a semicolon file', 'Date;Close\n2024-03-08;51,50\n2024-03-07;50,25\n'],
    ['a tab file', 'Date\tClose\n2024-03-08\t51,50\n2024-03-07\t50,25\n'],
    ['quoted cells between commas', 'Date,Close\n2024-03-08,"51,50"\n2024-03-07,"50,25"\n'],
    ['a semicolon file with points', 'Date;Close\n2024-03-08;51.50\n2024-03-07;50.25\n'],
  ])('is read from %s', async (_name, text) => {
    expect(await closes({ 'NORD.csv': text })).toEqual(TWO_DAYS);
  });

  test.each([
    ['13,279', ';', 13.279],
    ['0,915', '\t', 0.915],
    ['1.234,567', ';', 1234.567],
    ['12.345.678,5', ';', 12345678.5],
    ['"1,234.5"', ',', 1234.5],
    ['"3,501.20"', ',', 3501.2],
    ['"12,34,567.50"', ',', 1234567.5],
    ["1'234.50", ',', 1234.5],
    ['1\u00a0234,50', ';', 1234.5],
    ['€1234.50', ',', 1234.5],
    ['3.5e2', ',', 350],
  ])('reads %s between "%s" as %d', async (cell, delimiter, expected) => {
    const text = `Date${delimiter}Close\n2024-03-08${delimiter}${cell}\n`;
    expect((await read({ 'NORD.csv': text }))[0]?.close).toBe(expected);
  });

  test.each([
    ['7.02M', 7_020_000],
    ['1.5K', 1_500],
    ['0.25B', 250_000_000],
    ['"1,204,000"', 1_204_000],
    ['-', undefined],
  ])('reads the volume %s', async (volume, expected) => {
    const bars = await read({ 'NORD.csv': `Date,Close,Volume\n2024-03-08,5.5,${volume}\n` });
    expect(bars[0]?.volume).toBe(expected);
  });

  test('reads 7,02M with a decimal comma', async () => {
    const bars = await read({ 'NORD.csv': 'Datum;Zuletzt;Vol.\n08.03.2024;5,50;7,02M\n' });
    expect(bars[0]).toMatchObject({ day: '2024-03-08', close: 5.5, volume: 7_020_000 });
  });

  test.each([
    ['a comma file whose commas may be either', 'Date,Close\n2024-03-08,"13,279"\n', 'NORD.csv:2'],
    ['two locales', 'Date;Close\n2024-03-07;50,25\n2024-03-08;51.5\n', 'NORD.csv:3'],
    ['a wrong grouping', 'Date,Close\n2024-03-07,5.5\n2024-03-08,"12,3456.7"\n', 'NORD.csv:3'],
    ['letters', 'Date,Close\n2024-03-08,5O\n', 'NORD.csv:2'],
  ])('refuses %s by file and line', async (_name, text, where) => {
    expect(await complaint({ 'NORD.csv': text })).toContain(where);
  });

  test('is one for rates and fundamentals too', async () => {
    const files = {
      'securities.csv': listing(['NORD', 'USD']),
      'NORD.csv': 'Date,Close\n2024-03-08,5.5\n',
      'rates.csv': 'date;from;to;rate\n2024-03-08;USD;EUR;0,915\n',
      'fundamentals.csv': 'symbol;dividendYieldRatio;peRatio\nNORD;0,031;14,250\n',
    };
    await inFolder(files, async (folder) => {
      const source = await openCsv(folder, NOW);
      const code = parseCurrency;
      expect(await source.rates(code('USD'), code('EUR'), BEGINNING)).toMatchObject([
        { rate: 0.915 },
      ]);
      expect(await source.fundamentals(NORD)).toMatchObject({
        dividendYieldRatio: 0.031,
        peRatio: 14.25,
      });
    });
  });
});

describe('rows', () => {
  test.each([
    ['more cells', 'Date,Close\n2024-03-08,3,501.20\n', 'has 3 cells where the header has 2'],
    [
      'fewer cells',
      'Date,Open,High,Close\n2024-03-08,51,52\n',
      'has 3 cells where the header has 4',
    ],
  ])('with %s than the header are refused', async (_name, text, message) => {
    const failure = await complaint({ 'NORD.csv': text });
    expect(failure).toContain('NORD.csv:2');
    expect(failure).toContain(message);
  });

  test('of a wide file and of rates.csv are refused too', async () => {
    const failure = await complaint({
      'c.csv': 'Date,NORD,OSTD\n2024-03-08,50,25,70\n',
      'rates.csv': 'date,from,to,rate\n2024-03-08,USD,EUR,1,085\n',
    });
    expect(failure).toContain('c.csv:2');
    expect(failure).toContain('rates.csv:2');
  });

  test('may have empty cells at the end', async () => {
    expect(await closes({ 'NORD.csv': 'Date,Close\n2024-03-08,5.5,,\n' })).toHaveLength(1);
  });

  test('with prices but no close have a close that is not a number', async () => {
    const bars = await read({ 'NORD.csv': 'Date,Open,Close\n2024-03-07,5,5\n2024-03-08,5,\n' });
    expect(bars.map(({ close }) => close)).toEqual([5, Number.NaN]);
  });

  test('of null are no bars', async () => {
    const text = 'Date,Open,Close\n2024-03-07,5,5\n2024-03-08,null,null\n';
    expect(await closes({ 'NORD.csv': text })).toHaveLength(1);
  });

  test('are counted as an editor does, behind quoted line breaks too', async () => {
    const text = 'Date,Close,Note\n2024-03-07,5,"two\nlines"\n2024-03-08,five,\n';
    expect(await complaint({ 'NORD.csv': text })).toContain('NORD.csv:4');
  });
});

describe('days', () => {
  test.each([
    ['2024-03-08'],
    ['2024/03/08'],
    ['20240308'],
    ['3/8/2024'],
    ['08-Mar-2024'],
    ['8 March 2024'],
    ['"Mar 08, 2024"'],
    ['08.03.2024'],
    ['2024-03-08 00:00:00-05:00'],
    ['2024-03-08T17:30:00Z'],
    ['1709856000'],
  ])('are written %s', async (day) => {
    expect(await closes({ 'NORD.csv': `Date,Close\n${day},5\n` })).toEqual([['2024-03-08', 5]]);
  });

  test('have the day first where a row shows it', async () => {
    const text = 'Date,Close\n08/03/2024,5\n13/03/2024,6\n';
    expect(await closes({ 'NORD.csv': text })).toEqual([
      ['2024-03-08', 5],
      ['2024-03-13', 6],
    ]);
  });

  test.each([
    // As months first: 7 April, a Sunday.
    ['puts no price on a weekend', ['04/03/2024', '04/07/2024', '04/09/2024'], '2024-03-04'],
    ['gives consecutive days', ['04/03/2024', '05/03/2024', '06/03/2024'], '2024-03-04'],
    ['has months first, of two that pass', ['03/07/2024'], '2024-03-07'],
  ])('have the order that %s', async (_name, days, first) => {
    const text = `Date,Close\n${days.map((day) => `${day},5\n`).join('')}`;
    expect((await closes({ 'NORD.csv': text }))[0]?.[0]).toBe(first);
  });

  test('of the first of each month are refused where nothing states the order', async () => {
    const rows = Array.from(
      { length: 12 },
      (_, i) => `01/${String(i + 1).padStart(2, '0')}/2023,5`,
    );
    const failure = await complaint({ 'NORD.csv': `Date,Close\n${rows.join('\n')}\n` });
    expect(failure).toContain('may begin with the month or with the day');
  });

  test('in two orders are refused', async () => {
    const text = 'Date,Close\n13/03/2024,5\n03/14/2024,6\n';
    expect(await complaint({ 'NORD.csv': text })).toContain('NORD.csv:3');
  });

  test.each(['2026-01-06', '2042-03-11', '2204-03-08'])(
    'after today, as %s, are refused',
    async (day) => {
      const failure = await complaint({
        'NORD.csv': `Date,Close\n2024-03-08,5\n${day},5\n`,
        'rates.csv': `date,from,to,rate\n${day},USD,EUR,1\n`,
      });
      expect(failure).toContain(`NORD.csv:3: ${day} is in the future: today is 2026-01-05`);
      expect(failure).toContain('rates.csv:2');
    },
  );

  test('years before the next are named at the start', async () => {
    const files = {
      'securities.csv': listing(['NORD']),
      'NORD.csv': 'Date,Close\n2002-03-07,5\n2024-03-08,5\n',
    };
    await inFolder(files, async (folder) => {
      const { doubts } = await openCsv(folder, NOW);
      expect(doubts).toEqual(['NORD.csv:3: 8037 days lie between 2002-03-07 and 2024-03-08.']);
    });
  });
});

describe('the kind of a file', () => {
  test.each(['LOW', 'OPEN', 'HIGH', 'CLOSE', 'DAY'])(
    'is that of its name, not of a column called like the symbol %s',
    async (ticker) => {
      const files = {
        'securities.csv': listing(['NORD'], [ticker]),
        'NORD.csv': 'Date,Price,Open,High,Low\n03/08/2024,88.80,88.80,89.69,87.91\n',
      };
      await inFolder(files, async (folder) => {
        const source = await openCsv(folder, NOW);
        expect(await source.bars(OSTD, BEGINNING)).toEqual([]);
        expect(await source.bars(NORD, BEGINNING)).toMatchObject([{ close: 88.8, low: 87.91 }]);
      });
    },
  );

  test('is wide where one symbol is called like a column of bars', async () => {
    const files = {
      'securities.csv': listing(['NORD'], ['LOW']),
      'c.csv': 'Date,NORD,LOW\n2024-03-08,5,6\n',
    };
    await inFolder(files, async (folder) => {
      expect(await (await openCsv(folder, NOW)).bars(OSTD, BEGINNING)).toHaveLength(1);
    });
  });

  test('is refused, with the columns found and needed, where the name is all there is', async () => {
    const failure = await complaint({ 'NORD.csv': 'Datz,Clse,Volume\n2024-03-08,5,100\n' });
    expect(failure).toContain('NORD.csv:1');
    expect(failure).toContain('Datz, Clse, Volume');
    expect(failure).toContain('needed are a date and a close');
  });

  test('names the columns of every file where no symbol has prices', async () => {
    const failure = await complaint({ 'x.csv': 'Day,Quote\n2024-03-08,5\n' });
    expect(failure).toContain('x.csv (is no table of prices: found the columns Day, Quote');
  });

  test.each([
    ['BF/B', 'BF-B.csv'],
    ['BF/B', 'BF_B.csv'],
    ['BRK.B', 'BRK-B.csv'],
    ['BRK-B', 'brk.b.csv'],
    ['IBM', 'daily_IBM.csv'],
    ['IBM', 'daily_adjusted_IBM.csv'],
    ['AAPL', 'aapl_us_d.csv'],
    ['AAPL', 'aapl.us.csv'],
    ['AAPL', 'AAPL Historical Data.csv'],
    ['AAPL', 'AAPL (1).csv'],
    ['M&M', 'M&M.csv'],
    ['AAPL', 'Name 0 Stock Price History.csv'],
    ['AAPL', `${NORD}.csv`],
  ])('is prices of %s where it is called %s', async (symbol, file) => {
    const files = { 'securities.csv': listing([symbol]), [file]: 'Date,Close\n2024-03-08,5\n' };
    expect(await closes(files)).toHaveLength(1);
  });

  test('is refused where two symbols differ in their sign alone and neither is meant', async () => {
    const files = {
      'securities.csv': listing(['BF/B'], ['BF-B']),
      'BF.B.csv': 'Date,Close\n2024-03-08,5\n',
    };
    expect(await complaint(files)).toContain('BF.B.csv');
  });
});

const investing = '"Date","Price","Open","High","Low","Vol.","Change %"\n';

describe('files that people have', () => {
  test.each<[string, Files]>([
    [
      'Yahoo',
      {
        'NORD.csv':
          'Date,Open,High,Low,Close*,Adj Close**,Volume\n2024-03-07,50,51,49,50.25,50.25,100\n2024-03-08,51,52,50,51.5,51.5,100\n',
      },
    ],
    [
      'yfinance, fields first',
      {
        'NORD.csv':
          'Price,Close,High,Low,Open,Volume\nTicker,NORD,NORD,NORD,NORD,NORD\nDate,,,,,\n' +
          '2024-03-07,50.25,51,49,50,100\n2024-03-08,51.5,52,50,51,100\n',
      },
    ],
    [
      'yfinance, several tickers',
      {
        'download.csv':
          'Price,Close,Close,Open,Open\nTicker,NORD,ELSE,NORD,ELSE\nDate,,,,\n' +
          '2024-03-07,50.25,1,50,1\n2024-03-08,51.5,1,51,1\n',
      },
    ],
    [
      'yfinance, grouped by ticker',
      {
        'download.csv':
          'Ticker,NORD,NORD,ELSE\nPrice,Open,Close,Close\nDate,,,\n' +
          '2024-03-07,50,50.25,1\n2024-03-08,51,51.5,1\n',
      },
    ],
    [
      'Investing.com',
      {
        'NORD Historical Data.csv':
          `\ufeff${investing}"03/08/2024","51.50","51.00","52.00","50.00","7.02M","2.49%"\n` +
          '"03/07/2024","50.25","50.00","51.00","49.00","1.20K","0.10%"\n',
      },
    ],
    [
      'Investing.com in German',
      {
        'NORD.csv':
          '"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"\n' +
          '"08.03.2024","51,50","51,00","52,00","50,00","7,02M","2,49%"\n' +
          '"07.03.2024","50,25","50,00","51,00","49,00","1,20K","0,10%"\n',
      },
    ],
    [
      'Stooq in English',
      {
        'nord.csv':
          'Date,Open,High,Low,Close,Volume\n2024-03-07,50,51,49,50.25,1\n2024-03-08,51,52,50,51.5,1\n',
      },
    ],
    [
      'Stooq in Polish',
      {
        'NORD.csv':
          'Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen\n2024-03-07,50,51,49,50.25,1\n2024-03-08,51,52,50,51.5,1\n',
      },
    ],
    [
      'Stooq, with tickers in the rows',
      {
        'nord.us.csv':
          '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n' +
          'NORD.US,D,20240307,000000,50,51,49,50.25,1,0\nNORD.US,D,20240308,000000,51,52,50,51.5,1,0\n',
      },
    ],
    [
      'Alpha Vantage',
      {
        'daily_NORD.csv':
          'timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient\n2024-03-08,51,52,50,51.5,51.5,1,0.0,1.0\n2024-03-07,50,51,49,50.25,50.25,1,0.0,1.0\n',
      },
    ],
    [
      'Alpha Vantage, numbered',
      {
        'NORD.csv':
          'dates,1. open,2. high,3. low,4. close,5. volume\n2024-03-08,51,52,50,51.5,1\n2024-03-07,50,51,49,50.25,1\n',
      },
    ],
    [
      'NSE',
      {
        'NORD.csv':
          '"Date ","series ","OPEN ","HIGH ","LOW ","PREV. CLOSE ","ltp ","close ","vwap ","VOLUME "\n"08-Mar-2024","EQ","51.00","52.00","50.00","50.25","51.5","51.50","51.2","12,34,567"\n"07-Mar-2024","EQ","50.00","51.00","49.00","49","50.3","50.25","50.1","1,00,000"\n',
      },
    ],
    ['Excel', { 'NORD.csv': 'sep=;\r\nDatum;Schluss\r\n07.03.2024;50,25\r\n08.03.2024;51,50\r\n' }],
    [
      'ariva.de',
      {
        'NORD.csv':
          'Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen\n2024-03-07;50,000;51,000;49,000;50,250;1.204;60.000,5\n2024-03-08;51,000;52,000;50,000;51,500;1.100;55.000,1\n',
      },
    ],
    [
      'one column named after the symbol',
      { 'NORD.csv': 'Date,NORD\n2024-03-07,50.25\n2024-03-08,51.5\n' },
    ],
    [
      'a title above the header',
      {
        'NORD.csv':
          'Prices of Nordwald\nSource: the exchange\n\nDate,Close\n2024-03-07,50.25\n2024-03-08,51.5\n',
      },
    ],
  ])('are read: %s', async (_name, files) => {
    expect(await closes(files)).toEqual(TWO_DAYS);
  });

  test('of Stooq with a price that is not positive have that row set aside alone', async () => {
    const rows = [
      'NORD.US,D,20240306,000000,50,51,49,50.25,1,0',
      'NORD.US,D,20240307,000000,-50,51,-51,-50,1,0',
    ];
    const header = '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>';
    const last = 'NORD.US,D,20240308,000000,51,52,50,51.5,1,0';
    const bars = await read({ 'nord.us.txt.csv': [header, ...rows, last, ''].join('\n') });
    const { accepted, setAside } = checkBars(bars.map(barToCheck));
    expect(accepted.map(({ close }) => close)).toEqual([50.25, 51.5]);
    expect(setAside).toEqual([{ day: '2024-03-07', reason: 'open -50 is not positive' }]);
  });

  test('do not mix adjusted and unadjusted closes where a cell is blank', async () => {
    const header = 'Date,Open,High,Low,Close,Adj Close,Volume\n';
    const text = `${header}2024-03-06,100,100,100,100,50,1\n2024-03-07,101,101,101,101,,1\n2024-03-08,51,51,51,51,51,1\n`;
    const { accepted, setAside } = checkBars((await read({ 'NORD.csv': text })).map(barToCheck));
    expect(accepted.map(({ adjustedClose }) => adjustedClose)).toEqual([50, 51]);
    expect(setAside).toEqual([{ day: '2024-03-07', reason: 'has no adjusted close' }]);
    const without = text.replaceAll(/,(50|51|),1\n/g, ',,1\n');
    expect((await read({ 'NORD.csv': without })).map(({ adjustedClose }) => adjustedClose)).toEqual(
      [100, 101, 51],
    );
  });

  test('read the shares of ariva.de, not the turnover', async () => {
    const text = 'Datum;Schlusskurs;Stuecke;Volumen\n2024-03-07;50,250;1.204;60.000,5\n';
    expect((await read({ 'NORD.csv': text }))[0]?.volume).toBe(1204);
  });

  test.each<[string, BufferEncoding, string]>([
    ['UTF-16 with a mark', 'utf16le', '\ufeff'],
    ['UTF-16 without', 'utf16le', ''],
    ['Windows-1252', 'latin1', ''],
    ['UTF-8', 'utf8', ''],
  ])('are read in %s', async (_name, encoding, mark) => {
    const text = `${mark}isin;symbol;name;currency\n${NORD};NORD;Köln;EUR\n`;
    const files = {
      'securities.csv': Buffer.from(text, encoding),
      'NORD.csv': Buffer.from(`${mark}Datum;Schluß;Schluss\n07.03.2024;;50,25\n`, encoding),
    };
    await inFolder(files, async (folder) => {
      const source = await openCsv(folder, NOW);
      expect((await source.listing())[0]?.name).toBe('Köln');
      expect((await source.bars(NORD, BEGINNING))[0]?.close).toBe(50.25);
    });
  });

  test('that are UTF-16 with the high byte first are read', async () => {
    const text = Buffer.from('\ufeffDate,Close\n2024-03-07,50.25\n', 'utf16le').swap16();
    expect(await closes({ 'NORD.csv': text })).toEqual(TWO_DAYS.slice(0, 1));
  });

  test('are refused with what they hold where they are a web page or a message', async () => {
    const failure = await complaint({ 'NORD.csv': 'Exceeded the daily hits limit\n' });
    expect(failure).toContain('Exceeded the daily hits limit');
  });

  test('are refused where the name and the ticker inside are two listed symbols', async () => {
    const files = {
      'securities.csv': listing(['NORD'], ['OSTD']),
      'NORD.csv': 'Price,Close\nTicker,OSTD\nDate,\n2024-03-07,50.25\n',
    };
    expect(await complaint(files)).toContain('is named after NORD, but its prices are of OSTD');
  });
});

describe('minor units of a currency', () => {
  test.each([
    ['GBp', 'GBP', 2.4688],
    ['GBX', 'GBP', 2.4688],
    ['gbx', 'GBP', 2.4688],
    ['ZAc', 'ZAR', 2.4688],
    ['ILA', 'ILS', 2.4688],
    ['USX', 'USD', 2.4688],
    ['KWF', 'KWD', 0.24688],
    ['GBP', 'GBP', 246.88],
    ['gbp', 'GBP', 246.88],
  ])('%s is in %s', async (unit, currency, close) => {
    const files = {
      'securities.csv': listing(['NORD', unit]),
      'NORD.csv': 'Date,Open,Close,Adj Close,Volume\n2024-03-08,246.88,246.88,246.88,1000\n',
    };
    await inFolder(files, async (folder) => {
      const source = await openCsv(folder, NOW);
      expect((await source.listing())[0]?.currency).toBe(currency);
      const [bar] = await source.bars(NORD, BEGINNING);
      expect(bar).toMatchObject({ open: close, close, adjustedClose: close, volume: 1000 });
    });
  });

  test.each(['Gbp', 'gBP', 'EUr', 'XXX'])('%s is refused by file, line and field', async (unit) => {
    const files = {
      'securities.csv': listing(['NORD', unit]),
      'NORD.csv': 'Date,Close\n2024-03-08,5\n',
    };
    expect(await complaint(files)).toContain('securities.csv:2: currency:');
  });

  test('in rates.csv are a hundredth too', async () => {
    const files = {
      'securities.csv': listing(['NORD', 'GBp']),
      'NORD.csv': 'Date,Close\n2024-03-08,5\n',
      'rates.csv': 'date,from,to,rate\n2024-03-08,GBp,EUR,0.0117\n2024-03-07,EUR,GBX,85.5\n',
    };
    await inFolder(files, async (folder) => {
      const source = await openCsv(folder, NOW);
      const [gbp, eur] = [parseCurrency('GBP'), parseCurrency('EUR')];
      expect(await source.rates(gbp, eur, BEGINNING)).toEqual([
        { day: '2024-03-07', rate: 1.16959064327 },
        { day: '2024-03-08', rate: 1.17 },
      ]);
      expect(await source.rates(eur, gbp, BEGINNING)).toEqual([{ day: '2024-03-07', rate: 0.855 }]);
    });
  });
});

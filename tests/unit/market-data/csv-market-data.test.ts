import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { isinCheckDigit, parseIsin } from '#shared/kernel/isin.ts';
import { inFolder } from '../../support/folders.ts';
import { testNeeding } from '../../support/needing.ts';

const fixtures = join(__dirname, '../../fixtures/csv');
const BEGINNING = parseDay('1900-01-01');
const NORD = parseIsin('DE0FIX000016');
const OSTD = parseIsin('DE0FIX000024');
const OSTA = parseIsin('US0FIX000036');
const WEST = parseIsin('GB0FIX000049');
const NOW = instantOf(Date.parse('2026-01-05T12:00:00Z'));
const SECURITIES =
  'isin,symbol,name,currency,exchange,sector,country,lot\n' +
  `${NORD},NORD,Nordwald,EUR,XETR,,DE,1\n${OSTD},OSTD,Ostdorf,EUR,XETR,,DE,1\n`;

async function failureOf(files: Record<string, string>, file = ''): Promise<Failure> {
  return inFolder(files, async (folder) => {
    const thrown: unknown = await openCsv(join(folder, file)).catch((failure: unknown) => failure);
    expect(thrown).toBeInstanceOf(Failure);
    return thrown as Failure;
  });
}

describe('csv: a wide file of closes', () => {
  test('makes a bar of each close, with no volume, and none of a blank', async () => {
    const source = await openCsv(join(fixtures, 'wide/closes.csv'));
    const close = { open: 121.25, high: 121.25, low: 121.25, close: 121.25, adjustedClose: 121.25 };
    const bars = await source.bars(OSTA, parseDay('2024-03-02'));
    expect(bars[0]).toEqual({ day: '2024-03-04', ...close });
    expect(bars.map(({ day }) => day)).toEqual(['2024-03-04', '2024-03-06', '2024-03-07']);
    expect((await source.bars(WEST, BEGINNING)).length).toBe(4);
  });

  test('stands at its last day, open, and is not a simulation', async () => {
    const source = await openCsv(join(fixtures, 'wide'));
    expect(source.today(NOW)).toBe('2024-03-07');
    expect(source.simulated).toBe(false);
    expect(source.session('XETR', NOW)).toEqual({
      open: true,
      day: '2024-03-07',
      reason: 'Historical data: prices end on 2024-03-07.',
    });
  });

  test('reads days written M/D/YYYY', async () => {
    await inFolder(
      { 'securities.csv': SECURITIES, 'c.csv': 'Date,NORD\n3/9/2004,5\n3/10/2004,6\n' },
      async (folder) => {
        const source = await openCsv(join(folder, 'c.csv'));
        expect((await source.bars(NORD, BEGINNING)).map(({ day }) => day)).toEqual([
          '2004-03-09',
          '2004-03-10',
        ]);
      },
    );
  });

  test('leaves a listed symbol without a column without bars', async () => {
    await inFolder(
      { 'securities.csv': SECURITIES, 'c.csv': 'Date,nord,ELSE\n2024-03-01,5,7\n' },
      async (folder) => {
        const source = await openCsv(folder);
        expect((await source.listing()).length).toBe(2);
        expect(await source.bars(NORD, BEGINNING)).toHaveLength(1);
        expect(await source.bars(OSTD, BEGINNING)).toEqual([]);
      },
    );
  });
});

describe('csv: a file for each symbol', () => {
  test('reads columns in any order and case, newest first, with row numbers and times', async () => {
    const source = await openCsv(join(fixtures, 'per-symbol'));
    expect(await source.bars(NORD, parseDay('2024-03-05'))).toMatchObject([
      { day: '2024-03-05', close: 49.95, adjustedClose: 49.45, volume: 1_100_500 },
      { day: '2024-03-06' },
      { day: '2024-03-07', open: 50.5, high: 51.2, low: 50.3, volume: 1_204_000 },
    ]);
    expect((await source.bars(NORD, BEGINNING))[0]).not.toHaveProperty('volume');
    expect((await source.bars(OSTD, BEGINNING))[1]).toEqual({
      day: '2024-03-05',
      open: 101,
      high: 101.1,
      low: 100.1,
      close: 100.4,
      adjustedClose: 100.4,
      volume: 5200,
    });
  });

  test('reads securities.csv, and takes one currency without rates as the only one', async () => {
    const source = await openCsv(join(fixtures, 'per-symbol'));
    expect(source.onlyCurrency).toBe('EUR');
    expect(source.benchmark).toBe(OSTD);
    expect((await source.listing())[0]).toEqual({
      isin: NORD,
      symbol: 'NORD',
      name: 'Nordwald Maschinen AG, Köln',
      currency: 'EUR',
      exchange: 'XETR',
      sector: 'Industrials',
      country: 'DE',
      industry: undefined,
      securityType: 'EQUITY',
      lot: '1',
    });
  });
});

describe('csv: rates and fundamentals', () => {
  const code = parseCurrency;

  test('answers rates as written, backwards, and through a common currency', async () => {
    const source = await openCsv(join(fixtures, 'wide'));
    expect(source.onlyCurrency).toBeUndefined();
    expect(await source.rates(code('USD'), code('EUR'), parseDay('2024-03-04'))).toEqual([
      { day: '2024-03-04', rate: 0.92 },
      { day: '2024-03-07', rate: 0.915 },
    ]);
    const [back] = await source.rates(code('EUR'), code('USD'), BEGINNING);
    expect(back?.rate).toBeCloseTo(1 / 0.925, 10);
    expect(await source.rates(code('GBP'), code('EUR'), BEGINNING)).toEqual([
      { day: '2024-03-01', rate: 1.170125 },
      { day: '2024-03-07', rate: 1.1712 },
    ]);
  });

  test('answers the fundamentals that are there, as of their day or the last', async () => {
    const source = await openCsv(join(fixtures, 'wide'));
    expect(await source.fundamentals(NORD)).toEqual({
      asOf: '2023-12-31',
      peRatio: 14.2,
      dividendYieldRatio: 0.031,
      marketCap: 4.2e9,
      analystRating: 2.4,
    });
    expect(await source.fundamentals(OSTA)).toEqual({
      asOf: '2024-03-07',
      peRatio: 31.5,
      marketCap: 1.8e10,
    });
    expect(await source.fundamentals(WEST)).toBeUndefined();
  });
});

describe('csv: what is wrong', () => {
  test('explains how to write securities.csv where it is missing', async () => {
    const prices = {
      'c.csv': 'Date,AAA,BBB\n2024-03-01,1,2\n',
      'CCC.csv': 'Date,Close\n2024-03-01,3\n',
    };
    const failure = await failureOf(prices);
    expect(failure.code).toBe('REFUSED');
    expect(failure.facts).toMatchObject({ rule: 'securities-file-missing' });
    expect(failure.facts['symbols']).toEqual(expect.arrayContaining(['AAA', 'BBB', 'CCC']));
    expect(failure.message).toMatch(/securities\.csv is missing/);
    expect(failure.message).toContain('isin,symbol,name,currency,exchange,sector,country,lot');
  });

  test('says that a path is missing', async () => {
    expect((await failureOf({}, 'nothing')).facts).toMatchObject({ rule: 'market-data-missing' });
  });

  test('names every fault at once, by file and line', async () => {
    const failure = await failureOf({
      'securities.csv':
        'isin,symbol,currency,lot\n' +
        `DE0FIX000017,NORD,EUR,1\n${OSTD},OSTD,XXX,0\n${NORD},NORD,EUR,1\n${NORD},nord,EUR,1\n`,
      'c.csv': 'Date,NORD\n2024-03-01,five\n2024-02-30,5\n2024-03-04,5\n2024-03-04,6\n',
      'rates.csv': 'date,from,to,rate\n2024-03-01,USD,EUR,-1\n',
    });
    expect(failure.code).toBe('INVALID_REQUEST');
    const violations = failure.facts['violations'] as { field: string; message: string }[];
    expect(violations.map(({ field }) => field)).toEqual([
      'securities.csv:2',
      'securities.csv:3',
      'securities.csv:3',
      'securities.csv:5',
      'securities.csv:5',
      'c.csv:3',
      'c.csv:5',
      'c.csv:2',
      'rates.csv:2',
    ]);
    expect(failure.message).toContain('c.csv:2: "five" is not a number');
    expect(failure.message).toContain('symbol nord comes twice');
  });

  test('names the columns that securities.csv lacks', async () => {
    const failure = await failureOf({ 'securities.csv': 'name\nNordwald\n' });
    expect(failure.message).toContain('securities.csv:1: needs isin, symbol, currency');
  });

  test('names the symbols when none has a price', async () => {
    const failure = await failureOf({
      'securities.csv': SECURITIES,
      'c.csv': 'Date,ELSE\n2024-03-01,1\n',
    });
    expect(failure.facts).toMatchObject({ rule: 'prices-missing' });
    expect(failure.message).toContain('NORD, OSTD');
  });

  test('refuses two files with prices of one symbol', async () => {
    const failure = await failureOf({
      'securities.csv': SECURITIES,
      'c.csv': 'Date,NORD\n2024-03-01,1\n',
      'NORD.csv': 'Date,Close\n2024-03-01,1\n',
    });
    expect(failure.message).toContain('has prices of NORD');
  });

  test('refuses fundamentals of an unknown security', async () => {
    const failure = await failureOf({
      'securities.csv': SECURITIES,
      'c.csv': 'Date,NORD\n2024-03-01,1\n',
      'fundamentals.csv': 'symbol,peRatio\nELSE,3\n',
    });
    expect(failure.message).toContain('fundamentals.csv:2: ELSE is not in securities.csv');
  });
});

describe('csv: real prices', () => {
  const real = join(__dirname, '../../../../shared/anchors/data/prices_skfolio_sp500_20.csv');
  const missing = existsSync(real) ? undefined : `no file ${basename(real)}`;

  testNeeding(missing, 'reads twenty shares over thirty-three years', async () => {
    const [header = ''] = (await readFile(real, 'utf8')).split('\n');
    const symbols = header.trim().split(',').slice(1);
    const lines = symbols.map((symbol, i) => {
      const body = `US0000000${String(i).padStart(2, '0')}`;
      return `${body}${isinCheckDigit(body)},${symbol},USD`;
    });
    await inFolder(
      { 'securities.csv': `isin,symbol,currency\n${lines.join('\n')}\n` },
      async (folder) => {
        await copyFile(real, join(folder, 'prices.csv'));
        const source = await openCsv(folder);
        expect(source.today(NOW)).toBe('2022-12-28');
        expect(source.onlyCurrency).toBe('USD');
        const listing = await source.listing();
        expect(listing.map(({ symbol }) => symbol)).toEqual([...symbols].sort());
        for (const { isin } of listing)
          expect(await source.bars(isin, BEGINNING)).toHaveLength(8313);
      },
    );
  });
});

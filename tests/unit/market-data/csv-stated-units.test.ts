import { readFile } from 'node:fs/promises';
import { checkFolder } from '#shared/clients/market-data/check/check-folder.ts';
import { writeSecurities } from '#shared/clients/market-data/check/write-securities.ts';
import { requireComplete } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { doubtsOf } from '#shared/clients/market-data/csv/contents-doubts.ts';
import { readContents } from '#shared/clients/market-data/csv/csv-contents.ts';
import { folderInMemory, folderAt } from '#shared/clients/market-data/csv/price-folder.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { inFolder } from '../../support/folders.ts';

const NORD = parseIsin('DE0FIX000016');
const NOW = instantOf(Date.parse('2026-01-05T12:00:00Z'));

const bytes = (files: Record<string, string>) =>
  new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));

async function read(currency: string, files: Record<string, string>) {
  const listing = `isin,symbol,name,currency\n${NORD},NORD,Nordwald,${currency}\n`;
  const all = bytes({ 'securities.csv': listing, ...files });
  const contents = await readContents(folderInMemory('', all), NOW);
  return {
    contents,
    closes: contents.series.get(NORD)?.bars.map(({ close }) => close),
    complaints: contents.complaints.all.map(({ field, message }) => `${field}: ${message}`),
  };
}

describe('what a file says that its prices are in', () => {
  test.each([
    ['a column', 'GBP', 'Date,Close,Currency\n2024-03-07,5025,GBX\n2024-03-08,5150,GBp\n'],
    ['rows of both', 'GBP', 'Date,Close,Currency\n2024-03-07,50.25,GBP\n2024-03-08,5150,GBp\n'],
    ['the header', 'GBP', 'Date,Close (GBp)\n2024-03-07,5025\n2024-03-08,5150\n'],
    ['the header in German', 'EUR', 'Datum;Schluss in EUR\n07.03.2024;50,25\n08.03.2024;51,50\n'],
    ['signs', 'EUR', 'Datum;Schluss\n07.03.2024;50,25 €\n08.03.2024;51,50 €\n'],
    ['dollars', 'CAD', 'Date,Close\n2024-03-07,$50.25\n2024-03-08,$51.50\n'],
    ['cents', 'ZAc', 'Date,Close [ZAc]\n2024-03-07,5025\n2024-03-08,5150\n'],
  ])('is read from %s', async (_name, currency, text) => {
    const { closes, complaints } = await read(currency, { 'NORD.csv': text });
    expect(complaints).toEqual([]);
    expect(closes).toEqual([50.25, 51.5]);
  });

  test.each([
    ['NORD.csv:2: the row is in USD', 'EUR', 'Date,Close,Currency\n2024-03-07,50,USD\n'],
    ['NORD.csv:2: the row is in GBP', 'GBp', 'Date,Close,Currency\n2024-03-07,50,GBP\n'],
    ['NORD.csv:2: the row is in 1/100 ZAR', 'GBp', 'Date,Close,Ccy\n2024-03-07,50,ZAc\n'],
    ['NORD.csv:2: "Gbp" is neither', 'GBP', 'Date,Close,Currency\n2024-03-07,50,Gbp\n'],
    ['NORD.csv:1: the column Close (USD) is in USD', 'EUR', 'Date,Close (USD)\n2024-03-07,50\n'],
    ['NORD.csv:2: "$50" is not in EUR', 'EUR', 'Date,Close\n2024-03-07,$50\n'],
    ['NORD.csv:2: "£50" is not in 1/100 GBP', 'GBX', 'Date,Close\n2024-03-07,£50\n'],
    [
      'NORD.csv:1: column Close (USD) comes twice',
      'EUR',
      'Date,Close (EUR),Close (USD)\n2024-03-07,50,55\n',
    ],
  ])(
    'is refused where it is not what securities.csv says: %s',
    async (expected, currency, text) => {
      const { complaints } = await read(currency, { 'NORD.csv': text });
      expect(complaints[0]?.slice(0, expected.length)).toBe(expected);
    },
  );
});

describe('what is not read', () => {
  test('is named where it is a spreadsheet or a symbol without a file, and not where it is a note', async () => {
    const files = {
      'securities.csv': `isin,symbol,currency\n${NORD},NORD,EUR\nDE0FIX000024,LOW,EUR\n`,
      'NORD.csv': 'Date,Close\n2024-03-07,50.25\n',
      'LOW.xlsx': 'PK',
      'notes.txt': 'Bought in March.\n',
    };
    const doubts = await inFolder(files, async (folder) =>
      doubtsOf(await readContents(await folderAt(folder), NOW)),
    );
    expect(doubts).toEqual([
      'LOW.xlsx is a spreadsheet, and not read: save it as CSV.',
      'No file has prices of LOW.',
    ]);
  });

  test('of fundamentals is a day whose order nothing shows', async () => {
    const prices = { 'NORD.csv': 'Date,Close\n2024-03-07,50.25\n' };
    const of = async (day: string) => {
      const text = `symbol,asOf,peRatio\nNORD,${day},20\n`;
      const { contents, complaints } = await read('EUR', { ...prices, 'fundamentals.csv': text });
      return complaints[0] ?? contents.fundamentals.get(NORD)?.asOf;
    };
    expect(await of('13/02/2024')).toBe('2024-02-13');
    expect(await of('02/13/2024')).toBe('2024-02-13');
    expect(await of('2024-02-13')).toBe('2024-02-13');
  });
});

describe('a folder without a securities.csv', () => {
  const files = {
    'nesn_ch_d.csv': 'Date,Close\n2024-03-07,95\n',
    'Siemens Energy Historische Daten.csv': 'Date,Close\n2024-03-07,60\n',
    'XETR_DLY_BAS, 1D.csv': 'time,close\n1709769600,50.25\n',
    'etfs.csv': 'Date;IWDA\n07.03.2024;80,5\n',
  };

  test('begins one with symbols, and with names that can be no symbols', async () => {
    const written = await inFolder(files, async (folder) => {
      const report = await checkFolder(folder, NOW);
      return readFile(await writeSecurities(report), 'utf8');
    });
    expect(written.trim().split('\n').slice(1).sort()).toEqual([
      ',,Siemens Energy,,,,,',
      ',BAS,,,,,,',
      ',IWDA,,,,,,',
      ',NESN,,,,,,',
    ]);
  });

  test('is named in the command as a shell takes it', async () => {
    const contents = await readContents(
      { ...folderInMemory('', bytes(files)), path: 'my prices' },
      NOW,
    );
    expect(() => requireComplete(contents)).toThrow(
      "trader check-data 'my prices' --write-securities",
    );
  });
});

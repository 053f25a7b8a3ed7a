/** What `trader check-data` says of currencies that no rate leads between. */
import { checkFolder } from '#shared/clients/market-data/check/check-folder.ts';
import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import type { DailyRate } from '#shared/clients/market-data/market-data.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { inFolder } from '../../support/folders.ts';

const SECURITIES =
  'isin,symbol,currency\nDE0FIX000016,NORD,GBp\nDE0FIX000024,OSTD,EUR\nDE0FIX000032,WEST,USD\n';

function rows(from: number, count: number, line: (day: string) => string): string {
  const days = Array.from({ length: count }, (_, i) =>
    new Date(Date.UTC(2024, 0, from + i)).toISOString().slice(0, 10),
  );
  return days.map((day) => `${line(day)}\n`).join('');
}

const prices = `Date,Close\n${rows(1, 60, (day) => `${day},${100 + Number(day.slice(-2))}`)}`;
const folder = { 'NORD.csv': prices, 'OSTD.csv': prices, 'WEST.csv': prices };
const rates = (...parts: string[]) => `date,from,to,rate\n${parts.join('')}`;
const pair = (from: string, to: string, first = 1, count = 60) =>
  rows(first, count, (day) => `${day},${from},${to},1.1`);

async function doubtsOf(securities: string, file?: string): Promise<readonly string[]> {
  const files = { ...folder, 'securities.csv': securities, ...(file && { 'rates.csv': file }) };
  let doubts: readonly string[] = [];
  await inFolder(files, async (path) => {
    ({ doubts } = await checkFolder(path, instantOf(Date.parse('2024-03-02T12:00:00Z'))));
  });
  return doubts.filter((one) => /rates|Rates/.test(one));
}

describe('the rates of a folder', () => {
  test('are missed where securities are in several currencies', async () => {
    expect(await doubtsOf(SECURITIES)).toEqual([
      "Securities are priced in EUR, GBP, USD, and there is no rates.csv: only those in the account's currency can be valued and traded.",
    ]);
  });

  test('are not missed in one currency, in a unit of it, or where a third one leads between', async () => {
    const one =
      'isin,symbol,currency\nDE0FIX000016,NORD,GBp\nDE0FIX000024,OSTD,GBP\nDE0FIX000032,WEST,GBP\n';
    expect(await doubtsOf(one)).toEqual([]);
    const crossed = rates(pair('USD', 'EUR'), pair('GBP', 'EUR'));
    expect(await doubtsOf(SECURITIES, crossed)).toEqual([]);
  });

  test('are named by pair where they are missing, begin late or end early', async () => {
    expect(await doubtsOf(SECURITIES, rates(pair('USD', 'EUR')))).toEqual([
      'rates.csv has no rate of EUR-GBP, directly or through another currency.',
      'rates.csv has no rate of GBP-USD, directly or through another currency.',
    ]);
    const [short, gbp] = [pair('USD', 'EUR', 20, 20), pair('GBP', 'EUR')];
    // Before, it is led through a third currency.
    const filled = rates(short, gbp, pair('GBP', 'USD'));
    expect(await doubtsOf(SECURITIES, filled)).toEqual([
      'Rates of EUR-USD end on 2024-02-08, and prices on 2024-02-29.',
    ]);
    expect(await doubtsOf(SECURITIES, rates(short, gbp))).toEqual([
      'Rates of EUR-USD begin on 2024-01-20, and prices on 2024-01-01.',
      'Rates of EUR-USD end on 2024-02-08, and prices on 2024-02-29.',
      'Rates of GBP-USD begin on 2024-01-20, and prices on 2024-01-01.',
      'Rates of GBP-USD end on 2024-02-08, and prices on 2024-02-29.',
    ]);
  });
});

describe('the table of the European Central Bank', () => {
  // As it is downloaded: newest first, a comma at the end, columns of currencies that have ended.
  const table = (first = 1, count = 60): string => {
    const days = rows(first, count, (day) => `${day},1.1000,163.10,N/A,0.85${day.slice(-2)},`);
    const newest = days.trim().split('\n').reverse().join('\n');
    return `Date,USD,JPY,CYP,GBP,\n${newest}\n`;
  };
  const ratesOf = async (files: Record<string, string>, from: string, to: string) => {
    const [one, other] = [parseCurrency(from), parseCurrency(to)];
    let found: readonly DailyRate[] = [];
    await inFolder({ ...folder, 'securities.csv': SECURITIES, ...files }, async (path) => {
      const market = await openCsv(path);
      found = await market.rates(one, other, parseDay('2024-02-28'));
    });
    return found.map(({ day, rate }) => `${day} ${rate}`);
  };

  test.each(['eurofxref-hist.csv', 'eurofxref.csv', 'rates.csv', 'EUROFXREF-hist-90d.csv'])(
    'is read as %s, straight and crossed',
    async (name) => {
      const files = { [name]: table() };
      expect(await ratesOf(files, 'USD', 'EUR')).toEqual([
        '2024-02-28 0.909090909091',
        '2024-02-29 0.909090909091',
      ]);
      expect(await ratesOf(files, 'GBP', 'USD')).toEqual([
        '2024-02-28 1.28986866791',
        '2024-02-29 1.28971743463',
      ]);
    },
  );

  test('comes after the pairs of rates.csv', async () => {
    const both = { 'eurofxref-hist.csv': table(), 'rates.csv': rates(pair('EUR', 'USD')) };
    expect(await ratesOf(both, 'EUR', 'USD')).toEqual(['2024-02-28 1.1', '2024-02-29 1.1']);
    expect((await ratesOf(both, 'EUR', 'GBP'))[0]).toBe('2024-02-28 0.8528');
  });

  test('counts before a pair of rates.csv begins, and a pair before it is there counts through others', async () => {
    const late = 'date,from,to,rate\n2024-02-29,EUR,USD,1.2\n2024-02-29,GBP,USD,1.5\n';
    const both = { 'eurofxref-hist.csv': table(), 'rates.csv': late };
    expect(await ratesOf(both, 'EUR', 'USD')).toEqual(['2024-02-28 1.1', '2024-02-29 1.2']);
    expect(await ratesOf(both, 'USD', 'EUR')).toEqual([
      '2024-02-28 0.909090909091',
      '2024-02-29 0.833333333333',
    ]);
    expect(await ratesOf(both, 'GBP', 'USD')).toEqual([
      '2024-02-28 1.28986866791',
      '2024-02-29 1.5',
    ]);
  });

  test('is refused with a column of euros, and a day twice', async () => {
    const own = 'Date,USD,EUR\n2024-02-28,1,0.9\n';
    await expect(ratesOf({ 'rates.csv': own }, 'USD', 'EUR')).rejects.toThrow(
      /as the ECB's table; found Date, USD, EUR/,
    );
    const twice = `${table()}2024-02-28,1.1,1,N/A,1,\n`;
    await expect(ratesOf({ 'rates.csv': twice }, 'USD', 'EUR')).rejects.toThrow(/comes twice/);
  });
});

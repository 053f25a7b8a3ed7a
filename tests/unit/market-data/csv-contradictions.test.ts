/** Files beside the prices that contradict themselves, or say what cannot be meant. */
import { checkFolder } from '#shared/clients/market-data/check/check-folder.ts';
import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { addDays, parseDay } from '#shared/kernel/calendar-day.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { inFolder } from '../../support/folders.ts';

const NOW = instantOf(Date.parse('2026-01-05T12:00:00Z'));
const [NORD, OSTA] = ['DE0FIX000016', 'US0FIX000036'];
const LISTING = `isin,symbol,currency,lot\n${NORD},NORD,EUR,1\n${OSTA},OSTA,USD,1\n`;
const DAYS = Array.from({ length: 12 }, (_, i) => addDays(parseDay('2024-03-04'), i));
const PRICES = `Date,Close\n${DAYS.map((day, i) => `${day},${50 + i}`).join('\n')}\n`;

const report = (files: Record<string, string>) =>
  inFolder(
    { 'securities.csv': LISTING, 'NORD.csv': PRICES, 'OSTA.csv': PRICES, ...files },
    (folder) => checkFolder(folder, NOW),
  );

const problemsOf = async (files: Record<string, string>) =>
  (await report(files)).problems.map(({ where, message }) => `${where}: ${message}`);

const rates = (rateAt: (i: number) => number): string =>
  `date,from,to,rate\n${DAYS.map((day, i) => `${day},USD,EUR,${rateAt(i)}`).join('\n')}\n`;

describe('rates.csv', () => {
  test.each([
    ['in the middle', 5, 90, 'rates.csv:7: USD-EUR "90" of 2024-03-09 is far from'],
    ['on the last day', 11, 915, 'rates.csv:13: USD-EUR "915" of 2024-03-15 is far from'],
    ['too small', 11, 0.009, 'rates.csv:13: USD-EUR "0.009" of 2024-03-15 is far from'],
  ])('is refused for a rate of another magnitude %s', async (_name, at, rate, problem) => {
    const found = await problemsOf({ 'rates.csv': rates((i) => (i === at ? rate : 0.9)) });
    expect(found).toEqual([`${problem} USD-EUR "0.9" of ${DAYS[at - 1] ?? ''}`]);
  });

  test('is believed where the new level holds, and it is named', async () => {
    const { ready, doubts } = await report({ 'rates.csv': rates((i) => (i < 7 ? 0.9 : 9)) });
    expect([ready, doubts]).toEqual([
      true,
      [
        'rates.csv:9: USD-EUR "9" of 2024-03-11 is far from USD-EUR "0.9" of 2024-03-10, and stays.',
      ],
    ]);
  });

  test('is doubted where a rate is turned round', async () => {
    const { ready, doubts } = await report({ 'rates.csv': rates((i) => (i < 7 ? 0.9 : 1.11)) });
    expect(ready).toBe(true);
    expect(doubts).toEqual([
      'rates.csv:9: USD-EUR "1.11" of 2024-03-11 is USD-EUR "0.9" of 2024-03-10 turned round.',
    ]);
    const started = await inFolder(
      { 'securities.csv': LISTING, 'NORD.csv': PRICES, 'rates.csv': rates((i) => 0.9 + i / 100) },
      (folder) => openCsv(folder, NOW),
    );
    expect(started.doubts).toEqual(['No file has prices of OSTA.']);
  });

  test('is refused where both directions of a day contradict each other', async () => {
    const both = `${rates(() => 0.9)}2024-03-05,EUR,USD,1.11\n2024-03-06,EUR,USD,0.9\n`;
    expect(await problemsOf({ 'rates.csv': both })).toEqual([
      'rates.csv:15: EUR-USD "0.9" of 2024-03-06 contradicts USD-EUR "0.9" of 2024-03-06',
    ]);
  });

  test('of the ECB is held to the same', async () => {
    const table = `Date,USD\n${DAYS.map((day, i) => `${day},${i === 3 ? 109 : 1.09}`).join('\n')}\n`;
    expect(await problemsOf({ 'rates.csv': table })).toEqual([
      'rates.csv:5: EUR-USD "109" of 2024-03-07 is far from EUR-USD "1.09" of 2024-03-06',
    ]);
  });
});

describe('a column that comes twice', () => {
  test.each([
    ['securities.csv', `isin,symbol,currency,Symbol\n${NORD},NORD,EUR,OSTA\n`, 'symbol'],
    ['rates.csv', 'date,from,to,rate,Rate\n2024-03-05,USD,EUR,0.9,9\n', 'rate'],
    ['actions.csv', 'kind,symbol,date,ratio,ratio\nsplit,NORD,2024-03-05,2:1,4:1\n', 'ratio'],
    ['fundamentals.csv', 'symbol,peRatio,peRatio\nNORD,1,2\n', 'peratio'],
  ])('is refused in %s', async (name, text, column) => {
    expect(await problemsOf({ [name]: text })).toEqual([`${name}:1: column ${column} comes twice`]);
  });
});

describe('securities.csv', () => {
  const marked = (...marks: string[]) =>
    `isin,symbol,currency,benchmark\n${NORD},NORD,EUR,${marks[0]}\n${OSTA},OSTA,EUR,${marks[1]}\n`;

  test.each(['no', 'false', '0', '-'])('marks no benchmark by "%s"', async (mark) => {
    const files = { 'securities.csv': marked(mark, 'yes'), 'NORD.csv': PRICES };
    const source = await inFolder(files, (folder) => openCsv(folder, NOW));
    expect(source.benchmark).toBe(OSTA);
  });

  test('is refused with two benchmarks, and with a lot that is no number', async () => {
    expect(await problemsOf({ 'securities.csv': marked('x', 'x') })).toEqual([
      `securities.csv:3: benchmark: ${OSTA} is marked, as ${NORD} is`,
    ]);
    const lot = LISTING.replace('EUR,1', 'EUR,NaN');
    expect(await problemsOf({ 'securities.csv': lot })).toEqual([
      'securities.csv:2: lot: "NaN" is not a number',
    ]);
  });
});

describe('actions.csv', () => {
  const action = (row: string) => ({ 'actions.csv': `kind,symbol,isin,date,ratio\n${row}\n` });

  test('is refused for a year that was mistyped, and for two names of two securities', async () => {
    expect(await problemsOf(action(`split,NORD,${NORD},2042-03-05,2:1`))).toEqual([
      'actions.csv:2: date: 2042-03-05 is more than a year ahead',
    ]);
    expect(await problemsOf(action(`split,NORD,${OSTA},2024-03-05,2:1`))).toEqual([
      `actions.csv:2: symbol: NORD is not ${OSTA}`,
    ]);
    expect(await problemsOf(action(`split,NORD,${NORD},2026-12-01,2:1`))).toEqual([]);
  });
});

describe('fundamentals.csv', () => {
  test.each([
    ['symbol,dividendYieldRatio\nNORD,3.1\n', '2: dividendYieldRatio: "3.1" is not from 0 to 1'],
    ['symbol,analystRating\nNORD,7\n', '2: analystRating: "7" is not from 1 to 5'],
    ['symbol,marketCap\nNORD,-1\n', '2: marketCap: "-1" is not above 0'],
    ['symbol,PE\nNORD,14\n', '1: needs a column of figures (peRatio, '],
  ])('is refused for %j', async (text, problem) => {
    const [found = '', ...others] = await problemsOf({ 'fundamentals.csv': text });
    expect(others).toEqual([]);
    expect(found.startsWith(`fundamentals.csv:${problem}`)).toBe(true);
  });
});

describe('check-data', () => {
  test('names a file of a symbol without any row, beside others', async () => {
    const { ready, doubts } = await report({
      'OSTA.csv': 'Date,Close\n',
      'rates.csv': rates(() => 0.9),
    });
    expect([ready, doubts]).toEqual([
      true,
      ['OSTA.csv is not used: it has no row with a price of OSTA.', 'No file has prices of OSTA.'],
    ]);
  });

  test('says why a start is refused where no line is wrong', async () => {
    const empty = { 'NORD.csv': 'Date,Close\n', 'OSTA.csv': 'Date,Close\n' };
    expect(await problemsOf(empty)).toEqual([
      expect.stringMatching(/has no prices of NORD, OSTA; looked in NORD\.csv \(has no row/),
    ]);
    const unlisted = await inFolder({ 'NORD.csv': PRICES }, (folder) => checkFolder(folder, NOW));
    expect(unlisted.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('securities.csv is missing'),
    ]);
  });
});

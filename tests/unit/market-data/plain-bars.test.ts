/**
 * Files in the plain form are read from their bytes; whatever is otherwise, by the general reader. Both find the same:
 * a quote in the header, which changes nothing, sends a file to the general one. SEED=… repeats a run.
 */
import { readContents, type CsvContents } from '#shared/clients/market-data/csv/csv-contents.ts';
import { readPlainBars } from '#shared/clients/market-data/csv/plain-bars.ts';
import { folderInMemory } from '#shared/clients/market-data/csv/price-folder.ts';
import { dayOfEpoch, epochDay, parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { seededRandom, type Random } from '#shared/kernel/random.ts';

const seed = process.env['SEED'] ?? String(Date.now());
console.log(`SEED=${seed}`);

const NOW = instantOf(Date.parse('2024-06-01T12:00:00Z'));
const EUR = { currency: parseCurrency('EUR'), perCurrency: 1 };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const isPlain = (text: string | Uint8Array): boolean =>
  readPlainBars(typeof text === 'string' ? bytesOf(text) : text, EUR, parseDay('2024-06-01')) !==
  undefined;

function contentsOf(bars: string | Uint8Array, currency = 'EUR'): Promise<CsvContents> {
  const listing = `isin,symbol,name,currency,exchange\nDE0007164600,SAP,SAP,${currency},XETR\n`;
  const files = new Map([
    ['SAP.csv', typeof bars === 'string' ? bytesOf(bars) : bars],
    ['securities.csv', bytesOf(listing)],
  ]);
  return readContents(folderInMemory('prices', files), NOW);
}

/** What is found, without the header, which differs in its quotes alone. */
async function found(bars: string | Uint8Array, currency?: string) {
  const { series, complaints, lastDay, prices } = await contentsOf(bars, currency);
  const all = [...series].map(([isin, one]) => [isin, one.file, one.bars, one.gapsOver(20)]);
  return { all, complaints: complaints.all, lastDay, header: prices[0]?.header };
}

/** The same file for the general reader. */
const quoted = (text: string): string => text.replace(/^(\ufeff?)([^,;|\t\r\n]+)/, '$1"$2"');

async function requireAlike(text: string, currency?: string): Promise<void> {
  expect(isPlain(quoted(text))).toBe(false);
  expect(await found(text, currency)).toEqual(await found(quoted(text), currency));
}

const PLAIN =
  'Date,Open,High,Low,Close,Volume\n2024-03-07,1.5,2,1.25,1.75,100\n2024-03-08,2,3.5,1,3,7\n';

const pick = <T>(random: Random, ...values: readonly T[]): T =>
  values[Math.floor(values.length * random())] as T;

function price(random: Random): string {
  return pick(
    random,
    ...[(100 * random()).toFixed(2), (100 * random()).toFixed(3), String(1_000 * random())],
    ...[String(Math.floor(9_999 * random())), `00${random().toFixed(12)}`, '12345678901234.56'],
  );
}

/** Mostly a plain file; now and then with something that only the general reader understands. */
function drawn(random: Random): string {
  const sign = pick(random, ',', ',', ';', '\t', '|');
  const end = pick(random, '\n', '\n', '\r\n');
  const names = ['Open', 'High', 'Low', 'Adj Close', 'Volume'].filter(() => random() < 0.7);
  const columns = ['Date', 'Close', ...names].sort(() => random() - 0.5);
  let day = epochDay(parseDay('2023-12-20'));
  const rows = Array.from({ length: 1 + Math.floor(12 * random()) }, () => {
    day += random() < 0.03 ? 0 : 1 + Math.floor(4 * random());
    const cells = columns.map((name) => {
      if (name === 'Date') return dayOfEpoch(day);
      if (random() < 0.01)
        return pick(random, '', 'n/a', '-1', '1,5', '1e3', ' 2', '3.', '.5', '0');
      if (name === 'Volume') return random() < 0.1 ? '' : String(Math.floor(1e7 * random()));
      return price(random);
    });
    return cells.join(sign);
  });
  const blank = random() < 0.1 ? end : '';
  const ordered = random() < 0.3 ? rows.reverse() : rows;
  const mark = random() < 0.1 ? '\ufeff' : '';
  const last = random() < 0.5 ? end : '';
  return `${mark}${[columns.join(sign), ...ordered].join(end)}${last}${blank}`;
}

test('both readers find the same in drawn files', async () => {
  const random = seededRandom(seed);
  let plain = 0;
  for (let round = 0; round < 400; round += 1) {
    const text = drawn(random);
    if (isPlain(text)) plain += 1;
    await requireAlike(text, pick(random, 'EUR', 'EUR', 'GBp'));
  }
  expect(plain).toBeGreaterThan(150);
  expect(plain).toBeLessThan(400);
});

test.each([
  ['as it is', PLAIN],
  ['without a last newline', PLAIN.trimEnd()],
  ['newest first', 'Date,Close\n2024-03-08,3.5\n2024-03-07,1.5\n'],
  ['with two characters at the end of a line', PLAIN.replaceAll('\n', '\r\n')],
  ['with blank lines', PLAIN.replace('2024-03-08', '\n\n2024-03-08')],
  ['with a byte-order mark', `\ufeff${PLAIN}`],
  ['with a leap day', 'Date;Close\n2024-02-29;1.5\n2024-03-01;2.25\n'],
  ['with a volume left out', PLAIN.replace(',100', ',')],
  ['with digits that a double has not', 'Date,Close\n2024-03-08,123.4499969482421875\n'],
])('a plain file is read from its bytes: %s', async (_name, text) => {
  expect(isPlain(text)).toBe(true);
  await requireAlike(text);
});

test.each([
  ['another column', PLAIN.replace('Volume', 'Trades')],
  ['a dividend', PLAIN.replace('Volume', 'Dividend')],
  ['a column twice', PLAIN.replace('Open', 'Close')],
  ['a unit in the header', PLAIN.replace('Close', 'Close (GBp)')],
  ['a day that is not in the calendar', PLAIN.replace('03-08', '02-30')],
  ['a day written otherwise', PLAIN.replace('2024-03-08', '08.03.2024')],
  ['a day twice', PLAIN.replace('03-08', '03-07')],
  ['days in no order', `${PLAIN}2024-03-06,1,1,1,1,1\n`],
  ['a day in the future', PLAIN.replace('2024-03-08', '2024-07-08')],
  ['a blank price', PLAIN.replace('1.75', '')],
  ['a decimal comma', PLAIN.replaceAll(',', ';').replaceAll('.', ',')],
  ['points that may be between thousands', 'Date;Close\n2024-03-08;1.234\n'],
  ['a negative number', PLAIN.replace('1.75', '-1.75')],
  ['a space', PLAIN.replace('1.75', ' 1.75')],
  ['too few cells', PLAIN.replace(',100', '')],
  ['too many cells', PLAIN.replace(',100', ',100,5')],
  ['a remark below', `${PLAIN}Source: somebody\n`],
  ['a title above', `SAP\n${PLAIN}`],
  ['no row', 'Date,Close\n'],
  ['ends of lines of two kinds', PLAIN.replace('\n', '\r\n')],
  ['nothing', ''],
])('what is not plain is left to the general reader: %s', async (_name, text) => {
  expect(isPlain(text)).toBe(false);
  const contents = await contentsOf(text);
  expect(contents.prices).toHaveLength(1);
});

test('text in two bytes a character is left to the general reader', async () => {
  const text = Buffer.from(`\ufeff${PLAIN}`, 'utf16le');
  expect(isPlain(text)).toBe(false);
  expect((await found(text)).all).toEqual((await found(PLAIN)).all);
});

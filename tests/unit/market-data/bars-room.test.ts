/** Bars beyond what has room in memory are read from their files again, and are those of the start. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BarsRoom } from '#shared/clients/market-data/csv/bars-room.ts';
import { readContents } from '#shared/clients/market-data/csv/csv-contents.ts';
import {
  folderAt,
  folderInMemory,
  type PriceFolder,
} from '#shared/clients/market-data/csv/price-folder.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { instantOf } from '#shared/kernel/instant.ts';

const NOW = instantOf(Date.parse('2024-06-01T12:00:00Z'));
const ISINS = ['DE0007164600', 'DE0008404005'];
const LISTING = `isin,symbol,name,currency,exchange\n${ISINS[0]},SAP,SAP,EUR,XETR\n${ISINS[1]},ALV,ALV,EUR,XETR\n`;
const RISING =
  'Date,Open,High,Low,Close,Volume\n2024-03-07,1.5,2,1.25,1.75,100\n2024-03-08,2,3.5,1,3,7\n';
const FALLING = 'Date,Close\n2024-03-08,7.25\n2024-03-07,7.5\n2024-03-06,7\n';
const files = { 'securities.csv': LISTING, 'SAP.csv': RISING, 'ALV.csv': FALLING };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bars-room-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function seriesWithin(bytes: number, of?: PriceFolder) {
  const place = of ?? (await folderAt(folder));
  const { series } = await readContents(place, NOW, { room: new BarsRoom(bytes) });
  return [...series.values()];
}

async function barsWithin(bytes: number) {
  const all = await seriesWithin(bytes);
  return all.map((one) => [one.bars, one.figures, one.gapsOver(0)]);
}

test('bars that have no room are the same as those that have', async () => {
  const kept = await barsWithin(1_000);
  expect(kept).toHaveLength(2);
  expect(await barsWithin(0)).toEqual(kept);
});

test('a file whose bars are kept is not read again, one without room is', async () => {
  const place = await folderAt(folder);
  const again: string[] = [];
  const readAgain = (name: string) => {
    again.push(name);
    return place.readAgain?.(name) ?? new Uint8Array();
  };
  const counted = { ...place, readAgain };
  for (const { bars } of await seriesWithin(1_000, counted)) expect(bars).not.toHaveLength(0);
  expect(again).toEqual([]);
  const all = await seriesWithin(0, counted);
  expect(again).toEqual([]);
  // Asked for twice, read once.
  for (const { bars, dailyBars } of all) expect(bars).toHaveLength(dailyBars.length);
  expect(again).toEqual(['ALV.csv', 'SAP.csv']);
});

test('the latest bars are known without the file', async () => {
  const all = await seriesWithin(0);
  rmSync(folder, { recursive: true });
  const last = all.map((one) => one.dailyBarsFrom(one.lastDay ?? parseDay('1900-01-01')));
  expect(last.map(([bar]) => bar?.close)).toEqual([7.25, 3]);
});

test('days that a file has got since then are left out', async () => {
  const kept = await barsWithin(1_000);
  const all = await seriesWithin(0);
  appendFileSync(join(folder, 'SAP.csv'), '2024-03-11,3,4,3,4.125,9\n');
  writeFileSync(join(folder, 'ALV.csv'), FALLING.replace('\n', '\n2024-03-11,8.001\n'));
  expect(all.map(({ bars }) => bars)).toEqual(kept.map(([bars]) => bars));
});

test.each([
  ['another price', RISING.replace('1.75', '1.76')],
  ['a bar less', RISING.replace(/2024-03-08.*\n/, '')],
  ['what is no plain file', RISING.replace('Date', '"Date"')],
])('%s of days that were read is refused with the name of the file', async (_, text) => {
  const all = await seriesWithin(0);
  writeFileSync(join(folder, 'SAP.csv'), text);
  const series = all.find(({ file }) => file === 'SAP.csv');
  expect(() => series?.bars).toThrow(
    expect.objectContaining({
      code: 'REFUSED',
      facts: { rule: 'prices-changed', file: 'SAP.csv' },
    }) as Error,
  );
});

test('files that lie in memory alone have their bars kept', async () => {
  const inMemory = new Map(
    Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)]),
  );
  const all = await seriesWithin(0, folderInMemory('prices', inMemory));
  expect(all.map(({ bars }) => bars.length)).toEqual([3, 2]);
});

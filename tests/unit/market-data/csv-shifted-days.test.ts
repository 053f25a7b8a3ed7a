/** Times of another zone than the exchange's move the days that are cut from them. */
import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { inFolder } from '../../support/folders.ts';

const NOW = instantOf(Date.parse('2026-01-05T12:00:00Z'));
const LISTING = 'isin,symbol,currency\nDE0FIX000016,NORD,EUR\n';
const HOUR_MS = 3_600_000;

/** Moments of the sessions of three weeks from a Monday on. */
const moments = (hours: number, weekdays = 5): readonly number[] =>
  Array.from({ length: 21 }, (_, i) => Date.parse('2024-03-04') + i * 24 * HOUR_MS)
    .filter((_, i) => i % 7 < weekdays)
    .map((ms) => ms + hours * HOUR_MS);

const iso = (ms: number): string => new Date(ms).toISOString();
const seconds = (ms: number): string => String(ms / 1_000);

async function daysOf(texts: readonly string[]): Promise<string> {
  const rows = texts.map((text, i) => `${text},${50 + i}\n`);
  const files = { 'securities.csv': LISTING, 'NORD.csv': `Date,Close\n${rows.join('')}` };
  const read: unknown = await inFolder(files, (folder) => openCsv(folder, NOW)).catch(
    (thrown: unknown) => thrown,
  );
  return read instanceof Failure ? read.message : 'read';
}

test.each([
  ['midnights of Berlin in UTC', moments(-1).map(iso), 'NORD.csv:2: "2024-03-03T23:00:00.000Z"'],
  ['midnights of Tokyo in seconds', moments(-9).map(seconds), 'NORD.csv:2: "1709478000"'],
  ['midnights of London in summer', [...moments(0).slice(0, 5), ...moments(-1).slice(5)].map(iso)],
])('%s are refused', async (_name, texts, begin = 'NORD.csv:7: "2024-03-10T23:00:00.000Z"') => {
  expect(await daysOf(texts)).toMatch(new RegExp(`^${begin} is a Sunday's evening`));
});

test.each([
  ['midnights of the exchange', moments(0).map(iso)],
  ['closes of the day', moments(17.5).map(iso)],
  ['sessions of Sunday to Thursday', moments(-24).map(iso)],
  ['seconds of an opening in New York', moments(14.5).map(seconds)],
  ['all days of a week', moments(23, 7).map(iso)],
  ['one Sunday of a holiday', [...moments(0), Date.parse('2024-03-31T18:00Z')].map(iso)],
])('%s are read', async (_name, texts) => {
  expect(await daysOf(texts)).toBe('read');
});

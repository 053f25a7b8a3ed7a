/** Files of prices that another thread has read are read only for what it did not hand over. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BarColumns } from '#shared/clients/market-data/csv/bar-columns.ts';
import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import type { FileBar } from '#shared/clients/market-data/csv/csv-prices.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';

const fixtures = join(__dirname, '../../fixtures/csv/wide');
const NOW = instantOf(Date.parse('2026-01-05T12:00:00Z'));
const BEGINNING = parseDay('1900-01-01');
const OSTA = parseIsin('US0FIX000036');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-facts-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function handedOver() {
  const first = await openCsv(fixtures, NOW);
  const facts = structuredClone(first.fileFacts);
  return { first, second: await openCsv(join(folder, 'prices'), NOW, facts) };
}

test('a source that was handed over answers without its files', async () => {
  const { first, second } = await handedOver();
  expect(second.today(NOW)).toBe(first.today(NOW));
  expect(second.session('XETR', NOW)).toEqual(first.session('XETR', NOW));
  expect(await second.listing()).toEqual(await first.listing());
  const named = ({ name, benchmark, onlyCurrency, doubts, simulated }: typeof first) => ({
    ...{ name, benchmark, onlyCurrency, doubts, simulated },
  });
  expect(named(second)).toEqual(named(first));
  expect(second.fileFacts).toEqual(first.fileFacts);
});

test('it reads them once it is asked for prices, and again after they could not be read', async () => {
  const { first, second } = await handedOver();
  await expect(second.bars(OSTA, BEGINNING)).rejects.toMatchObject({
    facts: { rule: 'market-data-missing' },
  });
  await cp(fixtures, join(folder, 'prices'), { recursive: true });
  const bars = await second.bars(OSTA, BEGINNING);
  expect(bars.length).toBeGreaterThan(0);
  expect(bars).toEqual(await first.bars(OSTA, BEGINNING));
  expect(await second.actions(OSTA)).toEqual(await first.actions(OSTA));
  const { currency } = (await first.listing()).find(({ isin }) => isin === OSTA) ?? {};
  expect(currency).toBeDefined();
  if (currency) {
    const rates = await first.rates(currency, currency, BEGINNING);
    expect(await second.rates(currency, currency, BEGINNING)).toEqual(rates);
  }
});

test('columns give back the bars that they were made of', () => {
  const day = parseDay('2024-03-04');
  const whole = { open: 1, high: 3, low: 0.5, close: 2, adjustedClose: 1.9 };
  const bars: FileBar[] = [
    { day, ...whole, line: 2, volume: 0 },
    { day: parseDay('2024-03-05'), ...whole, close: Number.NaN, line: 4, dividend: 0.25 },
    { day: parseDay('2024-03-08'), ...whole, line: 3, volume: 1e9, split: 0.1 },
  ];
  const columns = BarColumns.of('A.csv', bars);
  expect(columns.bars).toEqual(bars);
  expect(columns.withEvents).toEqual(bars.slice(1));
  expect([columns.file, columns.lastDay]).toEqual(['A.csv', '2024-03-08']);
  expect([BarColumns.of('B.csv', []).bars, BarColumns.of('B.csv', []).lastDay]).toEqual([
    [],
    undefined,
  ]);
});

import { epochDay, parseDay } from '#shared/kernel/calendar-day.ts';
import { joinPriceChunks, priceChunks, readPriceChunk } from '#shared/universe/year-chunks.ts';

const read = (fields: Iterable<readonly [string, string]>) =>
  joinPriceChunks(
    [...fields].map(([year, json]) => readPriceChunk(json, `prices ${year}`)),
    'prices',
  );

const days = Int32Array.from(['2023-12-29', '2024-01-02', '2024-01-03'], (day) =>
  epochDay(parseDay(day)),
);
const close = Float64Array.of(10, 11, 12.25);
const nan = Float64Array.of(Number.NaN, Number.NaN, Number.NaN);
const flat = { days, open: close, high: close, low: close, close, adjustedClose: close };

describe('years of bars', () => {
  test('are read back as they were written', () => {
    const full = {
      ...flat,
      high: Float64Array.of(10.5, 11.5, 13),
      adjustedClose: Float64Array.of(9, 10, 12.25),
      volume: Float64Array.of(5, Number.NaN, 7),
    };
    expect(read(priceChunks(full))).toEqual(full);
  });

  test('omit redundant columns', () => {
    const chunks = priceChunks({ ...flat, volume: nan });
    expect([...chunks.keys()]).toEqual(['2023', '2024']);
    const found = read(chunks);
    expect(found).toEqual({ ...flat, volume: nan });
    const full = priceChunks({ ...flat, open: Float64Array.of(9, 10, 11), volume: close });
    expect(full.get('2024')?.length).toBeGreaterThan(chunks.get('2024')?.length ?? Infinity);
    for (const name of ['open', 'high', 'low', 'adjustedClose'] as const)
      expect(found[name]).toBe(found.close);
  });

  test('are read as earlier versions stored them', () => {
    const year = { days: [19724, 19725], close: [11, 12.25], high: [11.5, 13], volume: [null, 7] };
    const columns = read([['2024', JSON.stringify(year)]]);
    expect(columns).toEqual({
      ...{ days: Int32Array.of(19724, 19725), close: close.subarray(1), open: close.subarray(1) },
      ...{ high: Float64Array.of(11.5, 13), low: close.subarray(1) },
      ...{ adjustedClose: close.subarray(1), volume: Float64Array.of(Number.NaN, 7) },
    });
  });

  test('take less than a third of their text in a csv file', () => {
    const price = (i: number, part: number) => Math.round(1e4 + 500 * Math.sin(i + part)) / 100;
    const rows = Array.from({ length: 250 }, (_, i) => {
      const [open, close] = [price(i, 0), price(i, 0.4)];
      const [high, low] = [Math.max(open, close) + 0.31, Math.min(open, close) - 0.27];
      const [first, last] = [Number(high.toFixed(2)), Number(low.toFixed(2))];
      return [19723 + i, open, first, last, close, 1_000_000 + 997 * i] as const;
    });
    const column = (at: 1 | 2 | 3 | 4 | 5) => Float64Array.from(rows, (row) => row[at]);
    const bars = { ...{ open: column(1), high: column(2), low: column(3), close: column(4) } };
    const series = { ...bars, adjustedClose: bars.close, volume: column(5) };
    const stored = priceChunks({ ...series, days: Int32Array.from(rows, ([day]) => day) });
    const csv = rows.map(([, ...cells]) => `2024-01-01,${cells.join()}`).join('\n');
    expect([...stored.values()].join('').length).toBeLessThan(csv.length / 3);
  });

  test.each([
    ['no JSON', '{'],
    ['no days', '{"close":[1]}'],
    ['a column of another length', '{"days":[1,2],"close":[1]}'],
    ['a missing column', '{"days":[1]}'],
    ['a price that is not positive', '{"days":[1],"close":[0]}'],
    ['a price that is text', '{"days":[1],"close":["1"]}'],
    ['a price that is null', '{"days":[1],"close":[null]}'],
    ['a negative volume', '{"days":[1],"close":[1],"volume":[-1]}'],
    ['days that fall', '{"days":[2,1],"close":[1,1]}'],
    ['a day that is text', '{"days":["1"],"close":[1]}'],
  ])('are corrupt with %s', (_name, json) => {
    expect(() => read([['1970', json]])).toThrow(
      expect.objectContaining({ code: 'DATA_CORRUPT' }) as Error,
    );
  });

  test.each([
    ['a letter that changed', (text: string) => `${text.slice(0, 12)}x${text.slice(13)}`],
    ['an end that is missing', (text: string) => text.slice(0, -5)],
    ['nothing behind its beginning', (text: string) => text.slice(0, 6)],
  ])('are corrupt with %s', (_name, damaged) => {
    const text = priceChunks({ ...flat, volume: nan }).get('2024') ?? '';
    expect(() => read([['2024', damaged(text)]])).toThrow(
      expect.objectContaining({ code: 'DATA_CORRUPT' }) as Error,
    );
  });

  test.each([
    ['a price that is not positive', { close: Float64Array.of(10, 0, 12) }],
    ['a price that is no number', { open: Float64Array.of(10, Number.NaN, 12) }],
    ['a negative volume', { volume: Float64Array.of(1, -1, 1) }],
    ['days that fall', { days: Int32Array.of(19725, 19724, 19726) }],
  ])('are corrupt, packed, with %s', (_name, wrong) => {
    const series = { ...flat, volume: nan, ...wrong };
    expect(() => read(priceChunks(series))).toThrow(
      expect.objectContaining({ code: 'DATA_CORRUPT' }) as Error,
    );
  });

  test('are corrupt where a year begins before the last one ends', () => {
    const later = { ...flat, volume: nan };
    const [first = ['', ''], second = ['', '']] = priceChunks(later);
    expect(() => read([second, first])).toThrow(
      expect.objectContaining({ code: 'DATA_CORRUPT' }) as Error,
    );
  });
});

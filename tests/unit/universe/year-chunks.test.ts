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
    expect(JSON.parse(chunks.get('2023') ?? '')).toEqual({ days: [19720], close: [10] });
    expect(read(chunks)).toEqual({ ...flat, volume: nan });
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

  test('are corrupt where a year begins before the last one ends', () => {
    const later = { ...flat, volume: nan };
    const [first = ['', ''], second = ['', '']] = priceChunks(later);
    expect(() => read([second, first])).toThrow(
      expect.objectContaining({ code: 'DATA_CORRUPT' }) as Error,
    );
  });
});

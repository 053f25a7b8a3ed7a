import { repeatedSessions, repeatReason } from '#shared/kernel/bars/repeated-bars.ts';

interface Bar {
  readonly price: number;
  readonly range?: number;
  readonly volume?: number;
}

function columnsOf(bars: readonly Bar[]) {
  const column = (of: (bar: Required<Bar>) => number) =>
    Float64Array.from(bars, ({ price, range = 1, volume = price * 10 }) =>
      of({ price, range, volume }),
    );
  return {
    open: column(({ price }) => price),
    high: column(({ price, range }) => price + range),
    low: column(({ price, range }) => price - range),
    close: column(({ price, range }) => price + range / 2),
    volume: column(({ volume }) => volume),
  };
}

const days: readonly Bar[] = [101, 102, 103, 104, 105, 106].map((price) => ({ price }));

describe('bars that are repeated', () => {
  it.each([
    ['none', days, 0],
    ['the last one once more', [...days, ...days.slice(-1)], 1],
    ['the last one for three days', [...days, ...[1, 2, 3].flatMap(() => days.slice(-1))], 3],
    ['those of a week before', [...days, ...days.slice(0, 5)], 5],
    ['an earlier one, and then a new one', [...days, ...days.slice(0, 2), { price: 200 }], 0],
    ['the same price with another volume', [...days, { price: 106, volume: 7 }], 0],
    ['one price without a range', [1, 2, 3].map(() => ({ price: 100, range: 0 })), 0],
    ['days without a trade', [1, 2, 3].map(() => ({ price: 100, volume: 0 })), 0],
    ['volumes that nobody knows', [1, 2, 3].map(() => ({ price: 100, volume: Number.NaN })), 0],
    ['no bars', [], 0],
  ])('are counted from the last one back: %s', (_what, bars, count) => {
    expect(repeatedSessions(columnsOf(bars))).toBe(count);
  });

  it('are looked for from a bar on', () => {
    const columns = columnsOf([...days, ...days.slice(0, 2)]);
    expect(repeatedSessions(columns, 2)).toBe(0);
  });

  it('are no doubt by chance: one of a single security', () => {
    expect(repeatReason(0, true)).toBeUndefined();
    expect(repeatReason(1, false)).toBeUndefined();
    expect(repeatReason(2, false)).toBe('its last 2 bars are those of earlier days again');
    expect(repeatReason(1, true)).toContain('last bar is that of earlier days again, as of most');
  });
});

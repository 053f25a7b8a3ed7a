import fc from 'fast-check';
import {
  checkBars,
  followSmoothly,
  LEVEL_BARS_MIN,
  type BarToCheck,
} from '#shared/kernel/bars/bar-check.ts';

function bar(day: number, close: number, change: Partial<BarToCheck> = {}): BarToCheck {
  const prices = { open: close, high: close, low: close, close, adjustedClose: close };
  return { day, ...prices, volume: 100, ...change };
}

const reasonOf = (bars: BarToCheck[]): string | undefined => checkBars(bars).setAside[0]?.reason;

describe('checking bars', () => {
  test('accepts what is in order, oldest first', () => {
    const { accepted, setAside } = checkBars([bar(12, 11), bar(10, 10), bar(11, 10.5)]);
    expect(accepted.map(({ day }) => day)).toEqual([10, 11, 12]);
    expect(setAside).toEqual([]);
  });

  test.each([
    ['a zero close', bar(1, 0), 'not positive'],
    ['a negative low', bar(1, 5, { low: -1 }), 'low -1 is not positive'],
    ['a price that is not a number', bar(1, 5, { open: Number.NaN }), 'open NaN is not positive'],
    ['a high below the close', bar(1, 5, { high: 4.9 }), 'high 4.9 lies below'],
    ['a high below the open', bar(1, 5, { open: 6 }), 'high 5 lies below'],
    ['a low above the open', bar(1, 5, { open: 4, high: 6 }), 'low 5 lies above'],
    ['a negative volume', bar(1, 5, { volume: -1 }), 'volume -1'],
  ])('sets aside %s', (_name, faulty, reason) => {
    expect(reasonOf([faulty])).toContain(reason);
    expect(checkBars([faulty]).accepted).toEqual([]);
  });

  test('accepts an unknown volume', () => {
    expect(checkBars([bar(1, 5, { volume: Number.NaN })]).setAside).toEqual([]);
  });

  test('takes +1000 % and -90 % in a day, and nothing beyond', () => {
    expect(reasonOf([bar(1, 1), bar(2, 10), bar(3, 1)])).toBeUndefined();
    expect(reasonOf([bar(1, 1), bar(2, 11.01)])).toContain('moves +1001.0 % in a day');
    expect(reasonOf([bar(1, 100), bar(2, 9.99)])).toContain('moves -90.0 % in a day');
  });

  test('sets aside what lies more than ten times off the mean of thirty days', () => {
    const flat = Array.from({ length: 30 }, (_, i) => bar(i, 1));
    const climbing = [...flat, bar(30, 5), bar(31, 12.5)];
    expect(reasonOf(climbing)).toContain('times off the mean of the last 30 closes');
    expect(reasonOf([...flat, bar(30, 5), bar(31, 11)])).toBeUndefined();
  });

  test('never judges by a bar that was set aside', () => {
    const { accepted, setAside } = checkBars([bar(1, 10), bar(2, 500), bar(3, 10.2)]);
    expect(accepted.map(({ day }) => day)).toEqual([1, 3]);
    expect(setAside.map(({ day }) => day)).toEqual(['1970-01-03']);
  });

  test('judges moves on adjusted closes, so that a split is no crash', () => {
    const split = bar(2, 5, { adjustedClose: 100 });
    expect(reasonOf([bar(1, 100), split])).toBeUndefined();
  });

  test('takes the later of two bars of one day', () => {
    expect(checkBars([bar(1, 10), bar(1, 11)]).accepted).toEqual([bar(1, 11)]);
  });

  test('sets aside a wrong first bar, not the right ones after it', () => {
    const right = Array.from({ length: 20 }, (_, i) => bar(i + 2, 50 + i / 10));
    const { accepted, setAside } = checkBars([bar(1, 5080), ...right]);
    expect(accepted).toEqual(right);
    expect(setAside).toEqual([
      { day: '1970-01-02', reason: 'lies 101.6 times off the level of the bars after it, 50' },
    ]);
  });

  test.each([1, 2, 3, 4])('sets aside %d wrong bars in the middle and at the end', (count) => {
    const flat = (from: number, length: number, close: number) =>
      Array.from({ length }, (_, i) => bar(from + i, close));
    const right = [...flat(0, 30, 80), ...flat(40, 30, 81)];
    const wrong = [...flat(30, count, 0.8), ...flat(80, count, 8100)];
    const { accepted, setAside } = checkBars([...right, ...wrong]);
    expect(accepted).toEqual(right);
    expect(setAside).toHaveLength(2 * count);
  });

  test('believes a level that holds for a week, as after a split of 20:1 in raw closes', () => {
    const before = Array.from({ length: 60 }, (_, i) => bar(i, 1000 + i));
    const after = Array.from({ length: LEVEL_BARS_MIN }, (_, i) => bar(60 + i, 52 + i));
    expect(checkBars([...before, ...after]).setAside).toEqual([]);
    expect(checkBars([...before, ...after.slice(1)]).setAside).toHaveLength(LEVEL_BARS_MIN - 1);
  });

  test('sets aside pence among pounds, whatever their number', () => {
    const closes = Array.from({ length: 90 }, (_, i) => (i % 3 === 2 ? 500 : 5));
    const { accepted } = checkBars(closes.map((close, day) => bar(day, close)));
    expect(new Set(accepted.map(({ close }) => close))).toEqual(new Set([5]));
    expect(accepted).toHaveLength(60);
  });

  test('never leaves a jump within what it believes unless the new level holds', () => {
    const close = fc.oneof(
      fc.constantFrom(1, 100, 10_000),
      fc.double({ min: 0.01, max: 1000, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(close, { maxLength: 80 }), (closes) => {
        const { accepted, setAside } = checkBars(closes.map((price, day) => bar(day, price)));
        expect(accepted.length + setAside.length).toBe(closes.length);
        if (closes.length > 0) expect(accepted.length).toBeGreaterThan(0);
      }),
      { seed: 7 },
    );
  });
});

describe('new bars behind accepted ones', () => {
  test('follow smoothly where none is in doubt', () => {
    expect(followSmoothly([bar(2, 11), bar(3, 12)], [10, 10.5])).toBe(true);
    expect(followSmoothly([bar(2, 11), bar(3, 0.12)], [10, 10.5])).toBe(false);
    expect(followSmoothly([bar(2, 0)], [10])).toBe(false);
  });

  test('come to the same as the whole history, where they do', () => {
    const close = fc.double({ min: 0.01, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(close, { maxLength: 40 }), fc.nat(40), (closes, cut) => {
        const bars = closes.map((price, day) => bar(day, price));
        const before = bars.slice(0, cut);
        const context = before.map(({ adjustedClose }) => adjustedClose);
        const clean = checkBars(before).setAside.length === 0;
        if (!clean || !followSmoothly(bars.slice(cut), context)) return;
        expect(checkBars(bars).accepted).toHaveLength(bars.length);
      }),
      { seed: 7 },
    );
  });
});

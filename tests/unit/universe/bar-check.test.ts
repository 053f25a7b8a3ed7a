import fc from 'fast-check';
import { checkBars, type BarToCheck } from '#shared/universe/model/bar-check.ts';

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

  test('comes to the same when the bars are checked in two parts', () => {
    const close = fc.double({ min: 0.01, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(close, { maxLength: 80 }), fc.nat(80), (closes, cut) => {
        const bars = closes.map((price, day) => bar(day, price));
        const first = checkBars(bars.slice(0, cut));
        const context = first.accepted.map(({ adjustedClose }) => adjustedClose);
        const second = checkBars(bars.slice(cut), context);
        expect([...first.accepted, ...second.accepted]).toEqual(checkBars(bars).accepted);
      }),
      { seed: 7 },
    );
  });
});

import type { BarToCheck } from '#shared/kernel/bars/bar-check.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { ratioOfRescaledPast, suspectedSplits } from '#shared/kernel/bars/split-suspicion.ts';

function walk(seed: string, length = 120, volatility = 0.015): number[] {
  const random = seededRandom(seed);
  let price = 100;
  return Array.from({ length }, () => (price *= Math.exp(volatility * normal(random))));
}

function bars(closes: readonly number[], adjusted: readonly number[] = closes): BarToCheck[] {
  return closes.map((close, day) => {
    const open = close;
    const adjustedClose = adjusted[day] ?? close;
    return { day, open, high: open, low: open, close, adjustedClose, volume: Number.NaN };
  });
}

const split = (closes: readonly number[], at: number, ratio: number): number[] =>
  closes.map((close, i) => (i < at ? close : close / ratio));

describe('a suspected split', () => {
  test.each([4 / 3, 1.5, 2, 3, 4, 5, 7, 10, 20, 50, 1 / 2, 1 / 5, 1 / 10])(
    'of %d is found on its day, at the end and in the middle',
    (ratio) => {
      for (const at of [60, 115, 119]) {
        const found = suspectedSplits(bars(split(walk(`split ${ratio}`, 120, 0.002), at, ratio)));
        expect(found).toEqual([{ day: at, ratio, isAdjusted: false }]);
      }
    },
  );

  test('is known to the source where only the raw closes jump', () => {
    const closes = walk('adjusted');
    const adjusted = closes.map((close) => close / 4);
    const found = suspectedSplits(bars(split(closes, 60, 4), adjusted));
    expect(found).toEqual([{ day: 60, ratio: 4, isAdjusted: true }]);
  });

  test.each([
    ['an ordinary series', walk('ordinary')],
    ['a bad bar that returns', walk('bad').map((close, i) => (i === 60 ? close / 4 : close))],
    ['an odd ratio', split(walk('odd'), 60, 2.45)],
    ['a fall by a fifth', split(walk('fall'), 60, 1.25)],
    [
      'a fall that goes on',
      walk('slide').map((close, i) => (i < 60 ? close : (close / 2) * 0.85 ** (i - 60))),
    ],
  ])('is not suspected in %s', (_name, closes) => {
    expect(suspectedSplits(bars(closes))).toEqual([]);
  });

  test('is not suspected on a day when the market fell', () => {
    expect(suspectedSplits(bars(split(walk('crash'), 60, 4 / 3)), () => -0.12)).toEqual([]);
  });
});

describe('a past that was changed', () => {
  const before = walk('past', 20);

  test.each([4, 1.5, 1 / 10, 2.45])('by %d shows that ratio', (ratio) => {
    const after = before.map((close) => Math.round((close / ratio) * 1e4) / 1e4);
    expect(ratioOfRescaledPast(before, after)).toBeCloseTo(ratio, 3);
  });

  test.each([
    ['for a dividend', before.map((close) => close * 0.95)],
    ['not at all', before],
    ['by another source', before.map((close, i) => close / (i < 10 ? 4 : 1))],
  ])('%s shows none', (_name, after) => {
    expect(ratioOfRescaledPast(before, after)).toBeUndefined();
  });
});

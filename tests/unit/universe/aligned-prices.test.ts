import { epochDay } from '#shared/kernel/calendar-day.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { alignPrices, commonDays } from '#shared/universe/model/aligned-prices.ts';
import { logReturns } from '#shared/quant/measures/returns.ts';
import {
  USD,
  closesOf,
  isinOf,
  rateSeriesOf,
  sketchView,
  weekdays,
} from '../../support/markets/market-views.ts';

const rising = (count: number, start = 100): number[] =>
  Array.from({ length: count }, (_, i) => start + i);

/** Prices that walk with a common market and noise of their own. */
function walks(seed: string, count: number, length: number): number[][] {
  const random = seededRandom(seed);
  const market = Array.from({ length }, () => 0.01 * normal(random));
  return Array.from({ length: count }, () => {
    let price = 100;
    return market.map((move) => (price *= Math.exp(move + 0.01 * normal(random))));
  });
}

const deviation = (values: Float64Array): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};

describe('common days', () => {
  test('are those on which at least half of the securities have a bar', () => {
    const days = weekdays(4).map((day) => [day, 1] as const);
    const view = sketchView([
      { closes: days },
      { closes: days.slice(1) },
      { closes: days.slice(3) },
      { closes: days.slice(3) },
    ]);
    expect([...commonDays(view)]).toEqual(days.slice(1).map(([day]) => epochDay(day)));
  });

  test('are none where there are no securities', () => {
    const aligned = alignPrices(sketchView([]), { days: 100 });
    expect(aligned).toMatchObject({ isins: [], prices: [], dropped: [] });
    expect(aligned.days).toHaveLength(0);
  });
});

describe('aligning prices', () => {
  test('keeps the last days of the window, in the order of the view', () => {
    const view = sketchView([
      { closes: closesOf(rising(100)) },
      { closes: closesOf(rising(100, 500)) },
    ]);
    const aligned = alignPrices(view, { days: 70 });
    expect(aligned.isins).toEqual([isinOf(0), isinOf(1)]);
    expect([...aligned.days]).toEqual(weekdays(70).map(epochDay));
    expect(aligned.prices[1]?.[0]).toBe(530);
    expect(aligned.prices[1]?.at(-1)).toBe(599);
    expect([...aligned.observedFrom]).toEqual([0, 0]);
  });

  test('turns prices into the base currency with the rate of the day', () => {
    const rates = rateSeriesOf(closesOf([...new Array<number>(99).fill(0.5), 0.8]));
    const view = sketchView(
      [{ closes: closesOf(rising(100)), currency: USD }],
      new Map([[USD, rates]]),
    );
    const aligned = alignPrices(view, { days: 100 });
    expect(aligned.prices[0]?.[0]).toBe(50);
    expect(aligned.prices[0]?.at(-1)).toBeCloseTo(199 * 0.8, 10);
  });

  test('drops a security whose currency has no rates, instead of taking 1', () => {
    const view = sketchView([{ closes: closesOf(rising(100)), currency: USD }]);
    expect(alignPrices(view, { days: 100 }).dropped).toEqual([
      { isin: isinOf(0), reason: 'has no exchange rates for USD' },
    ]);
  });

  test('carries a price over five common days and not over six', () => {
    const bars = closesOf(rising(200));
    const without = (from: number, count: number) =>
      bars.filter((_, i) => i < from || i >= from + count);
    const view = sketchView([
      { closes: bars },
      { closes: bars },
      { closes: without(50, 5) },
      { closes: without(50, 6) },
    ]);
    const aligned = alignPrices(view, { days: 200 });
    expect([...aligned.observedFrom]).toEqual([0, 0, 0, 56]);
    expect([...(aligned.prices[2]?.slice(49, 56) ?? [])]).toEqual([
      149, 149, 149, 149, 149, 149, 155,
    ]);
  });

  test('drops what has too few observations, or none at the end', () => {
    const bars = closesOf(rising(100));
    const view = sketchView([
      { closes: bars },
      { closes: bars },
      { closes: bars.slice(-59) },
      { closes: bars.slice(0, -6) },
      { closes: bars.slice(-60) },
    ]);
    const aligned = alignPrices(view, { days: 100 });
    expect(aligned.isins).toEqual([isinOf(0), isinOf(1), isinOf(4)]);
    expect(aligned.dropped).toEqual([
      { isin: isinOf(2), reason: 'has 59 days of unbroken prices; 60 are needed' },
      { isin: isinOf(3), reason: "has no price within 5 days of the window's end" },
    ]);
  });

  test('starts the window with the longest history', () => {
    const bars = closesOf(rising(100));
    const view = sketchView([{ closes: bars.slice(-80) }, { closes: bars.slice(-70) }]);
    const aligned = alignPrices(view, { days: 100 });
    expect(aligned.days).toHaveLength(80);
    expect([...aligned.observedFrom]).toEqual([0, 10]);
  });

  test('fills the time before a listing with prices as volatile as those observed', () => {
    const [a = [], b = [], c = [], young = []] = walks('backward fill', 4, 600);
    const view = sketchView([
      { closes: closesOf(a) },
      { closes: closesOf(b) },
      { closes: closesOf(c) },
      { closes: closesOf(young.slice(-200)) },
    ]);
    const aligned = alignPrices(view, { days: 600 });
    expect(aligned.observedFrom[3]).toBe(400);
    const column = aligned.prices[3] ?? new Float64Array(0);
    expect([...column.slice(400)]).toEqual(young.slice(-200));
    const returns = logReturns(column);
    const [filled, observed] = [returns.slice(0, 400), returns.slice(400)];
    expect(returns.every(Number.isFinite)).toBe(true);
    expect(deviation(filled) / deviation(observed)).toBeGreaterThan(0.85);
    expect(deviation(filled) / deviation(observed)).toBeLessThan(1.15);
  });
});

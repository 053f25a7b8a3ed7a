/** Series that are gone on with in place are those that copying gives, and shorter ones stay what they were. */
import { seededRandom } from '#shared/kernel/random.ts';
import type { BarToCheck } from '#shared/kernel/bars/bar-check.ts';
import { extended } from '#shared/universe/model/growing-series.ts';
import type { PriceSeries } from '#shared/universe/model/price-series.ts';
import { ALPHA } from '../../support/markets/set-market.ts';

type Bars = readonly (readonly [day: number, open: number, close: number])[];

function seriesOf(bars: Bars): PriceSeries {
  const column = (at: 1 | 2): Float64Array => Float64Array.from(bars, (bar) => bar[at]);
  const close = column(2);
  const open = bars.every(([, first, last]) => first === last) ? close : column(1);
  const days = Int32Array.from(bars, ([day]) => day);
  const volume = new Float64Array(bars.length).fill(Number.NaN);
  return { isin: ALPHA, days, open, high: close, low: close, close, adjustedClose: close, volume };
}

function barsOf(bars: Bars): readonly BarToCheck[] {
  return bars.map(([day, open, close]) => ({
    ...{ day, open, high: close, low: close, close },
    ...{ adjustedClose: close, volume: Number.NaN },
  }));
}

function told({ days, open, high, low, close, adjustedClose, volume }: PriceSeries): string {
  return JSON.stringify(
    [days, open, high, low, close, adjustedClose, volume].map((column) => [...column]),
  );
}

test.each(Array.from({ length: 5 }, (_, i) => `series-${i}`))('seed %s', (seed) => {
  const random = seededRandom(seed);
  const bar = (day: number): Bars[number] => {
    const close = Math.round(random() * 10_000) / 100;
    return [day, random() < 0.02 ? close + 1 : close, close];
  };
  let bars: Bars = Array.from({ length: 5 }, (_, i) => bar(i));
  let series = seriesOf(bars);
  const known: (readonly [PriceSeries, string])[] = [];
  for (let day = 5; day < 160; day += 1) {
    // The source repeats the last bars, mostly as they were.
    const again = Math.floor(random() * 3);
    const count = bars.length - again;
    const last = random() < 0.9 ? bars.slice(count) : bars.slice(count).map(([at]) => bar(at));
    const added = [...last, bar(day)];
    // Sometimes two go on from the same series.
    if (random() < 0.1) extended(series, count, barsOf([...last, bar(day)]));
    known.push([series, told(series)]);
    series = extended(series, count, barsOf(added));
    bars = [...bars.slice(0, count), ...added];
    expect(told(series)).toBe(told(seriesOf(bars)));
  }
  for (const [shorter, before] of known) expect(told(shorter)).toBe(before);
});

test('a bar more is put behind those before, and copies none', () => {
  const first = extended(seriesOf([[1, 2, 2]]), 1, barsOf([[2, 3, 3]]));
  const later: Bars = [
    [2, 3, 3],
    [3, 4, 4],
  ];
  const second = extended(first, 1, barsOf(later));
  expect(second.close.buffer).toBe(first.close.buffer);
  expect([...first.close]).toEqual([2, 3]);
  expect([...second.close]).toEqual([2, 3, 4]);
  expect(second.open).toBe(second.close);
});

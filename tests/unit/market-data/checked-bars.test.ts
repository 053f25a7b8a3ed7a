/** Bars judged as they come are believed as those of a history that is judged as a whole. */
import { BEGINNING, barToCheck, checkedBars } from '#shared/clients/market-data/checked-bars.ts';
import type { DailyBar } from '#shared/clients/market-data/market-data.ts';
import { checkBars } from '#shared/kernel/bars/bar-check.ts';
import { addDays, epochDay, parseDay } from '#shared/kernel/calendar-day.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';

const isin = parseIsin('US0378331005');
const start = parseDay('2024-01-01');
const { signal } = new AbortController();

/** Prices that jump to other levels for a bar, for some, or for good, and bars that contradict themselves. */
function wildBars(seed: string): DailyBar[] {
  const random = seededRandom(seed);
  let [level, left] = [1, 0];
  return Array.from({ length: 90 }, (_, i) => {
    left -= 1;
    if (left < 0) {
      level = random() < 0.6 ? 1 : 20 ** (integerBelow(random, 5) - 2);
      left = integerBelow(random, 9);
    }
    const close = 10 * level * (1 + random() / 10);
    const high = random() < 0.03 ? close / 2 : close;
    return { day: addDays(start, i), open: close, high, low: close, close, adjustedClose: close };
  });
}

function wholly(bars: readonly DailyBar[], from = start): string[] {
  const days = new Set(checkBars(bars.map(barToCheck)).accepted.map(({ day }) => day));
  return bars.filter(({ day }) => day >= from && days.has(epochDay(day))).map(({ day }) => day);
}

test.each(Array.from({ length: 10 }, (_, i) => `bars-${i}`))(
  'each day believes what the whole history up to it gives: seed %s',
  async (seed) => {
    const bars = wildBars(seed);
    let listed: readonly DailyBar[] = [];
    const source = { bars: () => Promise.resolve(listed) };
    for (let count = 1; count <= bars.length; count += 1) {
      const last = bars[count - 1] as DailyBar;
      // As a replay does: the day's bar is announced with one price first.
      for (const own of [{ ...last, high: last.close }, last]) {
        listed = [...bars.slice(0, count - 1), own];
        const from = addDays(last.day, -30);
        const found = await checkedBars(source, isin, { from, to: last.day }, signal);
        expect(found.map(({ day }) => day)).toEqual(wholly(listed, from));
      }
    }
  },
);

test.each(Array.from({ length: 4 }, (_, i) => `kept-${i}`))(
  'a source that keeps its past is asked for what is new, and believed alike: seed %s',
  async (seed) => {
    const bars = wildBars(seed);
    let [listed, answered]: [readonly DailyBar[], number] = [[], 0];
    const answer = (_isin: unknown, day: string) => {
      const found = listed.filter((bar) => bar.day >= day);
      answered += found.length;
      return Promise.resolve(found);
    };
    const source = { bars: answer, keepsPast: true };
    for (let count = 1; count <= bars.length; count += 1 + (count % 3)) {
      const last = bars[count - 1] as DailyBar;
      for (const own of [{ ...last, high: last.close }, last]) {
        listed = [...bars.slice(0, count - 1), own];
        for (const from of [addDays(last.day, -30), BEGINNING]) {
          const found = await checkedBars(source, isin, { from, to: last.day }, signal);
          expect(found.map(({ day }) => day)).toEqual(wholly(listed, from));
        }
      }
    }
    expect(answered).toBeLessThan(6 * bars.length);
  },
);

test('a source that keeps its past is asked anew for what lies before what was judged', async () => {
  const bars = wildBars('back');
  const source = { bars: () => Promise.resolve(bars), keepsPast: true };
  for (const to of [addDays(start, 80), addDays(start, 40)]) {
    const found = await checkedBars(source, isin, { from: start, to }, signal);
    expect(found.map(({ day }) => day)).toEqual(wholly(bars.filter(({ day }) => day <= to)));
  }
});

test('a source that corrects a bar among others has all of them judged again', async () => {
  const bars = Array.from({ length: 12 }, (_, i): DailyBar => {
    const prices = { open: 10, high: 10, low: 10, close: 10, adjustedClose: 10 };
    return { day: addDays(start, i), ...prices };
  });
  let listed = bars;
  const source = { bars: () => Promise.resolve(listed) };
  const span = { from: BEGINNING, to: addDays(start, 20) };
  expect(await checkedBars(source, isin, span, signal)).toHaveLength(12);
  listed = bars.map((bar, i) => (i === 6 ? { ...bar, adjustedClose: 9000 } : bar));
  expect(await checkedBars(source, isin, span, signal)).toHaveLength(11);
});

test('of two bars of a day the later in the list is judged', async () => {
  const bar = (day: number, close: number): DailyBar => ({
    ...{ day: addDays(start, day), open: close, high: close, low: close, close },
    adjustedClose: close,
  });
  const bars = [0, 1, 2, 3, 4, 5].map((day) => bar(day, 10));
  const listed = [...bars, bar(5, 900)];
  const source = { bars: () => Promise.resolve(listed) };
  const found = await checkedBars(source, isin, { from: start, to: addDays(start, 9) }, signal);
  expect(found.map(({ day }) => day)).toEqual(wholly(listed));
});

/** Threads of a replay by the memory that is left. */
import { parseDay } from '#shared/kernel/calendar-day.ts';
import type { Past } from '#shared/replay/past.ts';
import { threadsWithin } from '../../../cli/threads-within.ts';

const MB = 2 ** 20;
const window = { from: parseDay('2010-01-04'), to: parseDay('2010-01-05') };
const years = { from: parseDay('2000-01-03'), to: parseDay('2022-12-28') };

function past(bars: number): Pick<Past, 'bars'> {
  return { bars: new Map([['US0378331005', new Array(bars)]]) as unknown as Past['bars'] };
}

test('as many as asked for where there is memory for them', () => {
  expect(threadsWithin(8, past(0), window, 10_000 * MB)).toBe(8);
});

test('no more than have room beside what the main thread takes', () => {
  expect(threadsWithin(8, past(0), window, 60 * MB + 3.1 * 160 * MB)).toBe(3);
});

test('data and days of a replay leave room for fewer', () => {
  const few = (bars: number, of = window) => threadsWithin(8, past(bars), of, 1_000 * MB);
  expect([few(0), few(500_000), few(0, years)]).toEqual([5, 3, 3]);
});

test('one, which is the main thread, where there is room for no other', () => {
  expect(threadsWithin(8, past(0), window, 0)).toBe(1);
});

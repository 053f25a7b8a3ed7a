/** Threads of a replay and their heap by the memory that is left. */
import { parseDay } from '#shared/kernel/calendar-day.ts';
import type { Past } from '#shared/replay/past.ts';
import { roomFor } from '../../../cli/replay-room.ts';

const MB = 2 ** 20;
const window = { from: parseDay('2010-01-04'), to: parseDay('2010-01-05') };
const years = { from: parseDay('2000-01-03'), to: parseDay('2022-12-28') };

function past(bars: number): Pick<Past, 'bars'> {
  return { bars: new Map([['US0378331005', new Array(bars)]]) as unknown as Past['bars'] };
}

function room(leftMb: number, { of = window, bars = 0, asked = 8, mainHeapMb = 2_048 } = {}) {
  return roomFor(asked, past(bars), of, { left: leftMb * MB, mainHeap: mainHeapMb * MB });
}

test('as many as asked for where there is memory for them, which they share', () => {
  expect(room(10_060)).toEqual({ threads: 8, heapMbMax: 1_186 });
});

test('no more than have room beside what the main thread takes', () => {
  expect(room(60 + 3.1 * 160).threads).toBe(3);
});

test('data and days of a replay leave room for fewer', () => {
  const few = (bars: number, of = window) => room(1_000, { bars, of }).threads;
  expect([few(0), few(500_000), few(0, years)]).toEqual([5, 3, 2]);
});

test('one, which is the main thread, where there is room for no other', () => {
  expect(room(0)).toEqual({ threads: 1, heapMbMax: undefined });
});

test('one that is not the main thread where its heap is too small for the replay', () => {
  const long = { of: years, bars: 100_000, asked: 1 };
  expect(room(440, { ...long, mainHeapMb: 256 })).toEqual({ threads: 1, heapMbMax: 316 });
  expect(room(440, { ...long, mainHeapMb: 450 }).heapMbMax).toBeUndefined();
  expect(room(300, { ...long, mainHeapMb: 256 }).heapMbMax).toBeUndefined();
});

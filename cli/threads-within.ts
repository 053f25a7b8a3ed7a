/** How many threads of a replay there is memory for. */
import { daysBetween } from '#shared/kernel/calendar-day.ts';
import { memoryLeft } from '#shared/process/memory-left.ts';
import type { Past } from '#shared/replay/past.ts';
import type { ReplayWindow } from '#shared/replay/replay-policy.ts';

const MB = 2 ** 20;
/** Of the program on a thread, with room in which it makes garbage. */
const THREAD_BYTES = 160 * MB;
/** Of a bar on a thread: as it came, in a column and in the stores. */
const BAR_BYTES = 300;
/** What a day leaves behind where each has a decision with orders. */
const DAY_BYTES = 10_000;
/** What the main thread takes besides while they work: it names the data and puts the report together. */
const MAIN_BYTES = 60 * MB;

/**
 * @param asked threads
 * @param left bytes that may still be taken
 * @returns 1 where one thread more than the main one would not fit
 */
export function threadsWithin(
  asked: number,
  { bars }: Pick<Past, 'bars'>,
  { from, to }: ReplayWindow,
  left = memoryLeft(),
): number {
  const count = [...bars.values()].reduce((sum, own) => sum + own.length, 0);
  const each = THREAD_BYTES + BAR_BYTES * count + DAY_BYTES * daysBetween(from, to);
  return Math.max(1, Math.min(asked, Math.floor((left - MAIN_BYTES) / each)));
}

/** How many threads of a replay there is memory for, and how much of it each may take. */
import { getHeapStatistics } from 'node:v8';
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
const DAY_BYTES = 30_000;
/** Of a thread outside of its heap: code, buffers, objects that are young. */
const OUTSIDE_HEAP_BYTES = 64 * MB;
/** What the main thread takes besides while they work: it names the data and puts the report together. */
const MAIN_BYTES = 60 * MB;

export interface ReplayRoom {
  readonly threads: number;
  /** Of a thread's heap; undefined: the main thread carries out the runs. */
  readonly heapMbMax: number | undefined;
}

/** What a run is expected to take, against what is there. In bytes. */
export interface Room {
  /** Of memory that may still be taken. */
  readonly left: number;
  /** Of the main thread's heap: V8 takes half of a small control group, and ends the program beyond it. */
  readonly mainHeap: number;
}

/**
 * @param asked threads
 * @returns one thread where there is room for no other
 */
export function roomFor(
  asked: number,
  { bars }: Pick<Past, 'bars'>,
  { from, to }: ReplayWindow,
  { left, mainHeap } = roomLeft(),
): ReplayRoom {
  const count = [...bars.values()].reduce((sum, own) => sum + own.length, 0);
  const each = THREAD_BYTES + BAR_BYTES * count + DAY_BYTES * daysBetween(from, to);
  const forThreads = left - MAIN_BYTES;
  const threads = Math.max(1, Math.min(asked, Math.floor(forThreads / each)));
  const heapMbMax = Math.floor((forThreads / threads - OUTSIDE_HEAP_BYTES) / MB);
  const fitsHere = each <= mainHeap || heapMbMax * MB <= mainHeap;
  return { threads, heapMbMax: threads === 1 && fitsHere ? undefined : heapMbMax };
}

function roomLeft(): Room {
  return { left: memoryLeft(), mainHeap: getHeapStatistics().heap_size_limit };
}

/**
 * Who called whom, counted in this process until it is stored: calls, failures and time by pairs of names. Names
 * are those of operations and of parts of the system, never of a caller's choice, so there are few pairs.
 */
import { Failure } from '#shared/kernel/failure.ts';

/** Upper bounds of the buckets of latency, in milliseconds; a last bucket has no bound. */
export const latencyBoundsMs = [3, 10, 30, 100, 300, 1_000, 3_000, 10_000] as const;

export interface CallFigures {
  calls: number;
  /** Calls that ended as errors of the callee (an HTTP status from 500); refusals are answers. */
  failures: number;
  totalMs: number;
  /** Calls by their bucket of latency. */
  readonly buckets: number[];
}

export interface RecordedPair {
  readonly caller: string;
  readonly callee: string;
  readonly figures: CallFigures;
}

/** More than there are operations that call one another; a fault must not fill the memory. */
const PAIRS_MAX = 4_000;

const pairs = new Map<string, RecordedPair>();
/** On the monotonic clock: when the first of them was counted. */
let begunAtMs: number | undefined;

/** @param durationMs until the answer was complete */
export function recordCall(
  caller: string,
  callee: string,
  durationMs: number,
  failed: boolean,
): void {
  const figures = figuresOf(caller, callee);
  if (!figures) return;
  figures.calls += 1;
  if (failed) figures.failures += 1;
  figures.totalMs += durationMs;
  const bucket = bucketOf(durationMs);
  figures.buckets[bucket] = (figures.buckets[bucket] ?? 0) + 1;
}

function figuresOf(caller: string, callee: string): CallFigures | undefined {
  const name = `${caller} ${callee}`;
  const known = pairs.get(name);
  if (known) return known.figures;
  if (pairs.size >= PAIRS_MAX) return undefined;
  const buckets = new Array<number>(latencyBoundsMs.length + 1).fill(0);
  const figures = { calls: 0, failures: 0, totalMs: 0, buckets };
  pairs.set(name, { caller, callee, figures });
  begunAtMs ??= performance.now();
  return figures;
}

function bucketOf(durationMs: number): number {
  const found = latencyBoundsMs.findIndex((bound) => durationMs <= bound);
  return found < 0 ? latencyBoundsMs.length : found;
}

/** @returns for how long that has been counted which was not taken out yet, in milliseconds */
export function countedForMs(): number {
  return begunAtMs === undefined ? 0 : performance.now() - begunAtMs;
}

/** Takes out what was counted since the last time. */
export function takeRecordedCalls(): readonly RecordedPair[] {
  const taken = [...pairs.values()];
  pairs.clear();
  begunAtMs = undefined;
  return taken;
}

/** Puts back what could not be stored. */
export function returnRecordedCalls(taken: readonly RecordedPair[]): void {
  for (const { caller, callee, figures: back } of taken) {
    const figures = figuresOf(caller, callee);
    if (!figures) continue;
    figures.calls += back.calls;
    figures.failures += back.failures;
    figures.totalMs += back.totalMs;
    for (const [bucket, count] of back.buckets.entries())
      figures.buckets[bucket] = (figures.buckets[bucket] ?? 0) + count;
  }
}

/** Does the work as a call of the callee. */
export async function recorded<T>(
  caller: string,
  callee: string,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  try {
    const answer = await work();
    recordCall(caller, callee, performance.now() - startedAt, false);
    return answer;
  } catch (thrown) {
    recordCall(caller, callee, performance.now() - startedAt, isFailedCall(thrown));
    throw thrown;
  }
}

/** The same for a generator, from its first message to its last. */
export async function* recordedEach<T, R>(
  caller: string,
  callee: string,
  messages: AsyncGenerator<T, R>,
): AsyncGenerator<T, R> {
  const startedAt = performance.now();
  let failed = false;
  try {
    return yield* messages;
  } catch (thrown) {
    failed = isFailedCall(thrown);
    throw thrown;
  } finally {
    recordCall(caller, callee, performance.now() - startedAt, failed);
  }
}

/** A refusal is an answer, and a caller that left is no failure of the callee. */
export function isFailedCall(thrown: unknown): boolean {
  if (thrown instanceof Failure) return thrown.rule.http >= 500;
  return !(thrown instanceof Error && thrown.name === 'AbortError');
}

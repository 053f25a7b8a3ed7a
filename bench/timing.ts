/** Times of work done again and again; medians, because a shared machine has bad moments. */

export function timed<T>(work: () => T): { readonly ms: number; readonly result: T } {
  const began = performance.now();
  const result = work();
  return { ms: performance.now() - began, result };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Milliseconds of one call, of as many as fill `leastMs` and at least one. */
export function msPerCall(work: () => unknown, leastMs: number): number {
  const began = performance.now();
  let calls = 0;
  let passed = 0;
  do {
    work();
    calls += 1;
    passed = performance.now() - began;
  } while (passed < leastMs);
  return passed / calls;
}

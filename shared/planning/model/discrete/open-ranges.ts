/** Ranges still to be split, the least bound first: a binary heap. */
import type { Ranges } from './ranges.ts';

export interface OpenRange {
  readonly ranges: Ranges;
  readonly bound: number;
  /** Where the relaxation ended: averages and multipliers. */
  readonly mean: Float64Array;
  readonly prices: Float64Array;
  /** What is split next: this security, after this size. */
  readonly security: number;
  readonly at: number;
}

export class OpenRanges {
  private readonly heap: OpenRange[] = [];

  get least(): number {
    return this.heap[0]?.bound ?? Infinity;
  }

  add(range: OpenRange): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(range);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up] as OpenRange;
      if (above.bound <= range.bound) break;
      heap[at] = above;
      at = up;
    }
    heap[at] = range;
  }

  take(): OpenRange | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= heap.length) break;
      const right = heap[down + 1];
      if (right && right.bound < (heap[down] as OpenRange).bound) down += 1;
      const below = heap[down] as OpenRange;
      if (below.bound >= last.bound) break;
      heap[at] = below;
      at = down;
    }
    heap[at] = last;
    return first;
  }
}

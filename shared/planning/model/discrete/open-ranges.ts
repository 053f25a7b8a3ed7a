/** Ranges still to be split, the least bound first: a binary heap. */
import type { Bounded, Split } from './branching.ts';

export interface OpenRange extends Bounded {
  readonly split: Split;
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
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
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

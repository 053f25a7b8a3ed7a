/**
 * Every sequence up to a depth, by depth-first search over securities: first what is sold, then what
 * is bought. Below a purchase that breaks a rule nothing is evaluated, since after the sales every
 * further purchase only takes more cash, more turnover and more of a group.
 */
import type { SearchSpace } from '#shared/planning/model/search/search-space.ts';
import { sizesIn } from './sizes.ts';
import { SequenceState } from '#shared/planning/model/search/sequence-state.ts';

export interface Enumerated {
  readonly lots: Float64Array;
  readonly gain: number;
  readonly evaluated: number;
}

/** One security on one side, with the sizes to try. */
interface Branch {
  readonly security: number;
  readonly sizes: readonly number[];
}

/** @param depth most orders of a sequence */
export function enumerateSequences(space: SearchSpace, depth: number): Enumerated {
  const search = new DepthFirst(space, branchesOf(space), Math.min(depth, space.ordersMax));
  search.run();
  return { lots: search.best, gain: search.bestGain, evaluated: search.evaluated };
}

class DepthFirst {
  best: Float64Array;
  bestGain = 0;
  evaluated = 0;
  private readonly branches: readonly Branch[];
  private readonly depth: number;
  private readonly space: SearchSpace;

  constructor(space: SearchSpace, chosen: readonly Branch[], depth: number) {
    this.best = new Float64Array(space.size);
    this.depth = depth;
    const sides = (sign: number) =>
      chosen
        .map(({ security, sizes }) => ({ security, sizes: sizes.filter((s) => s * sign > 0) }))
        .filter(({ sizes }) => sizes.length > 0);
    this.branches = [...sides(-1), ...sides(1)];
    this.space = space;
  }

  run(): void {
    if (this.depth > 0) this.descend(0, new SequenceState(this.space), 0);
  }

  private descend(from: number, state: SequenceState, level: number): void {
    for (let b = from; b < this.branches.length; b += 1) {
      const { security, sizes } = this.branches[b] as Branch;
      if (state.lots[security] !== 0) continue;
      for (const lots of sizes) this.visit(state, security, lots, b + 1, level);
    }
  }

  private visit(state: SequenceState, i: number, lots: number, next: number, level: number): void {
    this.evaluated += 1;
    const gain = state.gain + state.gainOf(i, lots);
    if (state.barrier(i, lots) !== undefined) return;
    const deeper = level + 1 < this.depth;
    const better = gain > this.bestGain;
    if (better) {
      this.bestGain = gain;
      this.best.set(state.lots);
      this.best[i] = lots;
    }
    if (!deeper) return;
    const below = SequenceState.of(state.space, state.lots);
    below.set(i, lots);
    this.descend(next, below, level + 1);
  }
}

function branchesOf(space: SearchSpace): readonly Branch[] {
  return sizesIn(space)
    .map((sizes, security) => ({ security, sizes }))
    .filter(({ sizes }) => sizes.length > 0);
}

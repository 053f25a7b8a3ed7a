/**
 * Every sequence up to a depth, by depth-first search over securities: first what is sold, then what
 * is bought. Below a purchase that breaks a rule nothing is looked at, since after the sales every
 * further purchase only takes more cash, more turnover and more of a group.
 */
import type { SearchSpace } from './search-space.ts';
import { SequenceState } from './sequence-state.ts';

export interface Exhausted {
  readonly lots: Int32Array;
  readonly gain: number;
  readonly evaluated: number;
  /** Share of all sequences up to the depth that were looked at, or ruled out by a looked-at one. */
  readonly coverageRatio: number;
}

/** One security on one side, with the sizes to try. */
interface Branch {
  readonly security: number;
  readonly sizes: readonly number[];
}

/**
 * @param depth most orders of a sequence
 * @param budget most sequences; with more, only those of the most promising securities are searched
 */
export function searchExhaustively(space: SearchSpace, depth: number, budget: number): Exhausted {
  const orders = Math.min(depth, space.ordersMax);
  const all = branchesOf(space);
  const chosen = withinBudget(all, orders, budget);
  const search = new DepthFirst(space, chosen, orders);
  search.run();
  return {
    lots: search.best,
    gain: search.bestGain,
    evaluated: search.evaluated,
    coverageRatio:
      chosen.length === all.length ? 1 : countOf(chosen, orders) / countOf(all, orders),
  };
}

class DepthFirst {
  best: Int32Array;
  bestGain = 0;
  evaluated = 0;
  private readonly branches: readonly Branch[];
  private readonly depth: number;
  /** The sequence so far, one copy a level, so that going back restores every bit. */
  private readonly levels: readonly SequenceState[];

  constructor(space: SearchSpace, chosen: readonly Branch[], depth: number) {
    this.best = new Int32Array(space.size);
    this.depth = depth;
    const sides = (sign: number) =>
      chosen
        .map(({ security, sizes }) => ({ security, sizes: sizes.filter((s) => s * sign > 0) }))
        .filter(({ sizes }) => sizes.length > 0);
    this.branches = [...sides(-1), ...sides(1)];
    this.levels = Array.from({ length: depth + 1 }, () => new SequenceState(space));
  }

  run(): void {
    if (this.depth > 0) this.descend(0, 0);
  }

  private descend(from: number, level: number): void {
    const state = this.levels[level] as SequenceState;
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
    const below = this.levels[level + 1] as SequenceState;
    below.copyFrom(state);
    below.set(i, lots);
    this.descend(next, level + 1);
  }
}

function branchesOf(space: SearchSpace): readonly Branch[] {
  return space.sizes
    .map((sizes, security) => ({ security, sizes }))
    .filter(({ sizes }) => sizes.length > 0)
    .map((branch) => ({ branch, promise: promiseOf(space, branch) }))
    .sort((a, b) => b.promise - a.promise || a.branch.security - b.branch.security)
    .map(({ branch }) => branch);
}

/** The best that one order alone can do, cash left aside: a first guess at who matters. */
function promiseOf(space: SearchSpace, { security, sizes }: Branch): number {
  const state = new SequenceState(space);
  return Math.max(...sizes.map((lots) => state.gainOf(security, lots)));
}

function withinBudget(all: readonly Branch[], depth: number, budget: number): readonly Branch[] {
  let count = all.length;
  while (count > 0 && countOf(all.slice(0, count), depth) > budget) count -= 1;
  return all.slice(0, count);
}

/** Number of sequences of 1 to `depth` distinct securities: elementary symmetric polynomials. */
export function countOf(branches: readonly Branch[], depth: number): number {
  const ways = [1, ...new Array<number>(depth).fill(0)];
  for (const { sizes } of branches)
    for (let k = depth; k > 0; k -= 1) ways[k] = (ways[k] ?? 0) + (ways[k - 1] ?? 0) * sizes.length;
  return ways.slice(1).reduce((sum, count) => sum + count, 0);
}

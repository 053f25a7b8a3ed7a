/**
 * The best whole lots, with proof: branch and bound. A range of choices is bounded by the
 * relaxation, narrowed by what the bound rules out, and split. From the range with the least bound
 * the search dives into the better half until that cannot be better than the incumbent. First
 * incumbents come from rounding and local search.
 */
import { Branching, halvesOf } from './branching.ts';
import { columnsOf, type Columns } from './columns.ts';
import type { DiscreteProblem } from './discrete-problem.ts';
import { improveLots } from './local-search.ts';
import { LotState } from './lot-state.ts';
import { narrow } from './narrowing.ts';
import { OpenRanges, type OpenRange } from './open-ranges.ts';
import { SizeRanges } from './size-ranges.ts';
import { Relaxation } from './lagrangian-bound.ts';

export interface DiscreteOptions {
  /** Most ranges that are bounded: the same work on every machine. */
  readonly nodesMost: number;
  /** Done when the objective is proven to be this near the best, as a share of it. */
  readonly gapRatio?: number;
  /** The same, absolute. */
  readonly gap?: number;
  /** Choices to begin with, in lots. */
  readonly starts?: readonly ArrayLike<number>[];
  /** Done as soon as a choice improves on no trade by more than this, or none can. */
  readonly enough?: number | undefined;
}

export interface DiscreteSolution {
  /**
   * exact: nothing is better by more than the absolute gap. bounded: nothing is better than `bound`.
   * infeasible: no choice keeps the limits. unknown: none was found within the budget.
   */
  readonly status: 'exact' | 'bounded' | 'infeasible' | 'unknown';
  /** Signed lots. */
  readonly lots: Float64Array;
  /** In the problem's own sense: tracking is to be small, utility great. */
  readonly objective: number;
  readonly bound: number;
  /** |objective - bound|. */
  readonly gap: number;
  /** Objective of no trade. */
  readonly idle: number;
  /** Ranges bounded. */
  readonly nodes: number;
  /** Choices weighed: those of rounding and local search, and one a range. */
  readonly evaluated: number;
}

export type DiscreteProgress = Pick<
  DiscreteSolution,
  'objective' | 'bound' | 'nodes' | 'evaluated'
> & {
  /** Of the objective over no trade, not negative. */
  readonly gain: number;
};

/** Differences of the objective that do not matter. */
const GAP = 2e-10;
const START_BUDGET = 1_000_000;
const ROUND_BUDGET = 300_000;
/** Roundings come so much more seldom each time. */
const ROUNDING_PACE = 1.2;
const NODES_A_STEP = 2_000;
/** Iterations of a bound: at most so many, and no more after so many in a row without progress. */
interface Effort {
  readonly sweeps: number;
  readonly slowSweeps: number;
}

/** Every other bound starts from the multipliers of the first, so that one is taken to its limit. */
const FIRST_EFFORT: Effort = { sweeps: 1000, slowSweeps: 60 };
const EFFORT: Effort = { sweeps: 20, slowSweeps: 6 };
/** Share of the open gap that has to be closed to count as progress. */
const SLOW_RATIO = 0.02;

export function solveDiscrete(
  problem: DiscreteProblem,
  options: DiscreteOptions,
): DiscreteSolution {
  const search = searchDiscrete(problem, options);
  for (;;) {
    const next = search.next();
    if (next.done) return next.value;
  }
}

/** Yields after parts of the work; returns the best choice and its bound. */
export function* searchDiscrete(
  problem: DiscreteProblem,
  options: DiscreteOptions,
): Generator<DiscreteProgress, DiscreteSolution> {
  const search = new BranchAndBound(columnsOf(problem), options);
  const sign = problem.objective.kind === 'utility' ? -1 : 1;
  search.begin();
  while (search.advance(NODES_A_STEP)) {
    const { nodes, evaluated, best, bound, gain } = search;
    yield { nodes, evaluated, gain, objective: sign * best, bound: sign * bound };
  }
  const { nodes, evaluated, best, lots } = search;
  const bound = Math.min(best, search.bound);
  const gap = best - bound;
  return {
    status: statusOf(best, search.bound, options.gap ?? GAP),
    ...{ lots, nodes, evaluated, gap: best < Infinity ? gap : Infinity },
    objective: sign * best,
    bound: sign * bound,
    idle: sign * search.idle,
  };
}

function statusOf(best: number, bound: number, gap: number): DiscreteSolution['status'] {
  if (best === Infinity) return bound === Infinity ? 'infeasible' : 'unknown';
  return best <= bound + gap ? 'exact' : 'bounded';
}

class BranchAndBound {
  nodes = 0;
  evaluated = 0;
  best = Infinity;
  lots: Float64Array;
  private readonly columns: Columns;
  private readonly options: DiscreteOptions;
  private readonly relaxation: Relaxation;
  private readonly branching: Branching;
  private readonly open = new OpenRanges();
  /** What is split next. */
  private dive: OpenRange | undefined;
  private nextRounding = 1;
  /** Objective of no trade, and the one that ends the search where it is reached. */
  readonly idle: number;
  private readonly sufficient: number | undefined;
  /** Least bound of what was given up because it is near enough. */
  private given = Infinity;

  constructor(columns: Columns, options: DiscreteOptions) {
    this.columns = columns;
    this.options = options;
    this.relaxation = new Relaxation(columns);
    this.branching = new Branching(columns, this.relaxation);
    this.lots = new Float64Array(columns.size);
    this.idle = new LotState(columns).objective;
    this.sufficient = options.enough === undefined ? undefined : this.idle - options.enough;
  }

  get gain(): number {
    return Math.max(0, this.idle - this.best);
  }

  get bound(): number {
    return Math.min(this.open.least, this.given, this.dive?.bound ?? Infinity);
  }

  begin(): void {
    const { columns, options } = this;
    this.offer(new LotState(columns));
    for (const start of options.starts ?? [])
      this.improve(LotState.of(columns, start), START_BUDGET);
    const prices = new Float64Array(columns.available.length + 1);
    const mean = new Float64Array(columns.size);
    this.dive = this.bounded(
      SizeRanges.of(columns),
      { mean, prices, bound: -Infinity },
      FIRST_EFFORT,
    );
  }

  /** Bounds some ranges more. False when nothing is left to do. */
  advance(nodes: number): boolean {
    const until = this.nodes + nodes;
    while (this.nodes < until) {
      if (this.sufficient !== undefined && this.best < this.sufficient) return false;
      const range = this.dive ?? this.open.take();
      this.dive = undefined;
      if (!range) return false;
      if (this.givesUp(range.bound)) continue;
      if (this.nodes >= this.options.nodesMost) {
        this.open.add(range);
        return false;
      }
      this.split(range);
    }
    return true;
  }

  /** True when nothing above the bound is better by more than what does not matter. */
  private givesUp(bound: number): boolean {
    if (bound >= (this.sufficient ?? Infinity)) return this.rejects(bound);
    if (this.best === Infinity) return false;
    const { gap = GAP, gapRatio = 0 } = this.options;
    if (bound < this.best - Math.max(gap, gapRatio * Math.abs(this.best))) return false;
    return this.rejects(bound);
  }

  private rejects(bound: number): true {
    this.given = Math.min(this.given, bound);
    return true;
  }

  /** Goes on with the better half at once, so that choices are reached early; keeps the other. */
  private split(range: OpenRange): void {
    const { split, mean } = range;
    const both = halvesOf(range.ranges, split).map((half) => this.bounded(half, range, EFFORT));
    const bounds = both.map((half) => half?.bound ?? Infinity);
    this.branching.learn(split.security, range.bound, bounds, this.best);
    const [below, above] = both;
    if (!below || !above) {
      this.dive = below ?? above;
      return;
    }
    const nearBelow = (mean[split.security] as number) - split.at < 0.5;
    const first = below.bound === above.bound ? nearBelow : below.bound < above.bound;
    this.dive = first ? below : above;
    this.open.add(first ? above : below);
  }

  /** Bounds a range that is part of another; undefined where nothing in it can be better. */
  private bounded(
    ranges: SizeRanges,
    from: Pick<OpenRange, 'mean' | 'prices' | 'bound'>,
    effort: Effort,
  ): OpenRange | undefined {
    const { relaxation, columns } = this;
    if (!ranges.propagate(columns)) return undefined;
    this.nodes += 1;
    this.evaluated += 1;
    if (ranges.isPoint()) return this.settle(ranges);
    relaxation.start(ranges, from.mean, from.prices);
    const bound = this.iterate(ranges, from.bound, effort);
    if (bound === undefined || !ranges.propagate(columns)) return undefined;
    if (ranges.isPoint()) return this.settle(ranges);
    const mean = relaxation.means();
    const known = { ranges, bound, mean, prices: relaxation.multipliers() };
    this.round(mean, bound);
    if (this.givesUp(bound)) return undefined;
    return { ...known, split: this.branching.choose(known, this.best) };
  }

  /** Sweeps while that raises the bound; undefined where nothing in the range can be better. */
  private iterate(
    ranges: SizeRanges,
    known: number,
    { sweeps, slowSweeps }: Effort,
  ): number | undefined {
    const { relaxation } = this;
    let [bound, mark, slow] = [known, -Infinity, 0];
    for (let sweep = 1; sweep <= sweeps && slow < slowSweeps; sweep += 1) {
      relaxation.sweep(ranges);
      const now = relaxation.bound(ranges);
      if (now === Infinity) return undefined;
      const progress = now - mark >= SLOW_RATIO * (this.best - now);
      slow = progress ? 0 : slow + 1;
      if (progress) mark = now;
      bound = Math.max(bound, now);
      if (this.givesUp(bound)) return undefined;
      const most = Math.max(now, Math.min(this.best, this.sufficient ?? Infinity));
      if (most < Infinity && !narrow(ranges, relaxation, most - now)) return undefined;
      relaxation.reprice();
    }
    return bound;
  }

  private settle(ranges: SizeRanges): undefined {
    this.offer(LotState.of(this.columns, ranges.lo));
    return undefined;
  }

  /** Rounds the averages to sizes and improves on them; ever more seldom. */
  private round(mean: Float64Array, bound: number): void {
    if (this.nodes < this.nextRounding) return;
    const first = this.nextRounding === 1;
    this.nextRounding = Math.ceil(this.nextRounding * ROUNDING_PACE) + 1;
    this.improve(rounded(this.columns, mean), first ? START_BUDGET : ROUND_BUDGET);
    if (first && !this.givesUp(bound)) this.improve(new LotState(this.columns), START_BUDGET);
  }

  private improve(state: LotState, budget: number): void {
    this.evaluated += improveLots(state, budget).evaluated;
    this.offer(state);
  }

  private offer({ lots }: LotState): void {
    // Anew, so that nothing has added up along the way.
    const state = LotState.of(this.columns, lots);
    if (state.violation > 0 || state.objective >= this.best) return;
    this.best = state.objective;
    this.lots = Float64Array.from(lots);
  }
}

function rounded(columns: Columns, mean: Float64Array): LotState {
  const ranges = SizeRanges.of(columns);
  const lots = mean.map((average, i) => {
    const within = ranges.nearest(i, average);
    const below = ranges.sizeBelow(columns, i, within);
    const above = ranges.sizeAbove(columns, i, within);
    return within - below <= above - within ? below : above;
  });
  return LotState.of(columns, lots);
}

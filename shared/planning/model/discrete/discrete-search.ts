/**
 * The best whole lots, with proof: branch and bound, best bound first. A range of choices is bounded
 * by the relaxation, narrowed by what the bound rules out, and split at the security whose sizes are
 * mixed most. What was found first is rounding and local search.
 */
import { columnsOf, type Columns } from './columns.ts';
import type { DiscreteProblem } from './discrete-problem.ts';
import { improveLots } from './local-search.ts';
import { LotState } from './lot-state.ts';
import { OpenRanges, type OpenRange } from './open-ranges.ts';
import { Ranges } from './ranges.ts';
import { Relaxation, TUNE } from './relaxation.ts';

export interface DiscreteOptions {
  /** Most ranges that are bounded; the answer to "how long" on any machine. */
  readonly nodesMost: number;
  /** Done when the objective is proven to be this near the best. */
  readonly gap?: number;
  /** The same as a share of the objective. */
  readonly gapRatio?: number;
  /** Choices to begin with, in lots. */
  readonly starts?: readonly ArrayLike<number>[];
}

export interface DiscreteSolution {
  readonly status: 'exact' | 'bounded' | 'infeasible' | 'unknown';
  /** Signed lots. */
  readonly lots: Int32Array;
  /** In the problem's own sense: tracking to be small, utility to be great. */
  readonly objective: number;
  /** No choice is better than this. */
  readonly bound: number;
  /** |objective - bound|. */
  readonly gap: number;
  readonly nodes: number;
  /** Choices evaluated by rounding and local search, and ranges bounded. */
  readonly evaluated: number;
}

export interface DiscreteProgress {
  readonly nodes: number;
  readonly evaluated: number;
  readonly objective: number;
  readonly bound: number;
}

/** Differences of the objective that do not matter. */
const GAP = 2e-10;
const START_BUDGET = 3_000_000;
const NODES_A_STEP = 2_000;

export function solveDiscrete(problem: DiscreteProblem, options: DiscreteOptions): DiscreteSolution {
  const search = searchDiscrete(problem, options);
  for (;;) {
    const next = search.next();
    if (next.done) return next.value;
  }
}

/** Yields after parts of the work. */
export function* searchDiscrete(
  problem: DiscreteProblem,
  options: DiscreteOptions,
): Generator<DiscreteProgress, DiscreteSolution> {
  const search = new BranchAndBound(columnsOf(problem), options);
  const sign = problem.objective.kind === 'utility' ? -1 : 1;
  search.begin();
  while (search.advance(NODES_A_STEP)) {
    const { nodes, evaluated, best, bound } = search;
    yield { nodes, evaluated, objective: sign * best, bound: sign * bound };
  }
  const { nodes, evaluated, best, bound, lots } = search;
  const solved = best <= bound + (options.gap ?? GAP);
  const found = best < Infinity;
  return {
    status: found ? (solved ? 'exact' : 'bounded') : bound === Infinity ? 'infeasible' : 'unknown',
    lots,
    objective: sign * best,
    bound: sign * Math.min(best, bound),
    gap: Math.max(0, best - bound),
    ...{ nodes, evaluated },
  };
}

class BranchAndBound {
  nodes = 0;
  evaluated = 0;
  best = Infinity;
  lots: Int32Array;
  private readonly columns: Columns;
  private readonly options: DiscreteOptions;
  private readonly relaxation: Relaxation;
  private readonly open = new OpenRanges();
  private nextRounding = 1;
  /** Least bound of what was given up because it cannot be better by more than the gap. */
  private given = Infinity;

  constructor(columns: Columns, options: DiscreteOptions) {
    this.columns = columns;
    this.options = options;
    this.relaxation = new Relaxation(columns);
    this.lots = new Int32Array(columns.size);
  }

  get bound(): number {
    return Math.min(this.open.least, this.given);
  }

  begin(): void {
    const { columns, options } = this;
    this.offer(new LotState(columns));
    for (const start of options.starts ?? []) {
      const state = LotState.of(columns, start);
      this.evaluated += improveLots(state, START_BUDGET).evaluated;
      this.offer(state);
    }
    const ranges = Ranges.of(columns);
    const prices = new Float64Array(columns.available.length + 1);
    this.consider(ranges, new Float64Array(columns.size), prices, -Infinity, 40);
  }

  /** Bounds some ranges more. False when nothing is left to do. */
  advance(nodes: number): boolean {
    const until = this.nodes + nodes;
    while (this.nodes < until) {
      const range = this.open.take();
      if (!range) return false;
      if (this.isNear(range.bound)) {
        this.given = Math.min(this.given, range.bound);
        continue;
      }
      if (this.nodes >= this.options.nodesMost) {
        this.open.add(range);
        return false;
      }
      this.split(range);
    }
    return true;
  }

  private isNear(bound: number): boolean {
    const { gap = GAP, gapRatio = 0 } = this.options;
    return bound >= this.best - Math.max(gap, gapRatio * Math.abs(this.best));
  }

  private split(range: OpenRange): void {
    const { security: i, at } = range;
    for (const side of [0, 1]) {
      const ranges = range.ranges.copy();
      if (side === 0) ranges.hi[i] = at;
      else ranges.lo[i] = at + 1;
      this.consider(ranges, range.mean, range.prices, range.bound, TUNE.sweeps);
    }
  }

  /** Bounds a range and keeps it open, unless nothing in it can be better. */
  private consider(
    ranges: Ranges,
    mean: Float64Array,
    prices: Float64Array,
    known: number,
    sweeps: number,
  ): void {
    const { relaxation, columns } = this;
    if (!ranges.propagate(columns)) return;
    this.nodes += 1;
    this.evaluated += 1;
    if (ranges.isPoint()) return this.offer(LotState.of(columns, ranges.lo));
    let bound = known;
    let [bestPrices, bestMean] = [prices, mean];
    relaxation.start(ranges, mean, prices);
    let slow = 0;
    for (let sweep = 1; sweep <= sweeps; sweep += 1) {
      relaxation.sweep(ranges);
      const now = relaxation.bound(ranges);
      if (now === Infinity) return;
      if (now > bound) {
        slow = now - bound < 0.02 * (this.best - now) ? slow + 1 : 0;
        bound = now;
      } else slow += 1;
      if (this.isNear(bound)) {
        this.given = Math.min(this.given, bound);
        return;
      }
      if (this.best < Infinity && !this.narrow(ranges, this.best - now)) return;
      if (slow >= 4) break;
      relaxation.reprice();
    }
    relaxation.average();
    bestPrices = relaxation.multipliers();
    bestMean = Float64Array.from(relaxation.mean);
    if (!ranges.propagate(columns)) return;
    if (ranges.isPoint()) return this.offer(LotState.of(columns, ranges.lo));
    this.round(bestMean);
    if (this.isNear(bound)) {
      this.given = Math.min(this.given, bound);
      return;
    }
    const { security, at } = this.branch(ranges, bestMean);
    this.open.add({ ranges, bound, mean: bestMean, prices: bestPrices, security, at });
  }

  /** Takes out what the last bound rules out. False where nothing is left. */
  private narrow(ranges: Ranges, slack: number): boolean {
    const { relaxation, columns } = this;
    const { pieces } = relaxation;
    for (let i = 0; i < columns.size; i += 1) {
      const [lo, hi] = [ranges.lo[i] as number, ranges.hi[i] as number];
      if (lo === hi) continue;
      pieces.of(i, relaxation.pulls[i] as number, relaxation.prices);
      const most = (relaxation.least[i] as number) + slack;
      if (hi > 0 && pieces.at(hi) > most) {
        const from = Math.max(lo, columns.buyLeast[i] as number);
        const last = from <= hi ? pieces.lastWithin(1, from, hi, most) : 0;
        ranges.hi[i] = last >= from ? last : lo > 0 ? lo - 1 : pieces.at(0) <= most ? 0 : -1;
      } else if (hi === 0 && pieces.at(0) > most) ranges.hi[i] = -1;
      if (lo < 0 && pieces.at(lo) > most) {
        const to = Math.min(ranges.hi[i] as number, -(columns.sellLeast[i] as number));
        const first = lo <= to ? pieces.firstWithin(-1, lo, to, most) : 0;
        ranges.lo[i] = lo <= to && first <= to ? first : hi < 0 ? hi + 1 : pieces.at(0) <= most ? 0 : 1;
      } else if (lo === 0 && pieces.at(0) > most) ranges.lo[i] = 1;
      if (!ranges.trim(columns, i)) return false;
    }
    return true;
  }

  private branch(ranges: Ranges, mean: Float64Array): { security: number; at: number } {
    const { relaxation, columns } = this;
    let [security, most] = [-1, 1e-9];
    for (let i = 0; i < columns.size; i += 1) {
      const open = (ranges.lo[i] as number) < (ranges.hi[i] as number);
      if (open && (relaxation.spread[i] as number) > most)
        [security, most] = [i, relaxation.spread[i] as number];
    }
    if (security < 0)
      for (let i = 0; i < columns.size; i += 1) {
        const width = (ranges.hi[i] as number) - (ranges.lo[i] as number);
        const weight = width * (columns.lot[i] as number);
        if (weight > most || (width > 0 && security < 0)) [security, most] = [i, weight];
      }
    const [lo, hi] = [ranges.lo[security] as number, ranges.hi[security] as number];
    const at = Math.min(hi - 1, Math.max(lo, Math.floor((mean[security] as number) + 1e-9)));
    return { security, at };
  }

  /** Rounds the averages to sizes and improves on them; ever more seldom. */
  private round(mean: Float64Array): void {
    if (this.nodes < this.nextRounding) return;
    const first = this.nextRounding === 1;
    this.nextRounding = Math.ceil(this.nextRounding * 1.5) + 1;
    const { columns } = this;
    const all = Ranges.of(columns);
    const state = new LotState(columns);
    for (let i = 0; i < columns.size; i += 1) {
      const m = Math.min(all.hi[i] as number, Math.max(all.lo[i] as number, mean[i] as number));
      const [below, above] = [all.sizeBelow(columns, i, m), all.sizeAbove(columns, i, m)];
      const k = m - below <= above - m ? below : above;
      if (k !== 0) state.set(i, k);
    }
    this.evaluated += improveLots(state, first ? START_BUDGET : START_BUDGET / 10).evaluated;
    this.offer(state);
    if (!first) return;
    const still = new LotState(columns);
    this.evaluated += improveLots(still, START_BUDGET).evaluated;
    this.offer(still);
  }

  private offer(state: LotState): void {
    const anew = LotState.of(this.columns, state.lots);
    if (anew.violation > 0 || anew.objective >= this.best) return;
    this.best = anew.objective;
    this.lots = Int32Array.from(state.lots);
  }
}

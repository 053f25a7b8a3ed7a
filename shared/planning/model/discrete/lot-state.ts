/**
 * A choice of lots under evaluation. Changing one or two securities costs a handful of
 * multiplications; `violation` is how far the choice is from keeping every limit.
 */
import {
  GROUPS_MOST,
  isMember,
  COMMON,
  feeOf,
  SHARE_EPSILON,
  takenBy,
  type Columns,
} from './columns.ts';

/** A size that a security might be traded in instead, and what that changes by itself. */
export interface Trial {
  readonly security: number;
  readonly lots: number;
  /** Of its weight. */
  readonly move: number;
  /** Taken more of each limited common resource. */
  readonly taken: Float64Array;
  /** Of the objective, without what it does to cash; holds until the choice changes. */
  own: number;
}

export class LotState {
  readonly columns: Columns;
  readonly lots: Float64Array;
  /** To be minimised. */
  objective: number;
  /** What is taken of each resource and group. */
  readonly used: Float64Array;
  /** Utility: gamma S w. */
  private readonly gradient: Float64Array;
  /** Tracking: cash weight less target. */
  private cashOff: number;
  /** Common resources that are limited at all. */
  private readonly limited: readonly number[];
  private broken = 0;

  constructor(columns: Columns) {
    this.columns = columns;
    const { size, tracking, utility, start } = columns;
    this.lots = new Float64Array(size);
    this.used = new Float64Array(columns.available.length);
    this.gradient = new Float64Array(size);
    this.cashOff = tracking?.cashOff ?? 0;
    this.limited = [...Array(COMMON).keys()].filter((r) => columns.available[r] !== Infinity);
    this.broken = this.brokenNow();
    this.objective = Math.abs(this.cashOff);
    for (let i = 0; i < size; i += 1) {
      if (tracking) this.objective += Math.abs(tracking.off[i] as number);
      if (!utility) continue;
      let sum = 0;
      for (let j = 0; j < size; j += 1)
        sum += (utility.risk[i * size + j] as number) * (start[j] as number);
      this.gradient[i] = sum;
      this.objective += (start[i] as number) * (sum / 2 + (utility.slope[i] as number));
    }
  }

  static of(columns: Columns, lots: ArrayLike<number>): LotState {
    const state = new LotState(columns);
    for (let i = 0; i < columns.size; i += 1) if (lots[i] !== 0) state.set(i, lots[i] as number);
    return state;
  }

  /** Security i trading k lots instead of what it trades now. */
  trial(i: number, k: number): Trial {
    const move = (this.columns.lot[i] as number) * (k - (this.lots[i] as number));
    const taken = new Float64Array(this.limited.length);
    for (let at = 0; at < taken.length; at += 1)
      taken[at] = this.taken(i, k, this.limited[at] as number);
    return { security: i, lots: k, move, taken, own: this.ownChange(i, k, move) };
  }

  /** To be called after the choice has changed elsewhere: what a trial of an unchanged security changes now. */
  retry(trial: Trial): void {
    trial.own = this.ownChange(trial.security, trial.lots, trial.move);
  }

  /** Change of the objective with a trial. */
  change({ own, move }: Trial): number {
    const { cashOff } = this;
    return own + (this.columns.tracking ? Math.abs(cashOff - move) - Math.abs(cashOff) : 0);
  }

  /** The same with trials of two securities at once. */
  changeOfPair(a: Trial, b: Trial): number {
    const { utility, size } = this.columns;
    const own = a.own + b.own;
    if (utility)
      return own + (utility.risk[a.security * size + b.security] as number) * a.move * b.move;
    return own + Math.abs(this.cashOff - a.move - b.move) - Math.abs(this.cashOff);
  }

  /** What the moves of a trial and of any other security change together at least. */
  togetherLeast(a: Trial, j: number, moveMost: number): number {
    const { utility, size } = this.columns;
    if (utility)
      return -Math.abs((utility.risk[a.security * size + j] as number) * a.move) * moveMost;
    const least = Math.max(0, Math.abs(this.cashOff - a.move) - moveMost);
    return least - Math.abs(this.cashOff);
  }

  private ownChange(i: number, k: number, d: number): number {
    const { columns } = this;
    const now = this.lots[i] as number;
    const fee = feeOf(columns, i, k) - feeOf(columns, i, now);
    const { tracking, utility } = columns;
    if (tracking) {
      const off = (tracking.off[i] as number) + (columns.lot[i] as number) * now;
      return fee + Math.abs(off + d) - Math.abs(off);
    }
    if (!utility) return fee;
    const bend = (utility.risk[i * columns.size + i] as number) * d * 0.5;
    return fee + d * ((utility.slope[i] as number) + (this.gradient[i] as number) + bend);
  }

  set(i: number, k: number): void {
    const { columns, used } = this;
    this.objective += this.change(this.trial(i, k));
    const now = this.lots[i] as number;
    const d = (columns.lot[i] as number) * (k - now);
    for (let r = 0; r < COMMON; r += 1)
      used[r] = (used[r] as number) + takenBy(columns, i, k, r) - takenBy(columns, i, now, r);
    for (let g = GROUPS_MOST * i; g < GROUPS_MOST * (i + 1); g += 1) {
      const group = columns.group[g] as number;
      if (group >= 0) used[group] = (used[group] as number) + d;
    }
    if (columns.tracking) this.cashOff -= d;
    if (columns.utility)
      for (let j = 0; j < columns.size; j += 1)
        this.gradient[j] =
          (this.gradient[j] as number) + (columns.utility.risk[i * columns.size + j] as number) * d;
    this.lots[i] = k;
    this.broken = this.brokenNow();
  }

  private brokenNow(): number {
    let sum = 0;
    for (let r = 0; r < this.used.length; r += 1) sum += this.beyond(r, 0);
    return sum;
  }

  /** Sum of what is taken beyond what there is. */
  get violation(): number {
    return this.broken;
  }

  /**
   * The violation with one or two trials.
   * @param most of a choice that keeps all limits: where it is more, any number above `most` may be answered
   */
  violationAfter(a: Trial, b?: Trial, most = Infinity): number {
    const { limited } = this;
    const enough = this.broken === 0 ? most : Infinity;
    let sum = this.broken;
    for (let at = 0; at < limited.length; at += 1) {
      let more = a.taken[at] as number;
      if (b) more += b.taken[at] as number;
      if (more === 0) continue;
      const r = limited[at] as number;
      sum += this.beyond(r, more) - this.beyond(r, 0);
      if (sum > enough) return sum;
    }
    sum += this.groupsBeyond(a, b);
    return sum < SHARE_EPSILON ? 0 : sum;
  }

  /** The violation of common resources alone, with a trial and at least so much taken by another. */
  commonViolation({ taken }: Trial, least: Float64Array): number {
    let sum = 0;
    for (let at = 0; at < taken.length; at += 1)
      sum += this.beyond(this.limited[at] as number, (taken[at] as number) + (least[at] as number));
    return sum;
  }

  private taken(i: number, k: number, resource: number): number {
    const { columns } = this;
    return takenBy(columns, i, k, resource) - takenBy(columns, i, this.lots[i] as number, resource);
  }

  /** How far a limit is exceeded when so much more is taken of it. */
  private beyond(r: number, more: number): number {
    const over = (this.used[r] as number) + more - (this.columns.available[r] as number);
    return over > SHARE_EPSILON ? over : 0;
  }

  private groupsBeyond(a: Trial, b: Trial | undefined): number {
    const { group } = this.columns;
    const { security: i, move: di } = a;
    let sum = 0;
    for (let g = GROUPS_MOST * i; g < GROUPS_MOST * (i + 1); g += 1) {
      const r = group[g] as number;
      if (r < 0) continue;
      const both = b !== undefined && isMember(this.columns, b.security, r);
      sum += this.beyond(r, di + (both ? b.move : 0)) - this.beyond(r, 0);
    }
    if (!b) return sum;
    const { security: j, move: dj } = b;
    for (let g = GROUPS_MOST * j; g < GROUPS_MOST * (j + 1); g += 1) {
      const r = group[g] as number;
      if (r >= 0 && !isMember(this.columns, i, r)) sum += this.beyond(r, dj) - this.beyond(r, 0);
    }
    return sum;
  }
}

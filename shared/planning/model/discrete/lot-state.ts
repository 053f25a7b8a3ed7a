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

  /** Change of the objective when security i trades k lots instead of what it trades now. */
  change(i: number, k: number): number {
    const { columns } = this;
    const d = (columns.lot[i] as number) * (k - (this.lots[i] as number));
    const shift = columns.tracking ? Math.abs(this.cashOff - d) - Math.abs(this.cashOff) : 0;
    return this.ownChange(i, k, d) + shift;
  }

  /** The same for two securities at once. */
  changeOfPair(i: number, ki: number, j: number, kj: number): number {
    const { columns } = this;
    const di = (columns.lot[i] as number) * (ki - (this.lots[i] as number));
    const dj = (columns.lot[j] as number) * (kj - (this.lots[j] as number));
    const own = this.ownChange(i, ki, di) + this.ownChange(j, kj, dj);
    if (columns.utility)
      return own + (columns.utility.risk[i * columns.size + j] as number) * di * dj;
    return own + Math.abs(this.cashOff - di - dj) - Math.abs(this.cashOff);
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
    this.objective += this.change(i, k);
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

  /** The violation with one or two securities changed; an index below 0 stands for none. */
  violationAfter(i: number, ki: number, j: number, kj: number): number {
    let sum = this.broken;
    for (const r of this.limited) {
      let more = i < 0 ? 0 : this.taken(i, ki, r);
      if (j >= 0) more += this.taken(j, kj, r);
      if (more !== 0) sum += this.beyond(r, more) - this.beyond(r, 0);
    }
    if (i >= 0) sum += this.groupsBeyond(i, ki, j, kj);
    return sum < SHARE_EPSILON ? 0 : sum;
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

  private groupsBeyond(i: number, ki: number, j: number, kj: number): number {
    const { group } = this.columns;
    const di = this.weightChange(i, ki);
    const dj = j < 0 ? 0 : this.weightChange(j, kj);
    let sum = 0;
    for (let g = GROUPS_MOST * i; g < GROUPS_MOST * (i + 1); g += 1) {
      const r = group[g] as number;
      if (r >= 0) sum += this.beyond(r, di + (this.isIn(j, r) ? dj : 0)) - this.beyond(r, 0);
    }
    for (let g = GROUPS_MOST * j; j >= 0 && g < GROUPS_MOST * (j + 1); g += 1) {
      const r = group[g] as number;
      if (r >= 0 && !this.isIn(i, r)) sum += this.beyond(r, dj) - this.beyond(r, 0);
    }
    return sum;
  }

  private isIn(i: number, r: number): boolean {
    return i >= 0 && isMember(this.columns, i, r);
  }

  private weightChange(i: number, k: number): number {
    return (this.columns.lot[i] as number) * (k - (this.lots[i] as number));
  }
}

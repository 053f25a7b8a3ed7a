/**
 * A choice of lots under evaluation. Changing one or two securities costs a handful of
 * multiplications; `violation` is how far the choice is from keeping every limit.
 */
import { COMMON, feeOf, SHARE_EPSILON, takenBy, type Columns } from './columns.ts';

export class LotState {
  readonly columns: Columns;
  readonly lots: Int32Array;
  /** To be minimised. */
  objective: number;
  /** What is taken of each resource and group. */
  readonly used: Float64Array;
  /** Utility: gamma S w. */
  private readonly pull: Float64Array;
  /** Tracking: cash weight less target. */
  private cashOff: number;

  constructor(columns: Columns) {
    this.columns = columns;
    const { size, tracking, utility, start } = columns;
    this.lots = new Int32Array(size);
    this.used = new Float64Array(columns.available.length);
    this.pull = new Float64Array(size);
    this.cashOff = tracking?.cashOff ?? 0;
    this.objective = Math.abs(this.cashOff);
    for (let i = 0; i < size; i += 1) {
      if (tracking) this.objective += Math.abs(tracking.off[i] as number);
      if (!utility) continue;
      let sum = 0;
      for (let j = 0; j < size; j += 1)
        sum += (utility.risk[i * size + j] as number) * (start[j] as number);
      this.pull[i] = sum;
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
    return fee + d * ((utility.slope[i] as number) + (this.pull[i] as number) + bend);
  }

  set(i: number, k: number): void {
    const { columns, used } = this;
    this.objective += this.change(i, k);
    const now = this.lots[i] as number;
    const d = (columns.lot[i] as number) * (k - now);
    for (let r = 0; r < COMMON; r += 1)
      used[r] = (used[r] as number) + takenBy(columns, i, k, r) - takenBy(columns, i, now, r);
    for (let g = 2 * i; g < 2 * i + 2; g += 1) {
      const group = columns.group[g] as number;
      if (group >= 0) used[group] = (used[group] as number) + d;
    }
    if (columns.tracking) this.cashOff -= d;
    if (columns.utility)
      for (let j = 0; j < columns.size; j += 1)
        this.pull[j] =
          (this.pull[j] as number) + (columns.utility.risk[i * columns.size + j] as number) * d;
    this.lots[i] = k;
  }

  /** Sum of what is taken beyond what there is. */
  get violation(): number {
    return this.violationAfter(-1, 0, -1, 0);
  }

  /** The violation with one or two securities changed; an index below 0 stands for none. */
  violationAfter(i: number, ki: number, j: number, kj: number): number {
    const { available } = this.columns;
    let sum = 0;
    for (let r = 0; r < available.length; r += 1) {
      let after = this.used[r] as number;
      if (i >= 0) after += this.moved(i, ki, r);
      if (j >= 0) after += this.moved(j, kj, r);
      const over = after - (available[r] as number);
      if (over > SHARE_EPSILON) sum += over;
    }
    return sum;
  }

  private moved(i: number, k: number, resource: number): number {
    const { columns } = this;
    const now = this.lots[i] as number;
    if (resource < COMMON)
      return takenBy(columns, i, k, resource) - takenBy(columns, i, now, resource);
    const member = columns.group[2 * i] === resource || columns.group[2 * i + 1] === resource;
    return member ? (columns.lot[i] as number) * (k - now) : 0;
  }
}

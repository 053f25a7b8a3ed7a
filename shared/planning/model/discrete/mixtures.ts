/** For each security a convex combination of sizes, and the resources they take on average. */
import { GROUPS_MOST, COMMON, takenBy, type Columns } from './columns.ts';
import type { SizeRanges } from './size-ranges.ts';

/** Most sizes mixed of one security. */
const MIX = 8;
/** A share below this is none. */
const GONE = 1e-12;

export class Mixtures {
  readonly columns: Columns;
  /** Taken of each resource and group. */
  readonly used: Float64Array;
  /** Tracking: cash weight less target. */
  cashOff = 0;
  /** Weight after, and utility's gamma (S - D) w. */
  readonly weight: Float64Array;
  readonly gradient: Float64Array;
  private readonly count: Int32Array;
  private readonly size: Float64Array;
  private readonly share: Float64Array;

  constructor(columns: Columns) {
    const { size: n, available } = columns;
    this.columns = columns;
    this.used = new Float64Array(available.length);
    this.weight = new Float64Array(n);
    this.gradient = new Float64Array(n);
    this.count = new Int32Array(n);
    this.size = new Float64Array(n * MIX);
    this.share = new Float64Array(n * MIX);
  }

  /** Two neighbouring sizes for each security, whose average is as given or the nearest in range. */
  start(ranges: SizeRanges, mean: Float64Array): void {
    const { columns } = this;
    this.used.fill(0);
    this.cashOff = columns.tracking?.cashOff ?? 0;
    this.weight.set(columns.start);
    for (let i = 0; i < columns.size; i += 1) {
      const at = i * MIX;
      const average = ranges.nearest(i, mean[i] as number);
      const below = ranges.sizeBelow(columns, i, average);
      const above = ranges.sizeAbove(columns, i, average);
      const share = above === below ? 0 : (average - below) / (above - below);
      this.count[i] = share > 0 ? 2 : 1;
      this.size.set([below, above], at);
      this.share.set([1 - share, share], at);
      this.take(i, below, 1 - share);
      if (share > 0) this.take(i, above, share);
    }
    this.refreshGradient();
  }

  countOf(i: number): number {
    return this.count[i] as number;
  }

  sizeAt(i: number, c: number): number {
    return this.size[i * MIX + c] as number;
  }

  shareAt(i: number, c: number): number {
    return this.share[i * MIX + c] as number;
  }

  mean(i: number): number {
    let mean = 0;
    for (let c = 0; c < (this.count[i] as number); c += 1)
      mean += this.sizeAt(i, c) * this.shareAt(i, c);
    return mean;
  }

  /** Average distance of the sizes from their mean, in weight. */
  spread(i: number): number {
    const mean = this.mean(i);
    let spread = 0;
    for (let c = 0; c < (this.count[i] as number); c += 1)
      spread += Math.abs(this.sizeAt(i, c) - mean) * this.shareAt(i, c);
    return spread * (this.columns.lot[i] as number);
  }

  /** Share that trades nothing; 0 where nothing else is mixed. */
  idle(i: number): number {
    const count = this.count[i] as number;
    for (let c = 0; count > 1 && c < count; c += 1)
      if (this.sizeAt(i, c) === 0) return this.shareAt(i, c);
    return 0;
  }

  /** Moves share from a mixed size to k. */
  move(i: number, from: number, k: number, share: number): void {
    const before = this.weight[i] as number;
    this.take(i, this.sizeAt(i, from), -share);
    this.take(i, k, share);
    this.record(i, from, k, share);
    this.gradientAfter(i, (this.weight[i] as number) - before);
  }

  private record(i: number, from: number, k: number, share: number): void {
    const { size, share: shares } = this;
    const at = i * MIX;
    let count = this.count[i] as number;
    const left = (shares[at + from] as number) - share;
    shares[at + from] = left;
    let found = -1;
    for (let c = 0; c < count; c += 1) if (size[at + c] === k) found = c;
    if (found >= 0) shares[at + found] = (shares[at + found] as number) + share;
    if (left <= GONE) {
      count -= 1;
      size[at + from] = size[at + count] as number;
      shares[at + from] = shares[at + count] as number;
    }
    if (found < 0) {
      if (count === MIX) count = this.drop(i);
      size[at + count] = k;
      shares[at + count] = share;
      count += 1;
    }
    this.count[i] = count;
  }

  /** Gives the smallest share to another size, so that there is room for one more. */
  private drop(i: number): number {
    const { size, share } = this;
    const at = i * MIX;
    let least = 0;
    for (let c = 1; c < MIX; c += 1)
      if ((share[at + c] as number) < (share[at + least] as number)) least = c;
    const to = least === 0 ? 1 : 0;
    const moved = share[at + least] as number;
    this.take(i, size[at + least] as number, -moved);
    this.take(i, size[at + to] as number, moved);
    share[at + to] = (share[at + to] as number) + moved;
    size[at + least] = size[at + MIX - 1] as number;
    share[at + least] = share[at + MIX - 1] as number;
    return MIX - 1;
  }

  private take(i: number, k: number, share: number): void {
    const { columns, used } = this;
    const d = (columns.lot[i] as number) * k * share;
    for (let r = 0; r < COMMON; r += 1)
      used[r] = (used[r] as number) + share * takenBy(columns, i, k, r);
    for (let g = GROUPS_MOST * i; g < GROUPS_MOST * (i + 1); g += 1) {
      const group = columns.group[g] as number;
      if (group >= 0) used[group] = (used[group] as number) + d;
    }
    if (columns.tracking) this.cashOff -= d;
    this.weight[i] = (this.weight[i] as number) + d;
  }

  private gradientAfter(i: number, d: number): void {
    const { utility, size: n } = this.columns;
    if (!utility) return;
    for (let j = 0; j < n; j += 1)
      this.gradient[j] = (this.gradient[j] as number) + (utility.coupled[i * n + j] as number) * d;
  }

  private refreshGradient(): void {
    const { utility, size: n } = this.columns;
    if (!utility) return;
    for (let i = 0; i < n; i += 1) {
      let sum = 0;
      for (let j = 0; j < n; j += 1)
        sum += (utility.coupled[i * n + j] as number) * (this.weight[j] as number);
      this.gradient[i] = sum;
    }
  }
}

/**
 * The bound of a range of choices. Instead of one size, each security takes a mixture of sizes within
 * its range; limits hold for the mixture on average. The least objective over mixtures is no greater
 * than that of any choice.
 *
 * It is found by block-wise steps between sizes (pairwise Frank and Wolfe: Lacoste-Julien and Jaggi
 * 2015) with the limits in an augmented Lagrangian. Whatever the prices come to, they give a bound that
 * holds: weak duality, with the coupled part of risk replaced by its tangent. Hence the iteration may
 * stop at any time.
 */
import { COMMON, ORDERS, POSITIONS, takenBy, type Columns } from './columns.ts';
import { Pieces } from './pieces.ts';
import type { Ranges } from './ranges.ts';

/** Sizes mixed of one security. */
const MIX = 8;
const GONE = 1e-12;

export interface Relaxed {
  /** Holds for every choice within the ranges. */
  bound: number;
  /** Average lots of each security. */
  readonly mean: Float64Array;
  /** Prices that gave the bound. */
  readonly prices: Float64Array;
}

export class Relaxation {
  readonly columns: Columns;
  readonly pieces: Pieces;
  /** Prices at which the last bound was taken; the cash price of tracking. */
  readonly prices: Float64Array;
  cashPrice = 0;
  /** Price of a unit of weight of each security at the last bound. */
  readonly pulls: Float64Array;
  /** The objective of each security alone at the last bound. */
  readonly least: Float64Array;
  readonly mean: Float64Array;
  /** Spread of the sizes mixed, in weight. */
  readonly spread: Float64Array;
  private readonly count: Int32Array;
  private readonly size: Float64Array;
  private readonly share: Float64Array;
  private readonly used: Float64Array;
  /** Weight after, on average, and gamma R w. */
  private readonly weight: Float64Array;
  private readonly pull: Float64Array;
  private cashOff = 0;
  private readonly multiplier: Float64Array;
  private cashMultiplier = 0;
  private readonly stiffness: Float64Array;
  private readonly cashStiffness: number;
  private readonly constant: number;

  constructor(columns: Columns) {
    const { size: n, available } = columns;
    this.columns = columns;
    this.pieces = new Pieces(columns);
    this.prices = new Float64Array(available.length);
    this.multiplier = new Float64Array(available.length);
    this.used = new Float64Array(available.length);
    this.pulls = new Float64Array(n);
    this.least = new Float64Array(n);
    this.mean = new Float64Array(n);
    this.spread = new Float64Array(n);
    this.count = new Int32Array(n);
    this.size = new Float64Array(n * MIX);
    this.share = new Float64Array(n * MIX);
    this.weight = new Float64Array(n);
    this.pull = new Float64Array(n);
    this.stiffness = new Float64Array(available.length);
    const scale = setStiffness(columns, this.stiffness);
    this.cashStiffness = scale;
    this.constant = constantOf(columns);
  }

  /** Begins with mixtures around the given averages, and with prices. */
  start(ranges: Ranges, mean: Float64Array, multipliers: Float64Array): void {
    const { columns } = this;
    const n = columns.size;
    this.multiplier.set(multipliers.subarray(1));
    this.cashMultiplier = multipliers[0] as number;
    this.used.fill(0);
    this.cashOff = columns.tracking?.cashOff ?? 0;
    for (let i = 0; i < n; i += 1) {
      const at = i * MIX;
      const average = Math.min(ranges.hi[i] as number, Math.max(ranges.lo[i] as number, mean[i] as number));
      const below = ranges.sizeBelow(columns, i, average);
      const above = ranges.sizeAbove(columns, i, average);
      const share = above === below ? 0 : (average - below) / (above - below);
      this.count[i] = share > 0 ? 2 : 1;
      this.size[at] = below;
      this.share[at] = 1 - share;
      this.size[at + 1] = above;
      this.share[at + 1] = share;
      this.weight[i] = columns.start[i] as number;
      this.take(i, below, 1 - share);
      if (share > 0) this.take(i, above, share);
    }
    this.refreshPull();
  }

  /** Multipliers to begin a narrower range with: cash first. */
  multipliers(): Float64Array {
    return Float64Array.of(this.cashMultiplier, ...this.multiplier);
  }

  /** One step for each security. */
  sweep(ranges: Ranges): void {
    for (let i = 0; i < this.columns.size; i += 1)
      if ((ranges.lo[i] as number) < (ranges.hi[i] as number)) {
        this.step(i, ranges.lo[i] as number, ranges.hi[i] as number);
      }
  }

  /** Moves the multipliers to the prices of now. */
  reprice(): void {
    for (let r = 0; r < this.multiplier.length; r += 1) this.multiplier[r] = this.priceOf(r);
    this.cashMultiplier = this.cashPriceNow();
  }

  /** The bound at the prices of now. Infinity where a range holds no size. */
  bound(ranges: Ranges): number {
    const { columns, pieces, prices } = this;
    const n = columns.size;
    for (let r = 0; r < prices.length; r += 1) prices[r] = this.priceOf(r);
    this.cashPrice = this.cashPriceNow();
    let sum = this.constant;
    if (columns.tracking) sum += this.cashPrice * columns.tracking.cashOff;
    for (let r = 0; r < prices.length; r += 1)
      if ((prices[r] as number) > 0) sum -= (prices[r] as number) * (columns.available[r] as number);
    for (let i = 0; i < n; i += 1) {
      const price = columns.tracking ? -this.cashPrice : (this.pull[i] as number);
      this.pulls[i] = price;
      if (columns.utility)
        sum += price * ((columns.start[i] as number) - (this.weight[i] as number) / 2);
      pieces.of(i, price, prices);
      const k = pieces.best(ranges.lo[i] as number, ranges.hi[i] as number);
      if (Number.isNaN(k)) return Infinity;
      const least = pieces.at(k);
      this.least[i] = least;
      sum += least;
    }
    return sum;
  }

  /** Averages and spreads of the mixtures. */
  average(): void {
    const { columns, size, share } = this;
    for (let i = 0; i < columns.size; i += 1) {
      const at = i * MIX;
      let mean = 0;
      for (let c = 0; c < (this.count[i] as number); c += 1)
        mean += (size[at + c] as number) * (share[at + c] as number);
      let spread = 0;
      for (let c = 0; c < (this.count[i] as number); c += 1)
        spread += Math.abs((size[at + c] as number) - mean) * (share[at + c] as number);
      this.mean[i] = mean;
      this.spread[i] = spread * (columns.lot[i] as number);
    }
  }

  private refreshPull(): void {
    const { columns } = this;
    if (!columns.utility) return;
    const n = columns.size;
    for (let i = 0; i < n; i += 1) {
      let sum = 0;
      for (let j = 0; j < n; j += 1)
        sum += (columns.utility.coupled[i * n + j] as number) * (this.weight[j] as number);
      this.pull[i] = sum;
    }
  }

  private priceOf(r: number): number {
    const over = (this.used[r] as number) - (this.columns.available[r] as number);
    if (over === -Infinity) return 0;
    return Math.max(0, (this.multiplier[r] as number) + (this.stiffness[r] as number) * over);
  }

  private cashPriceNow(): number {
    if (!this.columns.tracking) return 0;
    const price = this.cashMultiplier + this.cashStiffness * this.cashOff;
    return Math.max(-1, Math.min(1, price));
  }

  private step(i: number, lo: number, hi: number): void {
    const { columns, pieces, prices } = this;
    for (let r = 0; r < prices.length; r += 1) prices[r] = this.priceOf(r);
    const cash = this.cashPriceNow();
    pieces.of(i, columns.tracking ? -cash : (this.pull[i] as number), prices);
    let worst = this.worst(i);
    if (columns.utility) {
      const lot = columns.lot[i] as number;
      const own = columns.utility.coupled[i * columns.size + i] as number;
      const around = ((this.weight[i] as number) - (columns.start[i] as number)) / lot;
      const near = pieces.best(lo, hi, 0.5 * own * lot * lot, around);
      if (this.shift(i, worst, near)) {
        pieces.of(i, this.pull[i] as number, prices);
        worst = this.worst(i);
      }
    }
    this.shift(i, worst, pieces.best(lo, hi));
  }

  /** Index of the mixed size that costs most. */
  private worst(i: number): number {
    const at = i * MIX;
    let [worst, most] = [0, -Infinity];
    for (let c = 0; c < (this.count[i] as number); c += 1) {
      const h = this.pieces.at(this.size[at + c] as number);
      if (h > most) [worst, most] = [c, h];
    }
    return worst;
  }

  /** Moves share from a mixed size to k, as far as that helps. */
  private shift(i: number, from: number, k: number): boolean {
    const { columns, pieces } = this;
    const at = i * MIX;
    const old = this.size[at + from] as number;
    const better = pieces.at(old) - pieces.at(k);
    if (k === old || !(better > 1e-15)) return false;
    const d = (columns.lot[i] as number) * (k - old);
    let curvature = 0;
    for (let r = 0; r < COMMON; r += 1) {
      if (columns.available[r] === Infinity || this.priceOf(r) === 0) continue;
      const change = takenBy(columns, i, k, r) - takenBy(columns, i, old, r);
      curvature += (this.stiffness[r] as number) * change * change;
    }
    for (let g = 2 * i; g < 2 * i + 2; g += 1) {
      const group = columns.group[g] as number;
      if (group >= 0 && this.priceOf(group) > 0)
        curvature += (this.stiffness[group] as number) * d * d;
    }
    if (columns.tracking && Math.abs(this.cashPriceNow()) < 1)
      curvature += this.cashStiffness * d * d;
    if (columns.utility)
      curvature += (columns.utility.coupled[i * columns.size + i] as number) * d * d;
    const most = this.share[at + from] as number;
    this.move(i, from, k, curvature > 0 ? Math.min(most, better / curvature) : most);
    return true;
  }

  private move(i: number, from: number, k: number, share: number): void {
    const at = i * MIX;
    this.take(i, this.size[at + from] as number, -share);
    this.take(i, k, share);
    const left = (this.share[at + from] as number) - share;
    this.share[at + from] = left;
    let count = this.count[i] as number;
    let found = -1;
    for (let c = 0; c < count; c += 1) if (this.size[at + c] === k) found = c;
    if (found >= 0) this.share[at + found] = (this.share[at + found] as number) + share;
    if (left <= GONE) {
      count -= 1;
      this.size[at + from] = this.size[at + count] as number;
      this.share[at + from] = this.share[at + count] as number;
    }
    if (found < 0) {
      if (count === MIX) count = this.drop(i);
      this.size[at + count] = k;
      this.share[at + count] = share;
      count += 1;
    }
    this.count[i] = count;
    const { utility, size: n, lot } = this.columns;
    if (!utility) return;
    void lot;
    const d = this.lastMove;
    this.lastMove = 0;
    for (let j = 0; j < n; j += 1)
      this.pull[j] = (this.pull[j] as number) + (utility.coupled[i * n + j] as number) * d;
  }

  private lastMove = 0;

  /** Gives the smallest share to another size, so that there is room for one more. */
  private drop(i: number): number {
    const at = i * MIX;
    let least = 0;
    for (let c = 1; c < MIX; c += 1)
      if ((this.share[at + c] as number) < (this.share[at + least] as number)) least = c;
    const to = least === 0 ? 1 : 0;
    const share = this.share[at + least] as number;
    this.take(i, this.size[at + least] as number, -share);
    this.take(i, this.size[at + to] as number, share);
    this.share[at + to] = (this.share[at + to] as number) + share;
    this.size[at + least] = this.size[at + MIX - 1] as number;
    this.share[at + least] = this.share[at + MIX - 1] as number;
    return MIX - 1;
  }

  private take(i: number, k: number, share: number): void {
    const { columns, used } = this;
    const d = (columns.lot[i] as number) * k * share;
    for (let r = 0; r < COMMON; r += 1)
      used[r] = (used[r] as number) + share * takenBy(columns, i, k, r);
    for (let g = 2 * i; g < 2 * i + 2; g += 1) {
      const group = columns.group[g] as number;
      if (group >= 0) used[group] = (used[group] as number) + d;
    }
    if (columns.tracking) this.cashOff -= d;
    this.weight[i] = (this.weight[i] as number) + d;
    this.lastMove += d;
  }
}

function constantOf({ utility, tracking, start, size }: Columns): number {
  if (tracking) return 0;
  let sum = 0;
  for (let i = 0; i < size; i += 1) {
    const w = start[i] as number;
    sum += w * ((utility?.slope[i] ?? 0) + (utility?.bend[i] ?? 0) * w);
  }
  return sum;
}

/**
 * How fast a price follows a limit that is broken: what a unit of weight is worth over the weight of a
 * lot, and for counts what an order is worth. A matter of speed only, never of right or wrong.
 */
function setStiffness(columns: Columns, stiffness: Float64Array): number {
  const { size, lot, tracking, utility } = columns;
  let [lots, worth, order] = [0, 0, 0];
  for (let i = 0; i < size; i += 1) {
    lots += (lot[i] as number) / size;
    if (tracking) order += Math.abs(tracking.off[i] as number) / size;
    if (!utility) continue;
    worth += Math.abs(utility.slope[i] as number) / size;
    order += 1 / size / size;
  }
  if (tracking) worth = 1;
  const byWeight = (TUNE.weight * worth) / Math.max(lots, 1e-6);
  stiffness.fill(byWeight);
  stiffness[ORDERS] = TUNE.order * worth * order;
  stiffness[POSITIONS] = stiffness[ORDERS];
  return byWeight;
}
export const TUNE = { weight: 0.3, order: 2, sweeps: 12 };

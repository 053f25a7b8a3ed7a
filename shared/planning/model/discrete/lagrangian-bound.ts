/**
 * The bound of a range of choices. Instead of one size, each security takes a mixture of sizes within
 * its range, and limits hold on average; the least objective over mixtures is no greater than that of
 * any choice.
 *
 * It is found by steps from one size to another, a security at a time (pairwise Frank and Wolfe:
 * Lacoste-Julien and Jaggi 2015), with the limits in an augmented Lagrangian. Whatever the prices come
 * to, they give a bound that holds: weak duality, with the coupled part of risk replaced by its
 * tangent. So the iteration may stop at any time.
 */
import { GROUPS_MOST, COMMON, takenBy, type Columns } from './columns.ts';
import { Mixtures } from './mixtures.ts';
import { LotCost } from './lot-cost.ts';
import { LimitMultipliers } from './limit-multipliers.ts';
import type { SizeRanges } from './size-ranges.ts';

/** Gains below this are rounding. */
const EPSILON = 1e-15;
const FALSE_POSITIONS = 12;

export class Relaxation {
  readonly columns: Columns;
  readonly lotCost: LotCost;
  readonly mixtures: Mixtures;
  /** At the last bound: prices of the limits, price of a unit of weight, and each security's least. */
  readonly prices: Float64Array;
  readonly gradients: Float64Array;
  readonly least: Float64Array;
  private readonly limits: LimitMultipliers;
  private readonly direction: Float64Array;
  private curvature = 0;
  private readonly cash: number;
  private readonly constant: number;

  constructor(columns: Columns) {
    const { size: n, available } = columns;
    this.columns = columns;
    this.lotCost = new LotCost(columns);
    this.mixtures = new Mixtures(columns);
    this.limits = new LimitMultipliers(columns);
    this.cash = available.length;
    this.prices = new Float64Array(this.cash + 1);
    this.direction = new Float64Array(this.cash + 1);
    this.gradients = new Float64Array(n);
    this.least = new Float64Array(n);
    this.constant = constantOf(columns);
  }

  /** Begins with mixtures around the given averages, and with prices. */
  start(ranges: SizeRanges, mean: Float64Array, multipliers: Float64Array): void {
    this.limits.start(multipliers);
    this.mixtures.start(ranges, mean);
  }

  /** Prices to begin a narrower range with. */
  multipliers(): Float64Array {
    return Float64Array.from(this.limits.multiplier);
  }

  means(): Float64Array {
    return Float64Array.from({ length: this.columns.size }, (_, i) => this.mixtures.mean(i));
  }

  /** One step for each security. */
  sweep({ lo, hi }: SizeRanges): void {
    for (let i = 0; i < this.columns.size; i += 1)
      if ((lo[i] as number) < (hi[i] as number)) this.step(i, lo[i] as number, hi[i] as number);
  }

  /** Moves the multipliers to the prices of now. */
  reprice(): void {
    for (let r = 0; r <= this.cash; r += 1) this.limits.follow(r, this.over(r));
  }

  /** The bound at the prices of now. Infinity where a range holds no size. */
  bound({ lo, hi }: SizeRanges): number {
    const { columns, lotCost, prices, mixtures } = this;
    this.priceAll();
    let sum = this.constant;
    if (columns.tracking) sum += (prices[this.cash] as number) * columns.tracking.cashOff;
    for (let r = 0; r < this.cash; r += 1)
      if ((prices[r] as number) > 0)
        sum -= (prices[r] as number) * (columns.available[r] as number);
    for (let i = 0; i < columns.size; i += 1) {
      const gradient = this.gradientOn(i);
      this.gradients[i] = gradient;
      if (columns.utility)
        sum += gradient * ((columns.start[i] as number) - (mixtures.weight[i] as number) / 2);
      lotCost.of(i, gradient, prices);
      const k = lotCost.best(lo[i] as number, hi[i] as number);
      if (Number.isNaN(k)) return Infinity;
      this.least[i] = lotCost.at(k);
      sum += this.least[i] as number;
    }
    return sum;
  }

  private priceAll(): void {
    for (let r = 0; r <= this.cash; r += 1) this.prices[r] = this.limits.at(r, this.over(r));
  }

  /** Only the prices that a security's sizes depend on. */
  private priceFor(i: number): void {
    const { prices, limits, columns, cash } = this;
    for (let r = 0; r < COMMON; r += 1) prices[r] = limits.at(r, this.over(r));
    for (let g = GROUPS_MOST * i; g < GROUPS_MOST * (i + 1); g += 1) {
      const group = columns.group[g] as number;
      if (group >= 0) prices[group] = limits.at(group, this.over(group));
    }
    if (columns.tracking) prices[cash] = limits.at(cash, this.over(cash));
  }

  /** Taken of a limit beyond what there is; for the cash of tracking, its weight less the target. */
  private over(r: number): number {
    if (r === this.cash) return this.columns.tracking ? this.mixtures.cashOff : -Infinity;
    return (this.mixtures.used[r] as number) - (this.columns.available[r] as number);
  }

  private gradientOn(i: number): number {
    return this.columns.tracking
      ? -(this.prices[this.cash] as number)
      : (this.mixtures.gradient[i] as number);
  }

  private step(i: number, lo: number, hi: number): void {
    const { columns, lotCost, mixtures } = this;
    this.priceFor(i);
    lotCost.of(i, this.gradientOn(i), this.prices);
    if (columns.utility) {
      const lot = columns.lot[i] as number;
      const own = columns.utility.coupled[i * columns.size + i] as number;
      const around = ((mixtures.weight[i] as number) - (columns.start[i] as number)) / lot;
      // Near the average first: with the curvature of the coupled part, that is where it is going.
      if (this.shift(i, lotCost.best(lo, hi, 0.5 * own * lot * lot, around))) {
        this.priceFor(i);
        lotCost.of(i, this.gradientOn(i), this.prices);
      }
    }
    this.shift(i, lotCost.best(lo, hi));
  }

  /** Moves share from the mixed size that costs most to k, as far as that helps. */
  private shift(i: number, k: number): boolean {
    const { lotCost, mixtures } = this;
    let [from, most] = [0, -Infinity];
    for (let c = 0; c < mixtures.countOf(i); c += 1) {
      const h = lotCost.at(mixtures.sizeAt(i, c));
      if (h > most) [from, most] = [c, h];
    }
    const old = mixtures.sizeAt(i, from);
    const better = most - lotCost.at(k);
    if (k === old || !(better > EPSILON)) return false;
    this.direct(i, old, k);
    mixtures.move(i, from, k, this.stepLength(better, mixtures.shareAt(i, from)));
    return true;
  }

  /** What each limit takes more of when share moves from one size to another. */
  private direct(i: number, old: number, k: number): void {
    const { columns, direction } = this;
    direction.fill(0);
    for (let r = 0; r < COMMON; r += 1)
      if (columns.available[r] !== Infinity)
        direction[r] = takenBy(columns, i, k, r) - takenBy(columns, i, old, r);
    const d = (columns.lot[i] as number) * (k - old);
    for (let g = GROUPS_MOST * i; g < GROUPS_MOST * (i + 1); g += 1) {
      const group = columns.group[g] as number;
      if (group >= 0) direction[group] = d;
    }
    if (columns.tracking) direction[this.cash] = -d;
    const { utility, size: n } = columns;
    this.curvature = utility ? (utility.coupled[i * n + i] as number) * d * d : 0;
  }

  /** Where the objective with its prices stops falling, by false position on its slope (Illinois). */
  private stepLength(better: number, most: number): number {
    let [low, high] = [0, most];
    let [atLow, atHigh] = [-better, this.slopeAt(most) - better];
    if (atHigh <= 0) return most;
    for (let round = 0; round < FALSE_POSITIONS; round += 1) {
      const middle = low + ((high - low) * atLow) / (atLow - atHigh);
      const slope = this.slopeAt(middle) - better;
      if (Math.abs(slope) < 1e-9 * better) return middle;
      if (slope < 0) {
        [low, atLow] = [middle, slope];
        atHigh /= 2;
      } else {
        [high, atHigh] = [middle, slope];
        atLow /= 2;
      }
    }
    return low > 0 ? low : high;
  }

  /** How much the slope rises until a share has been moved. */
  private slopeAt(share: number): number {
    const { direction, limits } = this;
    let slope = this.curvature * share;
    for (let r = 0; r <= this.cash; r += 1) {
      const d = direction[r] as number;
      if (d === 0) continue;
      const over = this.over(r);
      slope += d * (limits.at(r, over + share * d) - limits.at(r, over));
    }
    return slope;
  }
}

/** The objective of what is held, without its coupled part. */
function constantOf({ utility, start, size }: Columns): number {
  let sum = 0;
  for (let i = 0; utility && i < size; i += 1) {
    const w = start[i] as number;
    sum += w * ((utility.slope[i] as number) + (utility.bend[i] as number) * w);
  }
  return sum;
}

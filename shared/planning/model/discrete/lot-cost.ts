/**
 * The best response of one security to prices: the size within a range that makes
 *   fee + own objective + price x lots + prices x what the order takes
 * least. Each side is a fixed part, a linear part, and a parabola or a kink, so the minimum over
 * whole sizes is found in closed form.
 */
import { GROUPS_MOST, COMMON, POSITIONS, type Columns } from './columns.ts';

/** The objective of one security as a function of its lots, relative to trading nothing. */
export class LotCost {
  private readonly columns: Columns;
  private i = 0;
  private buyFixed = 0;
  private buyEach = 0;
  private sellFixed = 0;
  private sellEach = 0;
  private closing = 0;
  private bend = 0;
  private lot = 0;
  private off = 0;
  private kinked = false;

  constructor(columns: Columns) {
    this.columns = columns;
  }

  /**
   * @param price of a unit of weight
   * @param prices of the resources and groups, not negative
   */
  of(i: number, price: number, prices: Float64Array): void {
    const { columns } = this;
    const lot = columns.lot[i] as number;
    this.i = i;
    this.lot = lot;
    this.buyFixed = columns.feeFixed;
    this.sellFixed = columns.feeFixedSell[i] as number;
    let each = price * lot;
    for (let g = GROUPS_MOST * i; g < GROUPS_MOST * (i + 1); g += 1) {
      const group = columns.group[g] as number;
      if (group >= 0) each += (prices[group] as number) * lot;
    }
    this.bend = 0;
    if (columns.utility) {
      const own = columns.utility.bend[i] as number;
      const start = columns.start[i] as number;
      this.bend = own * lot * lot;
      each += lot * ((columns.utility.slope[i] as number) + 2 * own * start);
    }
    this.kinked = columns.tracking !== undefined;
    this.off = columns.tracking ? (columns.tracking.off[i] as number) : 0;
    this.buyEach = each + (columns.feeBuy[i] as number);
    this.sellEach = each - (columns.feeSell[i] as number);
    for (let r = 0; r < COMMON; r += 1) {
      const p = prices[r] as number;
      if (p === 0) continue;
      const at = i * COMMON + r;
      this.buyFixed += p * (columns.buyFixed[at] as number);
      this.buyEach += p * (columns.buyEach[at] as number);
      this.sellFixed += p * (columns.sellFixed[at] as number);
      this.sellEach -= p * (columns.sellEach[at] as number);
    }
    this.closing = columns.close[i] === 0 ? 0 : (prices[POSITIONS] as number);
  }

  at(k: number): number {
    let h = this.bend * k * k;
    if (this.kinked) h += Math.abs(this.off + this.lot * k);
    if (k > 0) return h + this.buyFixed + this.buyEach * k;
    if (k === 0) return h;
    h += this.sellFixed + this.sellEach * k;
    return -k === this.columns.close[this.i] ? h - this.closing : h;
  }

  /**
   * The best size from lo to hi; NaN where there is none.
   * @param gradient adds gradient x (k - around)^2 when it is looked for
   */
  best(lo: number, hi: number, gradient = 0, around = 0): number {
    const { columns, i } = this;
    let best = Number.NaN;
    let least = Infinity;
    const take = (k: number): void => {
      const h = this.at(k) + gradient * (k - around) * (k - around);
      if (h < least) [best, least] = [k, h];
    };
    if (lo <= 0 && hi >= 0) take(0);
    const from = Math.max(lo, columns.buyLeast[i] as number);
    const to = Math.min(hi, columns.buyMost[i] as number);
    if (from <= to) take(this.bestOf(this.buyEach, from, to, gradient, around));
    const low = Math.max(lo, -(columns.sellMost[i] as number));
    const high = Math.min(hi, -(columns.sellLeast[i] as number));
    if (low > high) return best;
    take(this.bestOf(this.sellEach, low, high, gradient, around));
    if (this.closing > 0 && low === -(columns.close[i] as number)) take(low);
    return best;
  }

  /** The best size of one side, without its fixed part. */
  bestOf(each: number, from: number, to: number, gradient = 0, around = 0): number {
    if (from === to) return from;
    const bend = this.bend + gradient;
    const slope = each - 2 * gradient * around;
    if (this.kinked && gradient === 0) return this.bestAtKink(slope, from, to);
    if (bend > 0) return Math.min(to, Math.max(from, Math.round(-slope / (2 * bend))));
    return (slope + bend * (from + to)) * (to - from) >= 0 ? from : to;
  }

  private bestAtKink(each: number, from: number, to: number): number {
    if (each >= this.lot) return from;
    if (each <= -this.lot) return to;
    const kink = -this.off / this.lot;
    const below = Math.min(to, Math.max(from, Math.floor(kink)));
    const above = Math.min(to, Math.max(from, Math.ceil(kink)));
    return this.at(below) <= this.at(above) ? below : above;
  }

  /** Largest size of [from, to] on one side whose value is at most `most`; below `from` if none. */
  lastWithin(from: number, to: number, most: number): number {
    const top = this.bestOf(from > 0 ? this.buyEach : this.sellEach, from, to);
    if (this.at(top) > most) return this.at(from) <= most ? from : from - 1;
    let [good, bad] = [top, to + 1];
    while (bad - good > 1) {
      const middle = Math.floor((good + bad) / 2);
      if (this.at(middle) <= most) good = middle;
      else bad = middle;
    }
    return good;
  }

  /** Smallest size of [from, to] on one side whose value is at most `most`; above `to` if none. */
  firstWithin(from: number, to: number, most: number): number {
    if (this.at(from) <= most) return from;
    const top = this.bestOf(from > 0 ? this.buyEach : this.sellEach, from, to);
    if (this.at(top) > most) return to + 1;
    let [bad, good] = [from, top];
    while (good - bad > 1) {
      const middle = Math.floor((good + bad) / 2);
      if (this.at(middle) <= most) good = middle;
      else bad = middle;
    }
    return good;
  }
}

/** The remaining sizes of each security: the valid ones from lo to hi. */
import {
  isMember,
  COMMON,
  GAINS_LEAST,
  GAINS_MOST,
  ORDERS,
  POSITIONS,
  SHARE_EPSILON,
  takenBy,
  TURNOVER,
  type Columns,
} from './columns.ts';

export class SizeRanges {
  readonly lo: Float64Array;
  readonly hi: Float64Array;

  constructor(lo: Float64Array, hi: Float64Array) {
    this.lo = lo;
    this.hi = hi;
  }

  static of({ buyMost, sellMost }: Columns): SizeRanges {
    return new SizeRanges(
      sellMost.map((most) => 0 - most),
      buyMost.slice(),
    );
  }

  copy(): SizeRanges {
    return new SizeRanges(this.lo.slice(), this.hi.slice());
  }

  isPoint(): boolean {
    for (let i = 0; i < this.lo.length; i += 1) if (this.lo[i] !== this.hi[i]) return false;
    return true;
  }

  nearest(i: number, at: number): number {
    return Math.min(this.hi[i] as number, Math.max(this.lo[i] as number, at));
  }

  /** The size at or below a number within the range; the lowest where there is none below. */
  sizeBelow({ buyLeast, sellLeast }: Columns, i: number, at: number): number {
    const k = Math.floor(at + 1e-9);
    if (k > 0 && k < (buyLeast[i] as number))
      return (this.lo[i] as number) <= 0 ? 0 : (buyLeast[i] as number);
    return k < 0 && -k < (sellLeast[i] as number) ? -(sellLeast[i] as number) : k;
  }

  /** The size at or above a number within the range; the highest where there is none above. */
  sizeAbove({ buyLeast, sellLeast }: Columns, i: number, at: number): number {
    const k = Math.ceil(at - 1e-9);
    if (k > 0 && k < (buyLeast[i] as number)) return buyLeast[i] as number;
    if (k < 0 && -k < (sellLeast[i] as number))
      return (this.hi[i] as number) >= 0 ? 0 : -(sellLeast[i] as number);
    return k;
  }

  /** Ends become sizes. False where a range holds none. */
  trim(columns: Columns, i: number): boolean {
    const { buyLeast, buyMost, sellLeast, sellMost } = columns;
    let [lo, hi] = [this.lo[i] as number, this.hi[i] as number];
    lo = Math.max(lo, 0 - (sellMost[i] as number));
    hi = Math.min(hi, buyMost[i] as number);
    if (lo < 0 && -lo < (sellLeast[i] as number)) lo = 0;
    if (lo > 0 && lo < (buyLeast[i] as number)) lo = buyLeast[i] as number;
    if (hi > 0 && hi < (buyLeast[i] as number)) hi = 0;
    if (hi < 0 && -hi < (sellLeast[i] as number)) hi = -(sellLeast[i] as number);
    this.lo[i] = lo;
    this.hi[i] = hi;
    return lo <= hi;
  }

  /**
   * Takes out sizes that no choice within the ranges could go with, since the others take at least so
   * much of a limit. False where nothing is left.
   */
  propagate(columns: Columns): boolean {
    const { size, available } = columns;
    for (let i = 0; i < size; i += 1) if (!this.trim(columns, i)) return false;
    for (let pass = 0; pass < 3; pass += 1) {
      let changed = false;
      for (let r = 0; r < available.length; r += 1) {
        if (available[r] === Infinity) continue;
        const outcome = this.fit(columns, r);
        if (outcome < 0) return false;
        changed ||= outcome > 0;
      }
      if (!changed) return true;
    }
    return true;
  }

  /** 1 when a range became narrower, 0 when none did, -1 when the limit cannot be kept. */
  private fit(columns: Columns, r: number): number {
    const { size, available } = columns;
    let slack = (available[r] as number) + SHARE_EPSILON;
    for (let i = 0; i < size; i += 1) slack -= this.leastTaken(columns, i, r);
    if (slack < 0) return -1;
    let changed = 0;
    for (let i = 0; i < size; i += 1) {
      if (this.lo[i] === this.hi[i]) continue;
      const most = slack + this.leastTaken(columns, i, r);
      if (!this.narrow(columns, i, r, most)) continue;
      if (!this.trim(columns, i)) return -1;
      changed = 1;
    }
    return changed;
  }

  private leastTaken(columns: Columns, i: number, r: number): number {
    const [lo, hi] = [this.lo[i] as number, this.hi[i] as number];
    if (r >= COMMON) {
      const member = isMember(columns, i, r);
      return member ? (columns.lot[i] as number) * lo : 0;
    }
    let least = Math.min(takenBy(columns, i, lo, r), takenBy(columns, i, hi, r));
    if (lo <= 0 && hi >= 0) least = Math.min(least, 0);
    if (lo < 0 && hi > 0)
      least = Math.min(
        least,
        takenBy(columns, i, columns.buyLeast[i] as number, r),
        takenBy(columns, i, -(columns.sellLeast[i] as number), r),
      );
    return least;
  }

  private narrow(columns: Columns, i: number, r: number, most: number): boolean {
    if (r === GAINS_MOST || r === GAINS_LEAST) return false;
    const [lo, hi] = [this.lo[i] as number, this.hi[i] as number];
    if (r >= COMMON) {
      const lot = columns.lot[i] as number;
      const member = isMember(columns, i, r);
      if (!member || lot * hi <= most) return false;
      this.hi[i] = Math.floor(most / lot + 1e-9);
      return true;
    }
    if (hi > 0 && takenBy(columns, i, hi, r) > most) this.hi[i] = fewer(columns, i, r, most);
    if (lo < 0 && r === TURNOVER && takenBy(columns, i, lo, r) > most)
      this.lo[i] = -Math.floor(most / (columns.lot[i] as number) + 1e-9);
    if (lo < 0 && r === ORDERS && takenBy(columns, i, lo, r) > most) this.lo[i] = 0;
    return this.lo[i] !== lo || this.hi[i] !== hi;
  }
}

/** Most lots bought that take no more than there is; 0 where not even the least do. */
function fewer(columns: Columns, i: number, r: number, most: number): number {
  if (r === ORDERS || r === POSITIONS) return 0;
  const at = i * COMMON + r;
  const room = most - (columns.buyFixed[at] as number);
  const each = columns.buyEach[at] as number;
  return Math.max(0, Math.floor(room / each + 1e-9));
}

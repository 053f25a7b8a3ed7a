/**
 * Prices of the limits: the multipliers of an augmented Lagrangian and its penalty parameters.
 * Their step sizes affect speed only, never correctness.
 */
import { ORDERS, POSITIONS, type Columns } from './columns.ts';

/** Stiffness to begin with, found by trial: of weights and of counts. */
const TRACKING_STIFFNESS = 0.5;
const UTILITY_STIFFNESS = 1.5;
const COUNT_STIFFNESS = 2;
/** A limit that stays broken pushes harder; one that swings, less. */
const HARDER = 1.5;
const SOFTER = 0.7;
const HARDEST = 1000;
const SOFTEST = 0.1;

export class LimitMultipliers {
  /** One a resource and group, and the cash weight of tracking at the end: from -1 to 1. */
  readonly multiplier: Float64Array;
  readonly stiffness: Float64Array;
  private readonly least: Float64Array;
  private readonly most: Float64Array;
  private readonly begin: Float64Array;
  private readonly before: Float64Array;

  constructor(columns: Columns) {
    const count = columns.available.length + 1;
    this.multiplier = new Float64Array(count);
    this.before = new Float64Array(count);
    this.begin = stiffnessOf(columns, count);
    this.stiffness = Float64Array.from(this.begin);
    const cash = count - 1;
    this.least = Float64Array.from(this.begin, (_, r) => (r === cash ? -1 : 0));
    this.most = Float64Array.from(this.begin, (_, r) => (r === cash ? 1 : Infinity));
  }

  start(multipliers: Float64Array): void {
    this.multiplier.set(multipliers);
    this.stiffness.set(this.begin);
    this.before.fill(0);
  }

  /** The price of r when `over` is taken beyond what there is; -Infinity where nothing limits. */
  at(r: number, over: number): number {
    if (over === -Infinity) return 0;
    const price = (this.multiplier[r] as number) + (this.stiffness[r] as number) * over;
    const least = this.least[r] as number;
    const most = this.most[r] as number;
    return price < least ? least : price > most ? most : price;
  }

  /** Takes the price of now as the multiplier. */
  follow(r: number, over: number): void {
    if (over === -Infinity) return;
    const price = this.at(r, over);
    this.multiplier[r] = price;
    const bound = price === this.least[r] || price === this.most[r];
    this.adapt(r, bound ? 0 : over);
  }

  private adapt(r: number, over: number): void {
    const before = this.before[r] as number;
    this.before[r] = over;
    const now = this.stiffness[r] as number;
    const ratio = now / (this.begin[r] as number);
    if (before * over > 0 && Math.abs(over) > 0.5 * Math.abs(before) && ratio < HARDEST)
      this.stiffness[r] = now * HARDER;
    else if (before * over < 0 && ratio > SOFTEST) this.stiffness[r] = now * SOFTER;
  }
}

/** What a unit of weight is worth, over a typical order; for counts what an order is worth. */
function stiffnessOf({ size, tracking, utility }: Columns, count: number): Float64Array {
  let [worth, order] = [tracking ? 1 : 0, 0];
  for (let i = 0; i < size; i += 1) {
    if (tracking) order += Math.abs(tracking.off[i] as number) / size;
    if (utility) worth += Math.abs(utility.slope[i] as number) / size;
  }
  if (utility) order = 1 / size;
  const byWeight = tracking ? TRACKING_STIFFNESS * size : UTILITY_STIFFNESS * worth;
  const stiffness = new Float64Array(count).fill(byWeight);
  stiffness[ORDERS] = COUNT_STIFFNESS * worth * order;
  stiffness[POSITIONS] = COUNT_STIFFNESS * worth * order;
  return stiffness;
}

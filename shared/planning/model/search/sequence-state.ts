/**
 * A sequence under evaluation. Changing the lots of one or two securities costs a handful of
 * multiplications: with d the change of weight,
 *   dU = mu_i d - gamma (g_i d + S_ii d^2 / 2) - change of cost,  g = S w kept up to date.
 */
import { PRICE_MOVE_RATIO, type GroupKind } from '../plan-limits.ts';
import { gainOf } from '../taxes/gain-curve.ts';
import { taxAt } from '../taxes/tax-curve.ts';
import type { SearchSpace } from './search-space.ts';

/** Weights that differ by less are equal. */
const WEIGHT_EPSILON = 1e-12;
/** Exact costs are rounded up to the minor unit; kept for each order. */
export const ROUNDING_RESERVE = 0.05;

export type Barrier =
  'cash-reserve' | 'orders-max' | 'turnover-max' | 'positions-max' | `${GroupKind}-max`;

export class SequenceState {
  readonly space: SearchSpace;
  readonly lots: Float64Array;
  /** Utility over holding, a year. */
  gain = 0;
  cash: number;
  turnover = 0;
  orders = 0;
  buys = 0;
  positions: number;
  /** Realised by the sales. */
  realised = 0;
  readonly gradient: Float64Array;
  readonly groupWeight: Float64Array;

  constructor(space: SearchSpace) {
    this.space = space;
    this.lots = new Float64Array(space.size);
    this.cash = space.cash;
    this.positions = space.positions;
    this.gradient = Float64Array.from(space.gradient);
    this.groupWeight = Float64Array.from(space.groupWeight);
  }

  static of(space: SearchSpace, lots: Float64Array): SequenceState {
    const state = new SequenceState(space);
    for (let i = 0; i < space.size; i += 1) if (lots[i] !== 0) state.set(i, lots[i] as number);
    return state;
  }

  /** Change of utility when security i trades `lots` instead of what it trades now. */
  gainOf(i: number, lots: number): number {
    const { space } = this;
    const now = this.lots[i] as number;
    const d = ((lots - now) * (space.lotValue[i] as number)) / space.value;
    const bend = (space.covariance[i * space.size + i] as number) * d * d * 0.5;
    const risk = space.riskAversion * ((this.gradient[i] as number) * d + bend);
    const cost = this.costOf(i, lots);
    return (space.expected[i] as number) * d - risk - cost / space.costScale;
  }

  /** What it costs more that security i trades `lots` instead of what it trades now, with its tax of this year. */
  costOf(i: number, lots: number): number {
    const now = this.lots[i] as number;
    const charges = tradeCostOf(this.space, i, lots) - tradeCostOf(this.space, i, now);
    return charges + this.taxBy(this.realisedBy(i, lots));
  }

  /** Tax of this year on the sales; negative where they save some. */
  get tax(): number {
    return taxAt(this.space.tax, this.realised);
  }

  /** The same for two securities at once. */
  gainOfPair(i: number, lotsI: number, j: number, lotsJ: number): number {
    const { space } = this;
    const di = (lotsI - (this.lots[i] as number)) * (space.lotValue[i] as number);
    const dj = (lotsJ - (this.lots[j] as number)) * (space.lotValue[j] as number);
    const cross = (space.covariance[i * space.size + j] as number) * di * dj;
    const shared = (space.riskAversion * cross) / (space.value * space.value);
    const [ri, rj] = [this.realisedBy(i, lotsI), this.realisedBy(j, lotsJ)];
    const tax = this.taxBy(ri + rj) - this.taxBy(ri) - this.taxBy(rj);
    return this.gainOf(i, lotsI) + this.gainOf(j, lotsJ) - shared - tax / space.costScale;
  }

  /** The rule that keeps security i from trading `lots`; undefined when nothing does. */
  barrier(i: number, lots: number): Barrier | undefined {
    return this.barrierOfPair(i, lots, -1, 0);
  }

  /** The same for two securities at once; `j` below 0 stands for none. */
  barrierOfPair(i: number, lotsI: number, j: number, lotsJ: number): Barrier | undefined {
    const two = j >= 0;
    const orders = this.orders + this.ordersBy(i, lotsI) + (two ? this.ordersBy(j, lotsJ) : 0);
    if (orders > this.space.ordersMax && orders > this.orders) return 'orders-max';
    const buys = this.buys + this.buysBy(i, lotsI) + (two ? this.buysBy(j, lotsJ) : 0);
    const cash = this.cash - this.spent(i, lotsI) - (two ? this.spent(j, lotsJ) : 0);
    const traded = this.turnover + this.tradedBy(i, lotsI) + (two ? this.tradedBy(j, lotsJ) : 0);
    const realised = this.realisedBy(i, lotsI) + (two ? this.realisedBy(j, lotsJ) : 0);
    if (buys > 0 && cash < this.cashNeeded(orders, traded, realised)) return 'cash-reserve';
    if (traded > this.space.turnoverMax + 1e-9) return 'turnover-max';
    const opened = this.positionsBy(i, lotsI) + (two ? this.positionsBy(j, lotsJ) : 0);
    if (opened > 0 && this.positions + opened > this.space.positionsMax) return 'positions-max';
    return this.groupBarrier(i, lotsI, j, lotsJ);
  }

  /** Cash that is missing when security i trades `lots` instead; not positive where none is. */
  cashShort(i: number, lots: number): number {
    const orders = this.orders + this.ordersBy(i, lots);
    const needed = this.cashNeeded(orders, this.turnoverWith(i, lots), this.realisedBy(i, lots));
    return needed - (this.cash - this.spent(i, lots));
  }

  /** Value bought and sold when security i trades `lots` instead. */
  turnoverWith(i: number, lots: number): number {
    return this.turnover + this.tradedBy(i, lots);
  }

  /** Lets security i trade `lots` instead of what it trades now. */
  set(i: number, lots: number): void {
    const { space } = this;
    const d = this.weightBy(i, lots);
    this.gain += this.gainOf(i, lots);
    this.orders += this.ordersBy(i, lots);
    this.buys += this.buysBy(i, lots);
    this.cash -= this.spent(i, lots);
    this.turnover += this.tradedBy(i, lots);
    this.positions += this.positionsBy(i, lots);
    this.realised += this.realisedBy(i, lots);
    for (let k = 0; k < space.size; k += 1)
      this.gradient[k] =
        (this.gradient[k] as number) + (space.covariance[i * space.size + k] as number) * d;
    for (const column of [space.sector, space.country, space.currency]) {
      const group = column[i] as number;
      if (group >= 0) this.groupWeight[group] = (this.groupWeight[group] as number) + d;
    }
    this.lots[i] = lots;
  }

  /** Whether the sequence as it stands keeps every rule; for sequences put together elsewhere. */
  isAllowed(): boolean {
    const { space } = this;
    const cash = this.buys === 0 || this.cash >= this.cashNeeded(this.orders, this.turnover, 0);
    const counts =
      this.orders <= space.ordersMax &&
      this.turnover <= space.turnoverMax + 1e-9 &&
      this.positions <= space.positionsMax;
    return (
      cash &&
      counts &&
      this.lots.every((lots, i) => this.isAllowedSize(i, lots)) &&
      this.groupWeight.every((w, g) => w <= (space.groupMax[g] as number) + WEIGHT_EPSILON)
    );
  }

  /** The reserve, the tax that will be owed, and what exact costs and moving prices may take beyond the estimate. */
  private cashNeeded(orders: number, traded: number, realisedMore: number): number {
    const { reserve, tax } = this.space;
    const owed = Math.max(0, taxAt(tax, this.realised + realisedMore));
    return reserve + owed + orders * ROUNDING_RESERVE + traded * PRICE_MOVE_RATIO;
  }

  private realisedBy(i: number, lots: number): number {
    const curve = this.space.gains[i];
    if (!curve) return 0;
    const now = this.lots[i] as number;
    return gainOf(curve, Math.max(0, -lots)) - gainOf(curve, Math.max(0, -now));
  }

  private taxBy(realisedMore: number): number {
    const { tax } = this.space;
    return realisedMore === 0 ? 0 : taxAt(tax, this.realised + realisedMore) - this.tax;
  }

  private isAllowedSize(i: number, lots: number): boolean {
    const { sellMax, buyMax, lotsMin } = this.space;
    if (lots === 0) return true;
    if (lots > (buyMax[i] as number) || -lots > (sellMax[i] as number)) return false;
    return Math.abs(lots) >= (lotsMin[i] as number);
  }

  private groupBarrier(i: number, lotsI: number, j: number, lotsJ: number): Barrier | undefined {
    const di = this.weightBy(i, lotsI);
    const dj = j >= 0 ? this.weightBy(j, lotsJ) : 0;
    const kinds = ['sector', 'country', 'currency'] as const;
    const full = kinds.find((kind) => this.overfills(this.space[kind], i, di, j, dj));
    return full && `${full}-max`;
  }

  private overfills(of: Int32Array, i: number, di: number, j: number, dj: number): boolean {
    const groupI = of[i] as number;
    const groupJ = j >= 0 ? (of[j] as number) : -1;
    if (groupI >= 0 && groupI === groupJ) return this.overfillsBy(groupI, di + dj);
    return this.overfillsBy(groupI, di) || this.overfillsBy(groupJ, dj);
  }

  private overfillsBy(group: number, d: number): boolean {
    if (group < 0 || d <= 0) return false;
    const most = this.space.groupMax[group] as number;
    return (this.groupWeight[group] as number) + d > most + WEIGHT_EPSILON;
  }

  private weightBy(i: number, lots: number): number {
    const { space } = this;
    return ((lots - (this.lots[i] as number)) * (space.lotValue[i] as number)) / space.value;
  }

  private spent(i: number, lots: number): number {
    const { space } = this;
    const now = this.lots[i] as number;
    const value = (lots - now) * (space.lotValue[i] as number);
    return value + tradeCostOf(space, i, lots) - tradeCostOf(space, i, now);
  }

  private tradedBy(i: number, lots: number): number {
    const more = Math.abs(lots) - Math.abs(this.lots[i] as number);
    return more * (this.space.lotValue[i] as number);
  }

  private ordersBy(i: number, lots: number): number {
    return (lots === 0 ? 0 : 1) - (this.lots[i] === 0 ? 0 : 1);
  }

  private buysBy(i: number, lots: number): number {
    return (lots > 0 ? 1 : 0) - ((this.lots[i] as number) > 0 ? 1 : 0);
  }

  private positionsBy(i: number, lots: number): number {
    return this.positionAfter(i, lots) - this.positionAfter(i, this.lots[i] as number);
  }

  private positionAfter(i: number, lots: number): number {
    const { held, lotsToClose } = this.space;
    if (held[i] === 0) return lots > 0 ? 1 : 0;
    const most = lotsToClose[i] as number;
    return most > 0 && lots === -most ? 0 : 1;
  }
}

/** Charges for trading signed lots, in base currency: the kernel's cost model as two ratios and a fee. */
function tradeCostOf(space: SearchSpace, i: number, lots: number): number {
  if (lots === 0) return 0;
  const value = lots * (space.lotValue[i] as number);
  return value > 0
    ? space.feeFixed + space.buyCostRatio * value
    : space.feeFixed - space.sellCostRatio * value;
}

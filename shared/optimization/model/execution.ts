/** Slices of a large order: an Almgren-Chriss schedule in whole lots, within what a day can take. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { wholeLots, type Quantity } from '#shared/kernel/quantity.ts';
import {
  adjustedTemporary,
  trajectory,
  type ImpactModel,
} from '#shared/quant/execution/almgren-chriss.ts';
import { mean, standardDeviation } from '#shared/quant/measures/moments.ts';
import { logReturns } from '#shared/quant/measures/returns.ts';

/** An order below this share of a day's volume goes out in one piece. */
const PARTICIPATION_SINGLE = 0.05;
/**
 * Most of a day's volume that one slice takes.
 * @internal exported for its tests
 */
export const PARTICIPATION_MAX = 0.1;
const SLICES_MAX = 60;

/** Price of each slice: the quote, half the spread, and what was moved until its middle. */
export function slicePrices(
  price: number,
  side: 'BUY' | 'SELL',
  trades: Float64Array,
  model: ImpactModel,
): Float64Array {
  let before = 0;
  return trades.map((trade) => {
    const moved = model.permanent * (before + trade / 2);
    const away = model.halfSpread + adjustedTemporary(model) * trade + moved;
    before += trade;
    return side === 'BUY' ? price + away : Math.max(0, price - away);
  });
}

export interface Slicing {
  readonly strategy: 'SINGLE' | 'ALMGREN_CHRISS';
  /** Whole lots but for what was asked in parts; they sum to the order exactly. One each day. */
  readonly quantities: readonly Quantity[];
}

/**
 * One slice up to PARTICIPATION_SINGLE of a day's volume; else so many days that each needs that
 * much on average, along the trajectory, none above PARTICIPATION_MAX.
 */
export function slices(
  quantity: Quantity,
  lot: Quantity,
  dayVolume: number,
  model: ImpactModel,
  riskAversion: number,
): Slicing {
  const shares = quantity.toEstimate();
  const days = Math.ceil(shares / (PARTICIPATION_SINGLE * dayVolume) - 1e-9);
  if (days <= 1) return { strategy: 'SINGLE', quantities: [quantity] };
  const count = Math.min(SLICES_MAX, days);
  const requested = trajectory(shares, count, model, riskAversion);
  const most = Math.max(PARTICIPATION_MAX * dayVolume, shares / count);
  return {
    strategy: 'ALMGREN_CHRISS',
    quantities: inLots(quantity, lot, capped(requested, most)),
  };
}

/** Hands what exceeds the cap on to the following days. */
function capped(trades: Float64Array, most: number): Float64Array {
  let over = 0;
  return trades.map((trade) => {
    const taken = Math.min(most, trade + over);
    over += trade - taken;
    return taken;
  });
}

/** Rounds the running total, so that no rounding adds up; the last slice takes the rest. */
function inLots(quantity: Quantity, lot: Quantity, trades: Float64Array): Quantity[] {
  let [due, sent] = [0, Decimal.zero];
  const sliced = [...trades].map((trade, k) => {
    due += trade;
    const lots = wholeLots(Decimal.fromEstimate(due, 8, 'half-even'), lot);
    const last = k === trades.length - 1 || lots.compare(quantity) > 0;
    const upTo = last ? quantity : lots;
    const slice = upTo.subtract(sent);
    sent = upTo;
    return slice.normalize();
  });
  return sliced.filter((slice) => slice.sign > 0);
}

/** Mean of the last days' volume; undefined when fewer than `daysMin` are known. */
export function averageVolume(volume: Float64Array, days = 20, daysMin = 5): number | undefined {
  const known = volume.slice(-days).filter((value) => value > 0);
  return known.length < daysMin ? undefined : mean(known);
}

/** Standard deviation of the last daily returns; undefined when fewer than `daysMin` are known. */
export function dayVolatility(closes: Float64Array, days = 60, daysMin = 20): number | undefined {
  const returns = logReturns(closes.subarray(-days - 1));
  return returns.length < daysMin ? undefined : standardDeviation(returns);
}

/**
 * Whether weights have left the band around their targets, and the least trading that brings them
 * back inside it. Going all the way would trade more than the band saves: with proportional costs
 * the best policy stops inside (Davis and Norman 1990; Leland, "Optimal portfolio management with
 * transaction costs and capital gains taxes", 1999).
 */
import { at, largest, sum } from './matrix.ts';

export interface Bands {
  /** Total drift left alone. */
  readonly driftBandRatio: number;
  /** Deviation of one position left alone. */
  readonly positionBandRatio: number;
}

/** Where a correction stops: at this share of the bands. */
export const DESTINATION_RATIO = 0.5;

export interface Drift {
  /** Half the sum of absolute deviations, cash being one of them. */
  readonly total: number;
  /** Largest absolute deviation of one security. */
  readonly position: number;
  readonly beyondBand: boolean;
}

/** @param deviations of each security: weight - target; cash deviates by what is missing to 0 */
export function driftOf(deviations: Float64Array, bands: Bands): Drift {
  const absolute = deviations.reduce((all, value) => all + Math.abs(value), 0);
  const total = (absolute + Math.abs(sum(deviations))) / 2;
  const position = largest(deviations);
  const beyondBand =
    total > bands.driftBandRatio + 1e-12 || position > bands.positionBandRatio + 1e-12;
  return { total, position, beyondBand };
}

/**
 * Changes of weights that take the drift to DESTINATION_RATIO of both bands. Cash above its target
 * pays first, sales come last; cash below its target is filled first. The largest deviations move
 * first, all down to one level.
 */
export function correction(deviations: Float64Array, bands: Bands): Float64Array {
  const drift = driftOf(deviations, bands);
  if (!drift.beyondBand) return new Float64Array(deviations.length);
  const over = deviations.map((value) => Math.max(0, value));
  const under = deviations.map((value) => Math.max(0, -value));
  const level = DESTINATION_RATIO * bands.positionBandRatio;
  const [mustSell, mustBuy] = [excess(over, level), excess(under, level)];
  const moved = Math.max(drift.total - DESTINATION_RATIO * bands.driftBandRatio, mustSell, mustBuy);
  const cash = -sum(deviations);
  const fromCash = Math.min(Math.max(0, cash), moved - mustSell);
  const intoCash = Math.min(Math.max(0, -cash), moved - mustBuy);
  const sales = levelled(over, moved - fromCash);
  const purchases = levelled(under, moved - intoCash);
  return deviations.map((_, i) => at(purchases, i) - at(sales, i));
}

function excess(amounts: Float64Array, level: number): number {
  return amounts.reduce((all, value) => all + Math.max(0, value - level), 0);
}

/** Takes a total from the largest amounts, bringing them down to one level. */
function levelled(amounts: Float64Array, total: number): Float64Array {
  const sorted = Array.from(amounts).sort((a, b) => b - a);
  let [taken, level] = [0, 0];
  for (let k = 1; k <= sorted.length; k += 1) {
    taken += at(sorted, k - 1);
    level = Math.max(0, (taken - total) / k);
    if (level >= at(sorted, k)) break;
  }
  return amounts.map((value) => Math.max(0, value - level));
}

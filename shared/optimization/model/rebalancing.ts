/**
 * Whether weights have left the band around their targets, and the least trading that brings them
 * back inside it. Going all the way would trade more than the band saves: with proportional costs
 * the best policy stops inside (Davis and Norman 1990; Leland, "Optimal portfolio management with
 * transaction costs and capital gains taxes", 1999).
 */
import { at, largest, sum } from '#shared/quant/linear-algebra/matrix.ts';

export interface RebalancingBands {
  /** Total drift left alone. */
  readonly driftBandRatio: number;
  /** Deviation of one position left alone. */
  readonly positionBandRatio: number;
}

/** Deviations this close to a band are on it. */
const EDGE = 1e-12;
/**
 * Where a correction stops: at this share of the bands.
 * @internal exported for its tests
 */
export const DESTINATION_RATIO = 0.5;

export interface Drift {
  /** Half the sum of absolute deviations, cash being one of them. */
  readonly total: number;
  /** Largest absolute deviation of one security. */
  readonly position: number;
  readonly beyondBand: boolean;
}

/** How far each security may deviate, upwards and downwards, where not by the common band. */
export interface ToleranceRanges {
  readonly over: Float64Array;
  readonly under: Float64Array;
}

/** The common band for every security. */
function commonRanges(
  securities: number,
  { positionBandRatio }: RebalancingBands,
): ToleranceRanges {
  const band = new Float64Array(securities).fill(positionBandRatio);
  return { over: band, under: band };
}

/** @param deviations of each security: weight - target; cash deviates by what is missing to 0 */
export function driftOf(
  deviations: Float64Array,
  bands: RebalancingBands,
  ranges = commonRanges(deviations.length, bands),
): Drift {
  const absolute = deviations.reduce((all, value) => all + Math.abs(value), 0);
  const total = (absolute + Math.abs(sum(deviations))) / 2;
  const outside = deviations.some(
    (value, i) => value > at(ranges.over, i) + EDGE || -value > at(ranges.under, i) + EDGE,
  );
  return {
    total,
    position: largest(deviations),
    beyondBand: outside || total > bands.driftBandRatio + EDGE,
  };
}

/**
 * Changes of weights that take the drift to DESTINATION_RATIO of all bands. Cash above its target
 * pays first, sales come last; cash below its target is filled first. The largest deviations move
 * first, all down to one level.
 */
export function correction(
  deviations: Float64Array,
  bands: RebalancingBands,
  ranges = commonRanges(deviations.length, bands),
): Float64Array {
  const drift = driftOf(deviations, bands, ranges);
  if (!drift.beyondBand) return new Float64Array(deviations.length);
  const over = deviations.map((value) => Math.max(0, value));
  const under = deviations.map((value) => Math.max(0, -value));
  const [mustSell, mustBuy] = [beyond(over, ranges.over), beyond(under, ranges.under)];
  const moved = Math.max(
    drift.total - DESTINATION_RATIO * bands.driftBandRatio,
    sum(mustSell),
    sum(mustBuy),
  );
  const cash = -sum(deviations);
  const fromCash = Math.min(Math.max(0, cash), moved - sum(mustSell));
  const intoCash = Math.min(Math.max(0, -cash), moved - sum(mustBuy));
  const sales = taken(over, mustSell, moved - fromCash);
  const purchases = taken(under, mustBuy, moved - intoCash);
  return deviations.map((_, i) => at(purchases, i) - at(sales, i));
}

function beyond(amounts: Float64Array, range: Float64Array): Float64Array {
  return amounts.map((value, i) => Math.max(0, value - DESTINATION_RATIO * at(range, i)));
}

/** What must move, and of the rest the largest. */
function taken(amounts: Float64Array, must: Float64Array, total: number): Float64Array {
  const rest = levelled(
    amounts.map((value, i) => value - at(must, i)),
    total - sum(must),
  );
  return must.map((value, i) => value + at(rest, i));
}

/** Takes a total from the largest amounts, bringing them down to one level. */
function levelled(amounts: Float64Array, total: number): Float64Array {
  const sorted = Array.from(amounts).sort((a, b) => b - a);
  let [above, level] = [0, 0];
  for (let k = 1; k <= sorted.length; k += 1) {
    above += at(sorted, k - 1);
    level = Math.max(0, (above - total) / k);
    if (level >= at(sorted, k)) break;
  }
  return amounts.map((value) => Math.max(0, value - level));
}

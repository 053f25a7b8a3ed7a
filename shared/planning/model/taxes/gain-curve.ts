/**
 * What selling so many lots of a security realises, as an estimate for the search: the gain that is taxed, counted at
 * the highest rate (one that is taxed at half of it counts half). A sale takes the tax lots in their order, so that the
 * gain is a line through each of them.
 */
import type { TaxLot } from './sale-tax.ts';

export interface GainCurve {
  /** Lots sold at the end of each part, ascending, and the gain up to there, charges by value taken off. */
  readonly lots: readonly number[];
  readonly gains: readonly number[];
  /** A fixed charge takes so much off the gain of any sale. */
  readonly fixed: number;
}

export const NO_GAINS: GainCurve = { lots: [], gains: [], fixed: 0 };

export interface GainTerms {
  /** The highest rate of all. */
  readonly ratio: number;
  /** Of a lot, in base currency. */
  readonly lotValue: number;
  /** Shares of a lot. */
  readonly lot: number;
  readonly chargeRatio: number;
  readonly chargeFixed: number;
  readonly lossesCount: boolean;
}

export function gainCurve(lots: readonly TaxLot[], terms: GainTerms): GainCurve {
  const { ratio, lotValue, lot, chargeRatio, chargeFixed, lossesCount } = terms;
  if (ratio <= 0) return NO_GAINS;
  let [sold, gained] = [0, 0];
  const [ends, gains]: [number[], number[]] = [[], []];
  for (const { quantity, cost, gainRatio } of lots) {
    const size = quantity.toEstimate() / lot;
    const gain = cost ? size * lotValue * (1 - chargeRatio) - cost.toEstimate() : 0;
    sold += size;
    gained += gain > 0 ? (gain * gainRatio) / ratio : lossesCount ? gain : 0;
    ends.push(sold);
    gains.push(gained);
  }
  return { lots: ends, gains, fixed: chargeFixed };
}

/** @param sold lots, not negative */
export function gainOf({ lots, gains, fixed }: GainCurve, sold: number): number {
  if (sold === 0 || lots.length === 0) return 0;
  const k = lots.findIndex((end) => sold <= end);
  if (k < 0) return (gains.at(-1) ?? 0) - fixed;
  const [from, start] = k === 0 ? [0, 0] : [lots[k - 1] as number, gains[k - 1] as number];
  const [to, end] = [lots[k] as number, gains[k] as number];
  return start + ((sold - from) / (to - from)) * (end - start) - fixed;
}

/** Least and greatest gain for each lot sold, over the sizes from `least` to `most` lots. */
export function gainRange(
  curve: GainCurve,
  least: number,
  most: number,
): { readonly low: number; readonly high: number } {
  if (curve.lots.length === 0 || least <= 0 || most < least) return { low: 0, high: 0 };
  const sizes = [least, most, ...curve.lots.filter((end) => end > least && end < most)];
  const each = sizes.map((size) => (gainOf(curve, size) + curve.fixed) / size);
  return { low: Math.min(...each), high: Math.max(...each) };
}

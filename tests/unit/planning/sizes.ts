/** A few sizes of each security, so that all sequences of them can be enumerated. */
import type { Opportunity } from '#shared/planning/model/opportunity.ts';
import type { SearchSpace } from '#shared/planning/model/search/search-space.ts';

/** Distinct whole sizes from the least to the most, rising. */
function sizesWithin(least: number, most: number): readonly number[] {
  if (most < least) return [];
  const middle = Math.round((least + most) / 2);
  return [...new Set([least, Math.round((least + middle) / 2), middle, most])];
}

export function sizesOf({ lotsMin, lotsMax }: Opportunity): readonly number[] {
  return sizesWithin(lotsMin, lotsMax);
}

/** Signed sizes of each security of a space, the same as of its opportunities. */
export function sizesIn({ lotsMin, sellMax, buyMax }: SearchSpace): readonly (readonly number[])[] {
  return [...lotsMin].map((least, i) => [
    ...sizesWithin(least, sellMax[i] ?? 0).map((lots) => -lots),
    ...sizesWithin(least, buyMax[i] ?? 0),
  ]);
}

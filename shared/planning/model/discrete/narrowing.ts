/** Removes sizes that a bound rules out (reduced-cost fixing on whole ranges). */
import type { Columns } from './columns.ts';
import type { LotCost } from './lot-cost.ts';
import type { SizeRanges } from './size-ranges.ts';
import type { Relaxation } from './lagrangian-bound.ts';

/**
 * A size that costs more over its security's least than the bound is short of the best is in no better
 * choice. Called while the prices of the bound stand in the relaxation.
 * @returns false where nothing is left
 */
export function narrow(ranges: SizeRanges, relaxation: Relaxation, slack: number): boolean {
  const { lotCost, columns, gradients, prices, least } = relaxation;
  for (let i = 0; i < columns.size; i += 1) {
    if (ranges.lo[i] === ranges.hi[i]) continue;
    lotCost.of(i, gradients[i] as number, prices);
    const most = (least[i] as number) + slack;
    ranges.hi[i] = lowered(ranges, lotCost, columns, i, most);
    ranges.lo[i] = raised(ranges, lotCost, columns, i, most);
    if (!ranges.trim(columns, i)) return false;
  }
  return true;
}

function lowered(
  ranges: SizeRanges,
  lotCost: LotCost,
  columns: Columns,
  i: number,
  most: number,
): number {
  const [lo, hi] = [ranges.lo[i] as number, ranges.hi[i] as number];
  if (hi < 0 || lotCost.at(hi) <= most) return hi;
  const from = Math.max(lo, columns.buyLeast[i] as number);
  const last = from <= hi ? lotCost.lastWithin(from, hi, most) : -Infinity;
  if (last >= from) return last;
  if (lo > 0) return lo - 1;
  return lotCost.at(0) <= most ? 0 : -1;
}

function raised(
  ranges: SizeRanges,
  lotCost: LotCost,
  columns: Columns,
  i: number,
  most: number,
): number {
  const [lo, hi] = [ranges.lo[i] as number, ranges.hi[i] as number];
  if (lo > 0 || lo > hi || lotCost.at(lo) <= most) return lo;
  const to = Math.min(hi, -(columns.sellLeast[i] as number));
  const first = lo <= to ? lotCost.firstWithin(lo, to, most) : Infinity;
  if (first <= to) return first;
  if (hi < 0) return hi + 1;
  return lotCost.at(0) <= most ? 0 : 1;
}

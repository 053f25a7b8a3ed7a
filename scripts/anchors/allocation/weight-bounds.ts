/** Bounds on weights, as rows give them. */
import { given, vectorOf } from '../rows/row-conventions.ts';
import type { AnchorRow } from '../rows/anchor-row.ts';

/** `bounds: [low, high]`, or lists of minima and maxima. */
export function boundOf(row: AnchorRow, side: 0 | 1): Float64Array | undefined {
  const names =
    side === 0
      ? ['min_weights', 'min_weight', 'lower', 'lower_bounds', 'lower_bound', 'min', 'lb']
      : ['max_weights', 'max_weight', 'upper', 'upper_bounds', 'upper_bound', 'max', 'ub'];
  const size = sizeOf(row);
  const own = vectorOf(given(row, ...names), [], size);
  if (own) return own;
  const bounds = given(row, 'bounds', 'weight_bounds');
  if (!Array.isArray(bounds)) return undefined;
  const lists = bounds.length === 2 && Array.isArray(bounds[0]) && bounds[0].length !== 2;
  if (lists) return vectorOf(bounds[side], [], size);
  if (Array.isArray(bounds[0]))
    return Float64Array.from(bounds as number[][], (pair) => pair[side] ?? side);
  return vectorOf(bounds[side] ?? undefined, [], size);
}

export function sizeOf(row: AnchorRow): number {
  const { expected } = row;
  if (Array.isArray(expected)) return expected.length;
  return expected !== null && typeof expected === 'object' ? Object.keys(expected).length : 0;
}

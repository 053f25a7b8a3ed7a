/** Programs as the interior-point method takes them, and points with their multipliers. */
import type { Sparse } from '#shared/quant/linear-algebra/sparse.ts';

export interface ConvexProgram {
  /** Both triangles; positive semidefinite. */
  readonly quadratic: Sparse;
  readonly linear: Float64Array;
  readonly rows: Sparse;
  /** Infinite where there is no bound; equal where the row is an equation. */
  readonly rowLow: Float64Array;
  readonly rowHigh: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface PrimalDual {
  readonly x: Float64Array;
  /** Px + q = A'y + z; positive at a lower bound, negative at an upper one. */
  readonly y: Float64Array;
  readonly z: Float64Array;
}

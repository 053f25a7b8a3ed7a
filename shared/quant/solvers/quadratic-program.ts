/** Quadratic programs over dense rows: minimise x'Qx/2 + c'x within them. */
import type { Rows } from '#shared/quant/linear-algebra/matrix.ts';

export interface LinearRow {
  readonly coefficients: Float64Array;
  readonly relation: '>=' | '<=' | '=';
  readonly bound: number;
}

/** Of each variable; infinite where there is none. */
export interface Bounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface QuadraticProgram {
  /** Symmetric, positive semidefinite. */
  readonly quadratic: Rows;
  readonly linear: Float64Array;
  readonly rows: readonly LinearRow[];
  /** As rows of a single variable each, but nothing is built or searched for them. */
  readonly bounds?: Bounds | undefined;
}

export interface QuadraticAnswer {
  readonly x: Float64Array;
  readonly value: number;
  /**
   * What a unit of each row's bound is worth: Qx + c = sum of multiplier x coefficients. Not negative
   * for `>=`, not positive for `<=`. Where there are bounds, one for each variable follows: positive at the lower, negative at the upper one.
   */
  readonly multipliers: Float64Array;
  /** Largest violation of the optimality conditions, of the scaled program. */
  readonly kktResidual: number;
  readonly iterations: number;
}

export function unit(size: number, index: number): Float64Array {
  const vector = new Float64Array(size);
  vector[index] = 1;
  return vector;
}

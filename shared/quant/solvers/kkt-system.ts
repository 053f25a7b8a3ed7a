/** The linear system each step of the interior-point method solves, with one pattern for all steps. */
import { at, largest } from '#shared/quant/linear-algebra/matrix.ts';
import { SparseLdl } from '#shared/quant/linear-algebra/sparse-ldl.ts';
import {
  sparse,
  tripletsOf,
  type Sparse,
  type Triplet,
} from '#shared/quant/linear-algebra/sparse.ts';

/** Keeps every pivot away from 0; refinement takes its effect out again. */
const REGULARISATION = 1e-8;
const REFINEMENTS = 8;

/**
 * ```
 * [ P + D   A' ] [ a ]   [ right of the variables ]
 * [ A      -E  ] [ b ] = [ right of the rows      ]
 * ```
 * with diagonal D and E that are not negative.
 */
export class KktSystem {
  private readonly upper: Sparse;
  private readonly ldl: SparseLdl;
  /** Number of the entry on the diagonal of each column. */
  private readonly diagonal: Int32Array;
  private readonly base: Float64Array;
  private readonly values: Float64Array;
  private readonly variables: number;

  /** @param quadratic P, both triangles */
  constructor(quadratic: Sparse, rows: Sparse) {
    const n = quadratic.columns;
    const size = n + rows.rows;
    const triplets: Triplet[] = [
      ...tripletsOf(quadratic).filter(([i, j]) => i <= j),
      ...Array.from({ length: size }, (_, i): Triplet => [i, i, 0]),
      ...tripletsOf(rows).map(([i, j, value]): Triplet => [j, n + i, value]),
    ];
    this.variables = n;
    this.upper = sparse(size, size, triplets);
    this.ldl = new SparseLdl(this.upper, (variable) => variable < n);
    this.diagonal = Int32Array.from({ length: size }, (_, j) => at(this.upper.start, j + 1) - 1);
    this.base = this.upper.value.slice();
    this.values = this.upper.value.slice();
  }

  /**
   * @param pinned variables and rows whose equation is replaced by `unknown = right`; a pinned row has
   * the sign of a row, hence `-unknown = right`
   */
  factor(ofVariables: Float64Array, ofRows: Float64Array, pinned?: (index: number) => boolean) {
    const { upper, base, values, diagonal, variables } = this;
    values.set(base);
    if (pinned)
      for (let j = 0; j < upper.columns; j += 1)
        for (let k = at(upper.start, j); k < at(upper.start, j + 1); k += 1)
          if (pinned(j) || pinned(at(upper.row, k))) values[k] = 0;
    const regularised = values.slice();
    diagonal.forEach((k, j) => {
      const sign = j < variables ? 1 : -1;
      const own = j < variables ? at(ofVariables, j) : at(ofRows, j - variables);
      values[k] = pinned?.(j) ? sign : at(values, k) + sign * own;
      regularised[k] = at(values, k) + sign * REGULARISATION;
    });
    this.ldl.factor(regularised);
  }

  solve(right: Float64Array): Float64Array {
    let answer = this.ldl.solve(right);
    const tolerance = 1e-14 * (1 + largest(right));
    let rest = this.residual(answer, right);
    let error = largest(rest);
    for (let round = 0; round < REFINEMENTS && error > tolerance; round += 1) {
      const step = this.ldl.solve(rest);
      const next = answer.map((value, i) => value + at(step, i));
      const nextRest = this.residual(next, right);
      const nextError = largest(nextRest);
      if (!(nextError < error)) break;
      [answer, rest, error] = [next, nextRest, nextError];
    }
    return answer;
  }

  private residual(x: Float64Array, right: Float64Array): Float64Array {
    const { upper, values } = this;
    const rest = right.slice();
    for (let j = 0; j < upper.columns; j += 1) {
      const factor = at(x, j);
      let total = 0;
      for (let k = at(upper.start, j); k < at(upper.start, j + 1); k += 1) {
        const i = at(upper.row, k);
        const value = at(values, k);
        rest[i] = at(rest, i) - value * factor;
        if (i !== j) total += value * at(x, i);
      }
      rest[j] = at(rest, j) - total;
    }
    return rest;
  }
}

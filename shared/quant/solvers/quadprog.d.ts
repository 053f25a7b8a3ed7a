/** The dual method of Goldfarb and Idnani (1983). Arrays count from 1, as in the Fortran original. */
declare module 'quadprog' {
  export interface QuadprogResult {
    readonly solution: number[];
    readonly Lagrangian: number[];
    readonly value: number[];
    readonly iterations: number[];
    /** Numbers of the active constraints; 0 where there are no more. */
    readonly iact: number[];
    /** Empty when solved. */
    readonly message: string;
  }

  /**
   * Minimises `-d'b + b'Db / 2` where `A'b >= b0`, the first `meq` as equalities. Works in place: D,
   * d, A and b0 are overwritten, and an equality may come back with its sign turned.
   */
  export function solveQP(
    Dmat: number[][],
    dvec: number[],
    Amat: number[][],
    bvec: number[],
    meq: number,
  ): QuadprogResult;
}

/**
 * Whole lots to trade under limits: which integers k make the objective best. Amounts are numbers in
 * one unit of money (cents in the published instances, base currency in a plan) that stay exact while
 * they are whole; weights are shares of `value`, which no trade changes.
 *
 * The cost of an order of k lots, k not 0: fixed + (buy or sell ratio) x value of the order.
 */

export interface DiscreteProblem {
  /** What every weight is a share of. */
  readonly value: number;
  readonly cash: number;
  readonly securities: readonly DiscreteSecurity[];
  readonly costs: DiscreteCosts;
  readonly limits: DiscreteLimits;
  readonly objective: Tracking | Utility;
  /** Tax on what sales realise; absent where there is none. */
  readonly tax?: GainTax | undefined;
}

/**
 * One straight part of the tax on gains: choices whose gains lie outside of it are in another problem. Gains are in
 * money, those of a sale after its fixed charge.
 */
export interface GainTax {
  readonly gainsLeast: number;
  readonly gainsMost: number;
  /** Cost of a unit of gain in the objective, and what of it is kept in cash. */
  readonly perGain: number;
  readonly cashPerGain: number;
}

/** Sizes are in lots and not negative; a most below its least means that the side is closed. */
export interface DiscreteSecurity {
  readonly lotValue: number;
  readonly heldValue: number;
  readonly buyLeast: number;
  readonly buyMost: number;
  readonly sellLeast: number;
  readonly sellMost: number;
  /** Lots whose sale ends the position; 0 where a part of a lot would stay. */
  readonly lotsToClose: number;
  /** Whether it counts as a position now. */
  readonly held: boolean;
  /** Gain of each lot sold; absent: its sale realises nothing that is taxed. */
  readonly gainEach?: number | undefined;
  /** Indices of `limits.groups` it belongs to: three at most. */
  readonly groups: readonly number[];
}

export interface DiscreteCosts {
  readonly fixed: number;
  readonly buyRatio: number;
  readonly sellRatio: number;
}

export interface DiscreteLimits {
  /** Least cash after all orders and their cost. */
  readonly cashFloor: number;
  /** Kept above the floor: for each order, and as a share of what is traded. */
  readonly keptPerOrder: number;
  readonly keptRatio: number;
  /** Most bought and sold together, in money; Infinity where there is none. */
  readonly turnoverMost: number;
  readonly ordersMost: number;
  /** Most positions more than are held now. */
  readonly positionsMore: number;
  readonly groups: readonly GroupLimit[];
}

/** Sum of the weights of a group, before and at most. */
export interface GroupLimit {
  readonly weight: number;
  readonly weightMost: number;
}

/** Least sum |w - target| + |cash weight before cost - target| + costWeight x cost / value. */
export interface Tracking {
  readonly kind: 'tracking';
  readonly target: ArrayLike<number>;
  readonly targetCash: number;
  readonly costWeight: number;
}

/** Greatest mu'w - (gamma/2) w'Sw - costWeight x cost / value; cash earns nothing. */
export interface Utility {
  readonly kind: 'utility';
  readonly expected: ArrayLike<number>;
  /** Row by row; positive semi-definite. */
  readonly covariance: Float64Array;
  readonly riskAversion: number;
  readonly costWeight: number;
  /**
   * Sum of S w over what is held and not among the securities, one entry a security; absent where
   * there is nothing else.
   */
  readonly background?: Float64Array | undefined;
}

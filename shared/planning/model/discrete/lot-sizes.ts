/** The sizes a security may be traded in: whole lots, no short sale, weight and order limits. */
import type { DiscreteSecurity } from './discrete-problem.ts';

export interface LotTerms {
  /** Of a share, in whole minor units, so that every product with shares is exact. */
  readonly price: number;
  /** Shares a lot. */
  readonly lot: number;
  /** Shares held. */
  readonly holding: number;
  /** Most it may be worth after a purchase; Infinity where nothing limits it. */
  readonly valueMost: number;
  /** Least value of an order; 0 where there is none. */
  readonly orderLeast: number;
  readonly buys: boolean;
  readonly sells: boolean;
}

/** Quotients that are whole but for rounding count as whole. */
const ROUNDING = 1e-9;

/** @param spendable most that all purchases together could cost */
export function lotSecurity(terms: LotTerms, spendable: number): DiscreteSecurity {
  const { price, lot, holding, valueMost, orderLeast } = terms;
  const lotValue = price * lot;
  const heldValue = price * holding;
  const room = Math.min(valueMost - heldValue, spendable);
  const least = Math.max(1, Math.ceil(orderLeast / lotValue - ROUNDING));
  return {
    ...{ lotValue, heldValue, buyLeast: least, sellLeast: least },
    buyMost: terms.buys ? Math.max(0, Math.floor(room / lotValue + ROUNDING)) : 0,
    sellMost: terms.sells ? Math.floor(holding / lot) : 0,
    lotsToClose: holding % lot === 0 ? holding / lot : 0,
    held: holding > 0,
    groups: [],
  };
}

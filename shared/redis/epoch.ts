/**
 * How far the state of an installation has gone. The same numbers are kept in Redis and outside it;
 * where Redis is behind, it lost state.
 */
export interface Epoch {
  /** Of the installation; made once. */
  readonly id: string;
  /** Counts beginnings and restores that a person declared; from 1. */
  readonly generation: number;
  /** Counts orders that were about to be sent, in this generation. */
  readonly sequence: number;
}

/** Client order ids have ten digits and begin here; generation 1 has the first block. */
export const CLIENT_ORDER_ID_BASE = 1_000_000_000;
/** Ids of one generation: an order at the broker shows to which generation it belongs. */
const CLIENT_ORDER_IDS_OF_GENERATION = 1_000_000;

export function laterEpoch<E extends Epoch>(a: E, b: E): E {
  return isBehind(a, b) ? b : a;
}

/** Of two epochs of one installation: whether `held` has not come as far as `known`. */
export function isBehind(held: Epoch, known: Epoch): boolean {
  if (held.generation !== known.generation) return held.generation < known.generation;
  return held.sequence < known.sequence;
}

/** Highest client order id that no order of the generation may lie below or at. */
export function idsBefore(generation: number): number {
  return CLIENT_ORDER_ID_BASE + (generation - 1) * CLIENT_ORDER_IDS_OF_GENERATION;
}

/**
 * The epoch: a version of an installation's state. The same numbers are kept in Redis and outside
 * it; where Redis is behind, it lost state.
 */
export interface Epoch {
  /** Identifies the installation; generated once. */
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

/** Of two epochs of one installation: whether `held` is behind `known`. */
export function isBehind(held: Epoch, known: Epoch): boolean {
  if (held.generation !== known.generation) return held.generation < known.generation;
  return held.sequence < known.sequence;
}

/** Greatest client order id below the generation's range: every id of the generation is greater. */
export function idsBefore(generation: number): number {
  return CLIENT_ORDER_ID_BASE + (generation - 1) * CLIENT_ORDER_IDS_OF_GENERATION;
}

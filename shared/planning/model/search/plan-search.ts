/**
 * The best sequence of orders with a bound on how much better any other could be. No clock: budgets
 * count nodes of the branch and bound, so the same problem gives the same plan on every machine.
 */
import { solvePlan } from './discrete-plan.ts';
import { solveTaxed } from './taxed-search.ts';
import type { SearchSpace } from './search-space.ts';
import { SequenceState } from './sequence-state.ts';

export interface SearchOutcome {
  /** Signed lots by security of the space. */
  readonly lots: Float64Array;
  /** Utility over holding, a year. */
  readonly gain: number;
  /** exhaustive: every sequence was evaluated or ruled out. */
  readonly method: 'exhaustive' | 'anytime';
  readonly evaluated: number;
  /** No sequence gains more than this. */
  readonly gainBound: number;
  /** Ranges of sequences that were bounded. */
  readonly nodes: number;
}

export interface SearchProgress {
  readonly evaluated: number;
  readonly gain: number;
}

export interface SearchOptions {
  /** Sequences to begin with. */
  readonly starts?: readonly Float64Array[];
  /** Ends as soon as a sequence gains more than this, or none can. */
  readonly enough?: number;
}

/** Yields after each part of the work; returns the best sequence, which may be to hold. */
export function* searchPlan(
  space: SearchSpace,
  { starts = [], enough }: SearchOptions = {},
): Generator<SearchProgress, SearchOutcome> {
  if (space.size === 0) return emptyOutcome();
  const begun = [...starts, space.toTarget];
  const isTaxed = space.tax.length > 0 && space.sellMax.some((most) => most > 0);
  const solving = isTaxed
    ? solveTaxed(space, begun, enough)
    : solvePlan(space, undefined, begun, enough);
  let next = solving.next();
  for (; !next.done; next = solving.next()) yield next.value;
  const { lots, exact, gap, nodes, evaluated } = next.value;
  const { gain } = SequenceState.of(space, lots);
  yield { evaluated, gain };
  const method = exact ? 'exhaustive' : 'anytime';
  return { lots, gain, method, evaluated, nodes, gainBound: gain + gap };
}

function emptyOutcome(): SearchOutcome {
  const none = { gain: 0, evaluated: 0, gainBound: 0, nodes: 0 };
  return { ...none, lots: new Float64Array(0), method: 'exhaustive' };
}

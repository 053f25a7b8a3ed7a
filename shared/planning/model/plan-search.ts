/**
 * The best sequence: all sequences up to the stated depth first, then whole lots of every size with
 * proof, from the best of them. No clock: budgets count evaluations, so the same problem gives the same
 * plan on every machine.
 */
import { solvePlan } from './discrete-plan.ts';
import { searchExhaustively } from './exhaustive.ts';
import type { SearchSpace } from './search-space.ts';
import { SequenceState } from './sequence-state.ts';

/** Sequences looked at before the search narrows to the most promising securities. */
export const EXHAUSTIVE_BUDGET = 1_500_000;

export interface SearchOutcome {
  /** Signed lots by security of the space. */
  readonly lots: Int32Array;
  /** Utility over holding, a year. */
  readonly gain: number;
  /** exhaustive: every sequence was looked at or ruled out. */
  readonly method: 'exhaustive' | 'anytime';
  readonly evaluated: number;
  readonly depth: number;
  /** Share of the sequences up to the depth that were looked at; 1 where all of any depth were. */
  readonly coverageRatio: number;
  /** No sequence gains more than this. */
  readonly gainBound: number;
  /** Ranges of sequences that were bounded. */
  readonly nodes: number;
}

export interface SearchProgress {
  readonly evaluated: number;
  readonly gain: number;
}

/** Yields after each part of the work; returns the best sequence, which may be to hold. */
export function* searchPlan(
  space: SearchSpace,
  depth: number,
): Generator<SearchProgress, SearchOutcome> {
  const exhausted = searchExhaustively(space, depth, EXHAUSTIVE_BUDGET);
  const { lots, gain, evaluated, coverageRatio } = exhausted;
  yield { evaluated, gain };
  const known: SearchOutcome = {
    ...{ lots, gain, evaluated, depth, coverageRatio, gainBound: Infinity, nodes: 0 },
    method: 'anytime',
  };
  return yield* searchFrom(space, known, [lots, space.toTarget]);
}

/** The best sequence from where a search has come; never worse than that. */
export function* searchFrom(
  space: SearchSpace,
  known: SearchOutcome,
  starts: readonly Int32Array[],
): Generator<SearchProgress, SearchOutcome> {
  if (space.size === 0) return { ...known, method: 'exhaustive', coverageRatio: 1, gainBound: 0 };
  const solving = solvePlan(space, starts);
  let next = solving.next();
  for (; !next.done; next = solving.next())
    yield { evaluated: known.evaluated + next.value, gain: known.gain };
  const { lots, exact, gap, nodes, evaluated } = next.value;
  const gain = SequenceState.of(space, lots).gain;
  const outcome = {
    ...known,
    evaluated: known.evaluated + evaluated,
    nodes: known.nodes + nodes,
    gainBound: Math.max(gain + gap, known.gain),
    method: exact ? ('exhaustive' as const) : ('anytime' as const),
    coverageRatio: exact ? 1 : known.coverageRatio,
  };
  yield { evaluated: outcome.evaluated, gain: Math.max(gain, known.gain) };
  return gain > known.gain ? { ...outcome, lots, gain } : outcome;
}

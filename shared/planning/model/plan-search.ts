/**
 * The best sequence that can be found: all sequences up to the stated depth, then improvement from
 * there and from other starting points up to the order limit. No clock: budgets count evaluations,
 * so the same problem gives the same plan on every machine.
 */
import { searchExhaustively } from './exhaustive.ts';
import { improve } from './improvement.ts';
import type { SearchSpace } from './search-space.ts';
import { SequenceState } from './sequence-state.ts';

/** Sequences looked at before the search narrows to the most promising securities. */
export const EXHAUSTIVE_BUDGET = 1_500_000;
/** Changes evaluated from each starting point. */
export const IMPROVEMENT_BUDGET = 20_000_000;

export interface SearchOutcome {
  /** Signed lots by security of the space. */
  readonly lots: Int32Array;
  /** Utility over holding, a year. */
  readonly gain: number;
  readonly method: 'exhaustive' | 'anytime';
  readonly evaluated: number;
  readonly depth: number;
  readonly coverageRatio: number;
  /** True when no change of one or two orders helps any more. */
  readonly converged: boolean;
}

export interface SearchProgress {
  readonly evaluated: number;
  readonly gain: number;
}

/** Differences of utility that are rounding. */
const SAME_GAIN = 1e-10;

/** Yields after each part of the work; returns the best sequence, which may be to hold. */
export function* searchPlan(
  space: SearchSpace,
  depth: number,
): Generator<SearchProgress, SearchOutcome> {
  const exhausted = searchExhaustively(space, depth, EXHAUSTIVE_BUDGET);
  let { evaluated, gain } = exhausted;
  yield { evaluated, gain };
  let best = SequenceState.of(space, exhausted.lots);
  let converged = true;
  for (const start of startsOf(space, exhausted.lots)) {
    const outcome = improve(start, IMPROVEMENT_BUDGET);
    evaluated += outcome.evaluated;
    if (start.gain > best.gain + SAME_GAIN) best = start;
    converged &&= outcome.converged;
    yield { evaluated, gain: best.gain };
  }
  gain = best.gain;
  const optimal = exhausted.coverageRatio === 1 && gain <= exhausted.gain + SAME_GAIN;
  return {
    ...{ lots: best.lots, gain, evaluated, depth, converged },
    method: optimal ? 'exhaustive' : 'anytime',
    coverageRatio: exhausted.coverageRatio,
  };
}

/** Where improvement begins: the best short sequence, nothing at all, and all the way to target. */
function startsOf(space: SearchSpace, short: Int32Array): readonly SequenceState[] {
  return [
    SequenceState.of(space, short),
    greedily(space, (state, i) => bestSize(state, i)),
    greedily(space, (state, i) => targetSize(space, state, i)),
  ];
}

type Proposal = { readonly lots: number; readonly gain: number } | undefined;

/** Adds the most useful order until none helps. */
function greedily(
  space: SearchSpace,
  propose: (state: SequenceState, i: number) => Proposal,
): SequenceState {
  const state = new SequenceState(space);
  for (;;) {
    let [chosen, lots, gain] = [-1, 0, 0];
    for (let i = 0; i < space.size; i += 1) {
      if (state.lots[i] !== 0) continue;
      const proposal = propose(state, i);
      if (proposal && proposal.gain > gain)
        [chosen, lots, gain] = [i, proposal.lots, proposal.gain];
    }
    if (chosen < 0) return state;
    state.set(chosen, lots);
  }
}

function bestSize(state: SequenceState, i: number): Proposal {
  let best: Proposal;
  for (const lots of state.space.sizes[i] ?? []) {
    const gain = state.gainOf(i, lots);
    if (gain > (best?.gain ?? 0) && state.barrier(i, lots) === undefined) best = { lots, gain };
  }
  return best;
}

function targetSize(space: SearchSpace, state: SequenceState, i: number): Proposal {
  const toTarget = space.toTarget[i] as number;
  if (toTarget === 0 || state.barrier(i, toTarget) !== undefined) return undefined;
  return { lots: toTarget, gain: state.gainOf(i, toTarget) };
}

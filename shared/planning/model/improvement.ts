/**
 * Improves a sequence until no change of one security and no change of two at once helps: lots are
 * inserted, removed, resized, and value moves from one security to another. What it ends in is a
 * local optimum, so planning again from there finds nothing left over.
 */
import type { SearchSpace } from './search-space.ts';
import type { SequenceState } from './sequence-state.ts';

/** Changes below this are rounding. */
const GAIN_EPSILON = 1e-10;

export interface Improvement {
  readonly evaluated: number;
  /** False when the budget ended first. */
  readonly converged: boolean;
}

/** Sizes near what is traded now, and those worth trying from nothing. Signed lots. */
function trials(space: SearchSpace, state: SequenceState, i: number): readonly number[] {
  const now = state.lots[i] as number;
  const [most, least] = [space.buyMax[i] as number, -(space.sellMax[i] as number)];
  const min = space.lotsMin[i] as number;
  const found = new Set<number>([0, ...(space.sizes[i] ?? [])]);
  for (let step = 1; step <= most - least; step *= 2) {
    found.add(now + step);
    found.add(now - step);
  }
  found.delete(now);
  return [...found].filter((l) => l <= most && l >= least && (l === 0 || Math.abs(l) >= min));
}

/** Changes `state` in place. @param budget most changes that are evaluated */
export function improve(state: SequenceState, budget: number): Improvement {
  const { space } = state;
  let evaluated = 0;
  let unchanged = 0;
  // A security is visited until all of them, one after the other, had nothing to offer.
  for (let i = 0; unchanged < space.size; i = (i + 1) % space.size) {
    if (evaluated >= budget) return { evaluated, converged: false };
    const step = bestStep(state, i);
    evaluated += step.evaluated;
    unchanged += 1;
    if (step.gain <= GAIN_EPSILON) continue;
    // Money must be there before it is spent, and an order must end before another takes its place.
    state.set(i, step.lotsI);
    if (step.j >= 0) state.set(step.j, step.lotsJ);
    unchanged = 0;
  }
  return { evaluated, converged: true };
}

interface Step {
  gain: number;
  lotsI: number;
  j: number;
  lotsJ: number;
  evaluated: number;
}

/** The best change of security i, alone or together with one other. */
function bestStep(state: SequenceState, i: number): Step {
  const { space } = state;
  const best: Step = { gain: 0, lotsI: 0, j: -1, lotsJ: 0, evaluated: 0 };
  const own = trials(space, state, i);
  for (const lotsI of own) {
    best.evaluated += 1;
    const gain = state.gainOf(i, lotsI);
    if (gain > best.gain && state.barrier(i, lotsI) === undefined)
      Object.assign(best, { gain, lotsI, j: -1 });
  }
  for (let j = 0; j < space.size; j += 1)
    if (j !== i) bestPair(state, i, own, j, trials(space, state, j), best);
  return best;
}

function bestPair(
  state: SequenceState,
  i: number,
  sizesI: readonly number[],
  j: number,
  sizesJ: readonly number[],
  best: Step,
): void {
  for (const lotsI of sizesI)
    for (const lotsJ of sizesJ) {
      best.evaluated += 1;
      const gain = state.gainOfPair(i, lotsI, j, lotsJ);
      if (gain <= best.gain || state.barrierOfPair(i, lotsI, j, lotsJ) !== undefined) continue;
      Object.assign(best, { gain, lotsI, j, lotsJ });
    }
}

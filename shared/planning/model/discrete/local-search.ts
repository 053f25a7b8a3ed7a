/**
 * Improves a choice of lots until no change of one security and no change of two at once helps: what
 * breaks a limit is repaired first, since a broken limit weighs more than any objective.
 */
import type { LotState, Trial } from './lot-state.ts';
import { TriedSizes } from './tried-sizes.ts';

/** Objective that a violation of the whole value counts. */
const VIOLATION_WEIGHT = 1000;
const EPSILON = 1e-12;
/** Covers the rounding of what is compared. */
const ROUNDING = 1e-12;

export interface LocalSearch {
  readonly evaluated: number;
}

/** Changes `state` in place. @param budget most changes that are evaluated */
export function improveLots(state: LotState, budget: number, pairs = true): LocalSearch {
  const { size } = state.columns;
  const tried = new TriedSizes(state);
  let [evaluated, unchanged] = [0, 0];
  for (let i = 0; unchanged < size && evaluated < budget; i = (i + 1) % size) {
    const step = bestStep(state, tried, i, pairs);
    evaluated += step.evaluated;
    unchanged += 1;
    if (step.merit >= -EPSILON) continue;
    for (const { security, lots } of step.trials) tried.take(security, lots);
    unchanged = 0;
  }
  return { evaluated };
}

interface Step {
  merit: number;
  trials: readonly Trial[];
  evaluated: number;
}

function bestStep(state: LotState, tried: TriedSizes, i: number, pairs: boolean): Step {
  const best: Step = { merit: 0, trials: [], evaluated: 0 };
  const own = tried.of(i);
  const { violation } = state;
  for (const a of own.trials) {
    best.evaluated += 1;
    const change = state.change(a);
    if (violation === 0 && change >= best.merit) continue;
    const merit = change + VIOLATION_WEIGHT * (state.violationAfter(a) - violation);
    if (merit < best.merit) Object.assign(best, { merit, trials: [a] });
  }
  if (!pairs) return best;
  for (let j = 0; j < state.columns.size; j += 1) if (j !== i) bestPair(state, tried, i, j, best);
  return best;
}

function bestPair(state: LotState, tried: TriedSizes, i: number, j: number, best: Step): void {
  const [own, others] = [tried.of(i).trials, tried.of(j)];
  const { violation } = state;
  best.evaluated += own.length * others.trials.length;
  for (const a of own) {
    if (violation === 0 && leastMerit(tried, a, j) >= best.merit) continue;
    for (const b of others.trials) {
      const change = state.changeOfPair(a, b);
      if (violation === 0 && change >= best.merit) continue;
      // More than this makes up for what is gained.
      const most = ((best.merit - change) / VIOLATION_WEIGHT) * (1 + ROUNDING);
      const merit = change + VIOLATION_WEIGHT * (state.violationAfter(a, b, most) - violation);
      if (merit < best.merit) Object.assign(best, { merit, trials: [a, b] });
    }
  }
}

/** What no pair of a trial with one of another security falls below, where no limit is broken now. */
function leastMerit(tried: TriedSizes, a: Trial, j: number): number {
  return tried.leastChange(a, j) + VIOLATION_WEIGHT * tried.leastViolation(a, j);
}

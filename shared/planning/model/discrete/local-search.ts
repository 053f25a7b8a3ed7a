/**
 * Improves a choice of lots until no change of one security and no change of two at once helps: what
 * breaks a limit is repaired first, since a broken limit weighs more than any objective.
 */
import { isSize, type Columns } from './columns.ts';
import type { LotState } from './lot-state.ts';

/** Objective that a violation of the whole value counts. */
const VIOLATION_WEIGHT = 1000;
const EPSILON = 1e-12;
/** Lots from which on fewer steps are tried: pairs of steps are what takes time. */
const WIDE = 512;

export interface LocalSearch {
  readonly evaluated: number;
}

/** Changes `state` in place. @param budget most changes that are evaluated */
export function improveLots(state: LotState, budget: number, pairs = true): LocalSearch {
  const { size } = state.columns;
  let [evaluated, unchanged] = [0, 0];
  for (let i = 0; unchanged < size && evaluated < budget; i = (i + 1) % size) {
    const step = bestStep(state, i, pairs);
    evaluated += step.evaluated;
    unchanged += 1;
    if (step.merit >= -EPSILON) continue;
    state.set(i, step.ki);
    if (step.j >= 0) state.set(step.j, step.kj);
    unchanged = 0;
  }
  return { evaluated };
}

interface Step {
  merit: number;
  ki: number;
  j: number;
  kj: number;
  evaluated: number;
}

function bestStep(state: LotState, i: number, pairs: boolean): Step {
  const best: Step = { merit: 0, ki: 0, j: -1, kj: 0, evaluated: 0 };
  const own = trials(state, i);
  const violation = state.violation;
  for (const ki of own) {
    best.evaluated += 1;
    const change = state.change(i, ki);
    if (violation === 0 && change >= best.merit) continue;
    const merit = change + VIOLATION_WEIGHT * (state.violationAfter(i, ki, -1, 0) - violation);
    if (merit < best.merit) Object.assign(best, { merit, ki, j: -1 });
  }
  if (!pairs) return best;
  for (let j = 0; j < state.columns.size; j += 1)
    if (j !== i) bestPair(state, i, own, j, violation, best);
  return best;
}

function bestPair(
  state: LotState,
  i: number,
  own: readonly number[],
  j: number,
  violation: number,
  best: Step,
): void {
  const others = trials(state, j);
  best.evaluated += own.length * others.length;
  for (const ki of own)
    for (const kj of others) {
      const change = state.changeOfPair(i, ki, j, kj);
      if (violation === 0 && change >= best.merit) continue;
      const merit = change + VIOLATION_WEIGHT * (state.violationAfter(i, ki, j, kj) - violation);
      if (merit < best.merit) Object.assign(best, { merit, ki, j, kj });
    }
}

/** Sizes near what is traded now, the ends, the least orders and, when tracking, the target. */
function trials(state: LotState, i: number): readonly number[] {
  const { columns } = state;
  const now = state.lots[i] as number;
  const [most, least] = [columns.buyMost[i] as number, -(columns.sellMost[i] as number)];
  const found = new Set<number>([0, most, least, ...nearTarget(columns, i)]);
  found.add(columns.buyLeast[i] as number).add(-(columns.sellLeast[i] as number));
  const factor = most - least > WIDE ? 8 : 2;
  for (let step = 1; step <= most - least; step *= factor) found.add(now + step).add(now - step);
  found.delete(now);
  return [...found].filter((k) => isSize(columns, i, k));
}

function nearTarget({ tracking, lot }: Columns, i: number): readonly number[] {
  if (!tracking) return [];
  const requested = -(tracking.off[i] as number) / (lot[i] as number);
  return [Math.floor(requested), Math.ceil(requested)];
}

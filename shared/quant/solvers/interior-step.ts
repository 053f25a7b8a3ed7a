/** One Newton step of the interior-point method, and how far it may go. */
import type { ConvexProgram } from './bounded-program.ts';
import type { KktSystem } from './kkt-system.ts';
import { at } from '#shared/quant/linear-algebra/matrix.ts';

/**
 * x and the slacks of Ax in one vector t, its distances to the bounds (carried along, for their
 * difference loses all digits near the end) and the multipliers of these; 0 where there is no bound.
 */
export interface Iterate {
  readonly t: Float64Array;
  readonly y: Float64Array;
  readonly below: Float64Array;
  readonly above: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export interface StepWorkspace {
  readonly program: ConvexProgram;
  readonly kkt: KktSystem;
  readonly n: number;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Rows that are equations. */
  readonly fixed: Uint8Array;
  readonly bounds: number;
  readonly isLinear: boolean;
}

export interface Residuals {
  readonly dual: Float64Array;
  readonly primal: Float64Array;
  readonly fromLow: Float64Array;
  readonly fromHigh: Float64Array;
  readonly mu: number;
  readonly size: number;
}

/** Newton's direction to complementarity `target`, corrected by what the predictor's step curved. */
export function direction(
  { kkt, n, fixed }: StepWorkspace,
  { t, below, above, lower, upper }: Iterate,
  { dual, primal, fromLow, fromHigh }: Residuals,
  theta: Float64Array,
  target: number,
  predicted: Iterate | undefined,
): Iterate {
  const size = t.length;
  const [pullLow, pullHigh] = [new Float64Array(size), new Float64Array(size)];
  const right = new Float64Array(size);
  for (let i = 0; i < size; i += 1) {
    if (at(lower, i) > 0) {
      const curve = predicted ? at(predicted.below, i) * at(predicted.lower, i) : 0;
      pullLow[i] = (target - curve - at(lower, i) * at(fromLow, i)) / at(below, i) - at(lower, i);
    }
    if (at(upper, i) > 0) {
      const curve = predicted ? at(predicted.above, i) * at(predicted.upper, i) : 0;
      pullHigh[i] = (target - curve + at(upper, i) * at(fromHigh, i)) / at(above, i) - at(upper, i);
    }
    const residual = at(pullLow, i) - at(pullHigh, i) - at(dual, i);
    if (i < n) right[i] = residual;
    else right[i] = -at(primal, i - n) + (fixed[i] ? 0 : residual / at(theta, i));
  }
  const answer = kkt.solve(right);
  const y = answer.subarray(n).map((value) => -value);
  const step = new Float64Array(size);
  for (let i = 0; i < size; i += 1)
    if (i < n) step[i] = at(answer, i);
    else if (!fixed[i]) {
      const residual = at(pullLow, i) - at(pullHigh, i) - at(dual, i);
      step[i] = (residual - at(y, i - n)) / at(theta, i);
    }
  const has = (multiplier: Float64Array, value: (i: number) => number) =>
    multiplier.map((own, i) => (own > 0 ? value(i) : 0));
  return {
    t: step,
    y,
    below: has(lower, (i) => at(step, i) + at(fromLow, i)),
    above: has(upper, (i) => -at(step, i) - at(fromHigh, i)),
    lower: has(lower, (i) => at(pullLow, i) - (at(lower, i) / at(below, i)) * at(step, i)),
    upper: has(upper, (i) => at(pullHigh, i) + (at(upper, i) / at(above, i)) * at(step, i)),
  };
}

/** Longest steps that keep everything positive; one length for both where the objective curves. */
export function lengths(
  { isLinear }: StepWorkspace,
  iterate: Iterate,
  step: Iterate,
  share: number,
) {
  const primal = Math.min(
    longest(iterate.below, step.below, share),
    longest(iterate.above, step.above, share),
  );
  const dual = Math.min(
    longest(iterate.lower, step.lower, share),
    longest(iterate.upper, step.upper, share),
  );
  const both = Math.min(primal, dual);
  return isLinear ? ([primal, dual] as const) : ([both, both] as const);
}

function longest(values: Float64Array, step: Float64Array, share: number): number {
  let length = 1;
  for (let i = 0; i < values.length; i += 1)
    if (at(step, i) < 0) length = Math.min(length, (-share * at(values, i)) / at(step, i));
  return length;
}

export function complementarityAt(
  { below, above, lower, upper }: Iterate,
  step: Iterate,
  primal: number,
  dual: number,
): number {
  let total = 0;
  for (let i = 0; i < below.length; i += 1)
    total +=
      (at(lower, i) + dual * at(step.lower, i)) * (at(below, i) + primal * at(step.below, i)) +
      (at(upper, i) + dual * at(step.upper, i)) * (at(above, i) + primal * at(step.above, i));
  return total;
}
